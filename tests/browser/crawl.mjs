// Visits every page that each person can reach by links, once for each kind of page and person, and checks it. A lot and
// a stage have parts and pages that the first call met has not, so theirs are visited beside it.
//
// node crawl.mjs BASE '[{"name": "…", "email": "…", "password": "…"}, …]' [--shots FOLDER]
// Prints one line a person; ends with "N pages, N renderings, N problems" and exit 1 when there are problems.
import { base, check, complain, kindOf, people, run, signIn, stranger } from './chromium.mjs';

const MOST_PER_PERSON = 250;
const STARTS = ['/', '/sign-in', '/help', '/accessibility', '/cookies', '/privacy', '/status', '/no-such-page', '/account', '/make-account', '/forgot', '/calls?q=nothing-is-called-this'];
const isPage = (url) => url.startsWith(base) && !/format=|\/assets\/|\/evidence\/|\/files\/|\/api|\/openapi|\/metrics|\/health|\.json|\/download|\/export/.test(url);

// Titles of a lot and of both stages, and which of their pages differ from those of other calls.
const LOT_OR_STAGE = /Somers Town|school holidays/;
const DIFFERS = /\/(calls|applications|evaluations)\/[0-9A-HJKMNP-TV-Z]{26}(\/(apply|award|lots|lots\/outcome|moderation|outcome|shortlist|stages))?$/;
// Where buying and investing are done each call is visited: what such a page shows depends on how far the call has come.
const EACH = /^\/desk\/calls\/[0-9A-HJKMNP-TV-Z]{26}(\/(opening|moderation|award))?$/;
const idOf = (url) => /\/([0-9A-HJKMNP-TV-Z]{26})/.exec(new URL(url).pathname)?.[1];

await run(async () => {
  for (const person of people) {
    const page = person.email ? await signIn(person.email, person.password) : await stranger();
    const seen = new Set(); const queue = STARTS.map((path) => base + path);
    const apart = new Set();
    const kindHere = (url) => (['buyer', 'fund'].includes(person.name) && EACH.test(new URL(url).pathname) ? new URL(url).pathname : kindOf(url)) + (apart.has(idOf(url)) && DIFFERS.test(new URL(url).pathname) ? ` of ${idOf(url)}` : '');
    let visited = 0;
    while (queue.length && visited < MOST_PER_PERSON) {
      const url = queue.shift();
      const kind = kindHere(url);
      if (seen.has(kind) && !url.includes('nothing-is-called')) continue;
      seen.add(kind);
      let response;
      try { response = await page.goto(url, { waitUntil: 'load', timeout: 30000 }); } catch (error) { complain(url, String(error).split('\n')[0]); continue; }
      if (!(response.headers()['content-type'] || '').startsWith('text/html')) continue;
      visited += 1;
      const where = `${person.name} ${kind}`;
      if (response.status() >= 500) complain(where, `status ${response.status()}`);
      if (response.status() === 403) complain(where, 'a link leads to a page that this person may not see');
      if (response.status() === 404 && !kind.includes('no-such-page')) complain(where, 'a link leads to a page that is not there');
      await check(page, person.name, { problem: response.status() >= 400 });
      const links = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => [a.href, a.textContent]));
      for (const [link, words] of links) {
        const clean = link.split('#')[0];
        if (!isPage(clean)) continue;
        if (LOT_OR_STAGE.test(words) && DIFFERS.test(new URL(clean).pathname)) apart.add(idOf(clean));
        if (!seen.has(kindHere(clean))) queue.push(clean);
        // No link leads to the page on which lots are made once they are published; what it looks like is checked here.
        if (person.name === 'buyer' && clean.endsWith('/lots/outcome')) queue.push(clean.replace(/\/outcome$/, ''));
      }
    }
    if (queue.some((url) => !seen.has(kindHere(url)))) complain(person.name, `more than ${MOST_PER_PERSON} pages`);
    console.log(`${person.name}: ${visited} pages`);
    await page.context().close();
  }
});
