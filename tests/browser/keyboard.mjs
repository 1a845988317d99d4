// Somebody without a mouse: the skip link works, every stop shows where it is, and signing in and registering an
// organisation need nothing but Tab, Space, arrows, Enter and typing.
import { Person, base, complain, password, run } from './chromium.mjs';

await run(async () => {
  const person = await Person.of('keyboard');
  const { page } = person;
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const style = getComputedStyle(at);
    const label = at.labels?.[0]?.innerText || at.getAttribute('aria-label') || at.innerText || '';
    // A radio or tick box draws its focus on the label beside it.
    const beside = at.nextElementSibling && ['radio', 'checkbox'].includes(at.type) ? getComputedStyle(at.nextElementSibling, '::before') : null;
    const visible = (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none' || (beside && (beside.boxShadow !== 'none' || beside.outlineStyle !== 'none'));
    const box = at.getBoundingClientRect();
    return { tag: at.tagName, type: at.type || '', label: label.trim(), visible: Boolean(visible), inView: box.bottom > 0 && box.top < innerHeight };
  });
  // Tabs on until the control with this label has the focus.
  const to = async (label) => {
    for (let stops = 0; stops < 60; stops += 1) {
      await page.keyboard.press('Tab');
      const at = await focused();
      if (!at) continue;
      if (!at.visible) complain(page.url(), `the focus on “${at.label || at.tag}” cannot be seen`);
      if (!at.inView) complain(page.url(), `the focus on “${at.label || at.tag}” is out of view`);
      if (at.label === label) return;
    }
    throw new Error(`Tab never comes to “${label}” at ${page.url()}`);
  };
  const enter = async () => {
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await page.waitForLoadState('load');
  };

  await person.go('/sign-in');
  await page.keyboard.press('Tab');
  const first = await focused();
  if (first?.label !== 'Skip to main content') complain('/sign-in', `the first stop is “${first?.label}”, not the skip link`);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const after = await focused();
  if (after?.label !== 'Email address') complain('/sign-in', `after the skip link comes “${after?.label}”`);
  await page.keyboard.type('owner@nextdesk.example');
  await to('Password');
  await page.keyboard.type(password);
  await to('Sign in');
  await enter();
  if (page.url().includes('/sign-in')) throw new Error('the keyboard alone does not sign in');

  await page.goto(`${base}/organisations/new`);
  await to('Name of the organisation');
  await page.keyboard.type('Tab and Enter Co-op');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  for (let rows = 0; rows < 6 && (await focused()).label !== 'Co-operative'; rows += 1) await page.keyboard.press('ArrowDown');
  if ((await focused()).label !== 'Co-operative') throw new Error('arrows do not reach “Co-operative”');
  await to('Address');
  await page.keyboard.type('1 Invented Street');
  await to('How many people work there?');
  await page.keyboard.type('many');
  await to('Register');
  await enter();
  await person.sees('There is a problem');
  // From the summary to the field: Enter on its link puts the focus there.
  await page.locator('.govuk-error-summary a').first().focus();
  await page.keyboard.press('Enter');
  const field = await focused();
  if (!['INPUT', 'TEXTAREA', 'SELECT'].includes(field?.tag)) complain('/organisations/new', `a link of the error summary puts the focus on ${field?.tag}`);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('7');
  await to('Register');
  await enter();
  await person.sees('Tab and Enter Co-op');
  if (page.url().endsWith('/new')) throw new Error(`the organisation is not registered: ${await person.words()}`);
});
