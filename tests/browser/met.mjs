// Checks the pages that all other tests met: one of each rendering, as it was answered then, with the style of now.
//
// node met.mjs BASE '[{"folder": "…"}]'
import { readdirSync, readFileSync } from 'node:fs';
import { base, check, complain, people, run, stranger } from './chromium.mjs';

const { folder } = people[0];
const files = readdirSync(folder).filter((name) => name.startsWith('page-')).sort();

/** Looks at pages until none is left. */
async function look() {
  const page = await stranger();
  let met;
  await page.route('**/*', (route) => (route.request().isNavigationRequest()
    ? route.fulfill({ status: met.status, contentType: 'text/html; charset=utf-8', headers: met.policy ? { 'content-security-policy': met.policy } : {}, body: met.html })
    : route.continue()));
  while (files.length) {
    met = JSON.parse(readFileSync(`${folder}/${files.pop()}`, 'utf8'));
    try {
      await page.goto(base + met.path);
      await check(page, `in ${met.test}`, { problem: met.status >= 400 });
    } catch (error) { complain(`${met.test} ${met.path}`, error.stack || String(error)); }
  }
}

// One draws while another is waited for.
await run(() => Promise.all([look(), look(), look()]));
