// Checks the pages that all other tests met: one of each rendering, as it was answered then.
//
// node met.mjs BASE '[{"folder": "…"}]'
import { readdirSync, readFileSync } from 'node:fs';
import { base, check, complain, people, run, stranger } from './chromium.mjs';

const { folder } = people[0];
const files = readdirSync(folder).filter((name) => name.startsWith('page-')).sort();

/** Looks at pages until none is left. */
async function look() {
  let page; let met;
  while (files.length) {
    const file = files.pop();
    try {
      met = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
      if (!page) {
        page = await stranger();
        page.on('response', (response) => { if (response.status() >= 400 && !response.request().isNavigationRequest()) complain(page.url(), `asks for ${response.url()} in vain`); });
        await page.route('**/*', (route) => (route.request().isNavigationRequest()
          ? route.fulfill({ status: met.status, contentType: 'text/html; charset=utf-8', headers: met.policy ? { 'content-security-policy': met.policy } : {}, body: met.html })
          : route.continue()));
      }
      await page.goto(base + met.path);
      await check(page, `in ${met.test}`, { problem: met.status >= 400 });
    } catch (error) {
      complain(`${file} ${met?.test} ${met?.path}`, error.stack || String(error));
      // What the page was in the middle of is not known.
      await page?.context().close();
      page = undefined;
    }
  }
}

// One draws while another is waited for.
await run(() => Promise.all([look(), look(), look()]));
