// Visits every page that each person can reach by links, once for each kind of page and person, and checks it:
// axe (WCAG 2.2 AA and best practice) at 1280, no sideways scrolling at 320, no request to another host, no script.
//
// node crawl.mjs BASE '[{"name": "…", "email": "…", "password": "…"}, …]' [--shots FOLDER]
// Prints one line a page; ends with "N pages, N problems" and exit 1 when there are problems.
import { chromium } from 'playwright-core';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [base, peopleJson] = process.argv.slice(2);
const people = JSON.parse(peopleJson);
const shotsAt = process.argv.indexOf('--shots');
const shots = shotsAt > 0 ? process.argv[shotsAt + 1] : '';
if (shots) mkdirSync(shots, { recursive: true });
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const MOST_PER_PERSON = 120;

// Two addresses are the same kind of page when they differ only in identifiers, references and queries.
const kindOf = (url) => new URL(url).pathname
  .replace(/[0-9A-HJKMNP-TV-Z]{26}/g, '*')
  .replace(/^\/missions\/[^/]+$/, '/missions/*')
  + (new URL(url).searchParams.has('step') ? '?step' : '');
const isPage = (url) => url.startsWith(base) && !/format=|\/assets\/|\/evidence\/|\/files\/|\/api|\/openapi|\/metrics|\/health|\.json|\/download|\/export/.test(url);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let pages = 0; let problems = 0; const renderings = new Set();
const complain = (where, what) => { problems += 1; console.log(`PROBLEM ${where}: ${what}`); };
try {
  for (const person of people) {
    // Script is off for the pages; the checks run in an isolated context of the browser's own.
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', bypassCSP: true });
    const page = await context.newPage();
    await page.route('**/*', (route) => {
      const request = route.request();
      if (!request.url().startsWith(base) && !request.url().startsWith('data:')) {
        complain(page.url(), `asks another host: ${request.url()}`);
        return route.abort();
      }
      if (request.resourceType() === 'script') return route.abort();
      return route.continue();
    });
    if (person.email) {
      await page.goto(`${base}/sign-in`);
      await page.fill('input[name=email]', person.email);
      await page.fill('input[name=password]', person.password);
      await Promise.all([page.waitForNavigation(), page.click('form[action="/sign-in"] button')]);
      if (page.url().includes('/sign-in')) { complain('/sign-in', `${person.email} cannot sign in`); continue; }
    }
    const seen = new Set(); const queue = ['/', '/sign-in', '/help', '/accessibility', '/cookies', '/privacy', '/status', '/no-such-page', '/account'].map((p) => base + p);
    let visited = 0;
    while (queue.length && visited < MOST_PER_PERSON) {
      const url = queue.shift();
      const kind = kindOf(url);
      if (seen.has(kind)) continue;
      seen.add(kind);
      let response;
      try { response = await page.goto(url, { waitUntil: 'load', timeout: 30000 }); } catch (error) { complain(url, String(error).split('\n')[0]); continue; }
      if (!(response.headers()['content-type'] || '').startsWith('text/html')) continue;
      visited += 1; pages += 1;
      const where = `${person.name} ${kind}`;
      if (response.status() >= 500) complain(where, `status ${response.status()}`);
      if (response.status() === 404 && !kind.includes('no-such-page')) complain(where, `a link leads to a page that is not there`);
      // Two pages that are built of the same elements and classes are one rendering, whoever sees them.
      const rendering = kind + ' ' + await page.evaluate(() => [...new Set([...document.querySelectorAll('body *')].map((e) => `${e.tagName}.${e.getAttribute('class') || ''}.${e.getAttribute('role') || ''}`))].sort().join(' '));
      const fresh = !renderings.has(rendering);
      renderings.add(rendering);
      if (fresh) await page.evaluate(axe);
      const found = fresh ? await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), TAGS) : { violations: [] };
      for (const v of found.violations) complain(where, `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
      const heads = await page.evaluate(() => document.querySelectorAll('h1').length);
      if (heads !== 1) complain(where, `${heads} first-level headings`);
      if (shots) await page.screenshot({ path: `${shots}/${person.name.replace(/\W+/g, '-')}${kind.replace(/[^a-z0-9*-]+/gi, '_')}.png`, fullPage: true });
      await page.setViewportSize({ width: 320, height: 800 });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 1) complain(where, `scrolls sideways by ${sideways} pixels at 320`);
      await page.setViewportSize({ width: 1280, height: 900 });
      const links = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.href));
      for (const link of links) {
        const clean = link.split('#')[0];
        if (isPage(clean) && !seen.has(kindOf(clean))) queue.push(clean);
      }
    }
    console.log(`${person.name}: ${visited} pages`);
    await context.close();
  }
} finally { await browser.close(); }
console.log(`${pages} pages, ${renderings.size} renderings, ${problems} problems`);
process.exit(problems ? 1 : 0);
