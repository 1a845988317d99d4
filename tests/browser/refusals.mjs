// Sends every form that each person can reach, empty and then with wrong values, and checks what comes back: a page
// with an error summary or a plain refusal, never a failure of the server. Then the refusals that no form shows.
//
// node refusals.mjs BASE '[{"name": "…", "email": "…", "password": "…"}, …]' [--shots FOLDER]
import { base, check, complain, kindOf, password, people, run, signIn, stranger, Person } from './chromium.mjs';

const MOST_PER_PERSON = 90;
const STARTS = ['/', '/account', '/sign-in', '/make-account', '/forgot', '/organisations/new'];
const isPage = (url) => url.startsWith(base) && !/format=|\/assets\/|\/evidence\/|\/files\/|\/api|\/openapi|\/metrics|\/health|\.json|\/download|\/export/.test(url);
// Nobody presses these here: they would end the visit, or take a call away from the others.
const SKIPPED = /\/sign-out|\/sessions\/end|\/withdraw|\/end$|\/back-to-draft/;

// The forms of the page: address, index, and the names of the fields that can be typed in.
const formsOf = (page) => page.evaluate(() => [...document.forms].map((form, index) => ({
  index, method: form.method, action: form.action,
  button: form.querySelectorAll('button[type=submit]').length,
  fields: form.querySelectorAll('input:not([type=hidden]), select, textarea').length,
})).filter((form) => form.method === 'post' && form.fields > 0 && form.button > 0));

// Sends one form with every field emptied or filled with one text.
async function send(page, index, text) {
  await page.evaluate(([at, words]) => {
    const form = document.forms[at];
    for (const field of form.querySelectorAll('input:not([type=hidden]), select, textarea')) {
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = false;
      else if (field.type !== 'file') field.value = words;
    }
    for (const details of document.querySelectorAll('details')) details.open = true;
  }, [index, text]);
  const button = page.locator('form').nth(index).locator('button[type=submit]').first();
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.request().isNavigationRequest() && ![301, 302, 303, 307, 308].includes(r.status())),
    button.click(),
  ]);
  await page.waitForLoadState('load');
  return response;
}

await run(async () => {
  let sent = 0; let refused = 0;
  const tried = new Set();
  for (const person of people) {
    const page = person.email ? await signIn(person.email, person.password) : await stranger();
    const seen = new Set(); const queue = STARTS.map((path) => base + path);
    let visited = 0; const before = tried.size;
    while (queue.length && visited < MOST_PER_PERSON) {
      const url = queue.shift();
      if (seen.has(kindOf(url))) continue;
      seen.add(kindOf(url));
      const response = await page.goto(url);
      if (!(response.headers()['content-type'] || '').startsWith('text/html')) continue;
      visited += 1;
      const links = await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.href.split('#')[0]));
      for (const link of links) if (isPage(link) && !seen.has(kindOf(link))) queue.push(link);
      for (const form of await formsOf(page)) {
        const key = `${kindOf(url)} ${kindOf(form.action)}`;
        if (SKIPPED.test(form.action) || tried.has(key)) continue;
        tried.add(key);
        for (const text of ['', 'not what was asked <b>&amp;']) {
          await page.goto(url);
          if ((await formsOf(page)).every((again) => again.index !== form.index)) continue;
          let answer;
          try { answer = await send(page, form.index, text); } catch (error) { complain(`${person.name} ${key}`, String(error).split('\n')[0]); continue; }
          sent += 1;
          const where = `${person.name} ${key} sent ${text ? 'wrong' : 'empty'}`;
          if (answer.status() >= 500) complain(where, `status ${answer.status()}`);
          if (answer.status() >= 400) {
            refused += 1;
            await check(page, person.name, { problem: true });
            if ([400, 422].includes(answer.status()) && !(await page.locator('.govuk-error-summary').count())) complain(where, `refused (${answer.status()}) without an error summary: ${(await page.getByRole('main').innerText()).replace(/\s+/g, ' ').slice(0, 200)}`);
          } else await check(page, person.name);
        }
      }
    }
    console.log(`${person.name}: ${tried.size - before} new forms`);
    await page.context().close();
  }
  console.log(`${sent} sent, ${refused} refused`);
  if (refused < 60) complain('all', `only ${refused} forms were refused`);

  const resident = await Person.of('resident');
  await resident.refusedAt('/missions/no-such-mission');
  await resident.refusedAt('/reset/a-secret-that-has-expired');
  const owner = people.find((person) => person.name === 'owner');
  const visitor = await Person.of('owner', owner.email);
  await visitor.refusedAt('/people');
  await visitor.refusedAt('/desk/calls');
  // A wrong password again and again: told what is wrong first, then told to wait.
  const guesser = await Person.of('guesser');
  for (let tries = 0; tries < 12; tries += 1) {
    await guesser.go('/sign-in');
    await guesser.fill('Email address', owner.email);
    await guesser.fill('Password', `wrong guess number ${tries}`);
    await guesser.pressInVain('Sign in');
  }
});
