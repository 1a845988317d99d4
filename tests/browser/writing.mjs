// How an applicant fills the pages of an application, whatever the call asks: by the label of each field.
import { Person } from './chromium.mjs';

/** Answers every question of the task list that is shown, and ends at the task list. */
export async function answerEverything(person, { promise, price, amount, yes = [], file }) {
  const list = person.address;
  const hrefs = await person.page.evaluate(() => [...document.querySelectorAll('a[href*="/answer/"]')].map((a) => a.href));
  for (const href of hrefs) {
    await person.go(href);
    const page = person.page;
    const has = async (label) => (await page.getByLabel(label, { exact: true }).count()) > 0;
    if (await has('Your answer')) {
      await person.fill('Your answer', 'We cook with residents on each estate. We name who does what by when, and we show our records every quarter.');
    } else if (await has('How much do you promise?')) {
      // A share is promised whole, a number as large as this applicant dares.
      const share = (await page.locator('.govuk-input__suffix').first().innerText()).includes('%');
      await person.fill('How much do you promise?', share ? '100' : promise);
      await person.fill('How much is there today?', '0');
      const hint = await page.getByLabel('When will you reach it?', { exact: true }).locator('xpath=..').innerText();
      const last = /(\d{1,2} \w+ \d{4}) or earlier/.exec(hint)?.[1];
      await person.fill('When will you reach it?', last || '');
      await person.fill('How will you do it, and how will you show it?', 'We hire through the estate offices and show the payroll each quarter.');
    } else if (await has('How much do you need?')) {
      await person.fill('How much do you need?', amount);
    } else if (await page.getByLabel('For what', { exact: true }).count()) {
      await page.getByLabel('For what', { exact: true }).first().fill('Equipment and the first wages');
      await page.getByLabel('How much', { exact: true }).first().fill(amount);
    } else if (await page.getByLabel('Last day', { exact: true }).count()) {
      const year = new Date().getUTCFullYear() + 1;
      const rows = Math.min(await page.getByLabel('Last day', { exact: true }).count(), 12);
      for (let row = 0; row < rows; row += 1) {
        const end = new Date(Date.UTC(year, (row + 1) * 3, 0)).toISOString().slice(0, 10);
        await page.getByLabel('Last day', { exact: true }).nth(row).fill(end);
        await page.getByLabel('Money in', { exact: true }).nth(row).fill('40,000');
        await page.getByLabel('Money out', { exact: true }).nth(row).fill('31,500');
      }
    } else {
      for (const group of await page.getByRole('group').all()) {
        const words = await group.innerText();
        const wanted = yes.some((word) => words.includes(word)) ? 'Yes' : 'No';
        if (await group.getByLabel(wanted, { exact: true }).count()) await group.getByLabel(wanted, { exact: true }).check();
      }
      for (const field of await page.locator('.govuk-input__prefix + input').all()) await field.fill(price || amount);
    }
    if (await page.getByRole('button', { name: 'Save and go to the task list', exact: true }).count()) await person.press('Save and go to the task list');
    else await person.go(list);
  }
  await person.go(list);
  if (file) {
    await person.go(hrefs.find((href) => /menus|plan|impact/.test(href)) || hrefs[0]);
    await person.page.getByLabel('Add a file', { exact: true }).setInputFiles(file);
    await person.press('Add the file');
    await person.sees(file.name);
    await person.go(list);
  }
}

/** A small PDF that a person might send. */
export const plan = {
  name: 'our-plan.pdf', mimeType: 'application/pdf',
  buffer: Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'),
};

/** Registers an account and an organisation, and is signed in. */
export async function register(person, name, email, secret, organisation, kind) {
  await person.go('/sign-in');
  await person.follow('Make an account');
  await person.pressInVain('Make account');
  await person.fill('Your name', name);
  await person.fill('Email address', email);
  await person.fill('Password', secret);
  await person.press('Make account');
  // The account is made by the link in the mail, which the practice council keeps on a page.
  const post = await Person.of('admin', 'admin@camden.example');
  await post.go('/mails');
  const mail = post.page.locator('article', { hasText: `To ${email}` }).first();
  const [, link] = /(\/confirm\/\S+)/.exec(await mail.innerText());
  await person.go(link);
  await person.fill('Password', secret);
  await person.press('Confirm');
  await person.go('/organisations/new');
  await person.pressInVain('Register');
  await person.fill('Name of the organisation', organisation);
  await person.choose(kind);
  await person.fill('Address', '1 Invented Street, London');
  await person.fill('Email address for contact', email);
  await person.fill('What does it do?', 'It is made up for practice.');
  await person.fill('How many people work there?', '14');
  await person.press('Register');
  await person.sees(organisation);
}

/** Starts the application of an organisation to the call that is shown, from its public page. */
export async function start(person, call, organisation) {
  await person.go(`${call}/can-i-apply`);
  await person.go(`${call}/apply`);
  // Somebody who acts for one organisation only finds it chosen.
  if (!(await person.page.getByLabel(organisation, { exact: true }).isChecked())) {
    await person.pressInVain('Start');
    await person.choose(organisation);
  }
  await person.press('Start');
  await person.sees('Your application for');
}

/** Checks, declares and sends; ends at the receipt. */
export async function submit(person, name) {
  const list = person.address;
  await person.go(`${list}/check`);
  await person.sees('Everything is there');
  await person.pressInVain('Send the application');
  await person.fill('Your full name', name);
  await person.choose('Everything here is true and complete, and I may sign for the organisation');
  await person.press('Send the application');
  await person.sees('Application sent');
  await person.sees('SHA-256');
  return list;
}

/** Declares no conflict, scores every answer by `level`, and makes the scores final. */
export async function scoreEverything(person, call, level) {
  const sheet = `/evaluations/${call.split('/').pop()}`;
  await person.go(sheet);
  await person.pressInVain('Declare');
  await person.choose('No, with none of them');
  await person.press('Declare');
  await person.sees('You have scored 0 of');
  const cells = await person.page.evaluate(() => [...document.querySelectorAll('main td a[href*="/evaluations/"]')].map((a) => a.href));
  await person.pressInVain('Make my scores final');
  await person.go(cells[0]);
  for (let scored = 0; scored < cells.length; scored += 1) {
    await mark(person, level(await person.page.locator('[aria-current=step]').innerText()));
    await person.fill('Why this level, and why not the next', 'The answer names who does what by when; it leaves out what happens in a bad month.');
    await person.press('Save and go on');
  }
  await person.go(sheet);
  await person.sees(`You have scored ${cells.length} of ${cells.length}`);
  await person.press('Make my scores final');
  await person.sees('final');
}

// The level by its number, or "passed" where the criterion is passed or failed.
async function mark(person, level) {
  const met = person.page.getByLabel('Yes, passed', { exact: true });
  if (await met.count()) await met.check();
  else await person.page.locator(`input[name=level][value="${level}"]`).check();
}

/** Agrees every answer and closes the moderation. */
export async function moderateEverything(person, desk, level) {
  await person.go(`${desk}/moderation`);
  const hrefs = await person.page.evaluate(() => [...new Set([...document.querySelectorAll('main a[href*="/moderation/"]')].map((a) => a.href))]);
  let first = true;
  for (const href of hrefs) {
    await person.go(href);
    const bid = await person.page.locator('.cw-eyebrow').first().innerText();
    if (first) await person.pressInVain('Agree');
    first = false;
    await mark(person, level(bid));
    await person.fill('Reason agreed', 'The panel read the answer again beside the level text and agreed.');
    await person.press('Agree');
  }
  await person.go(`${desk}/moderation`);
  await person.press('Close the moderation');
}
