// What every browser test shares: Chromium with script off, people who sign in, and the check of each page shown.
//
// A page is checked once for each distinct rendering (same kind of address, same elements and classes): axe with the
// tags of WCAG 2.2 AA and best practice at 1280, one first-level heading, links of an error summary that lead to a
// field, and at 320 no sideways scrolling and no list that is cut off. Every page is checked for its status and for what
// the console says, which includes every violation of the content security policy.
import { chromium } from 'playwright-core';
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// The same browser without its windows draws a page in two thirds of the time.
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 320, height: 800 };

export const base = process.argv[2];
export const people = JSON.parse(process.argv[3] || '[]');
export const password = people.find((person) => person.password)?.password;
const shotsAt = process.argv.indexOf('--shots');
const shots = shotsAt > 0 ? process.argv[shotsAt + 1] : '';
if (shots) mkdirSync(shots, { recursive: true });

let browser; let pages = 0; let problems = 0; let shot = 0;
const renderings = new Set(); const wires = new WeakMap();
// Addresses that answered with their page, for the program that looks whether each page was shown.
const shown = new Set();

/** True for the first to ask of all browser tests of one run: they share a folder with a file for each rendering. */
const isFirst = (rendering) => {
  if (!process.env.RENDERINGS) return true;
  try {
    writeFileSync(`${process.env.RENDERINGS}/${createHash('sha256').update(rendering).digest('hex')}`, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
};

/** Notes a problem; the program ends with 1 when there is one. */
export const complain = (where, what) => { problems += 1; console.log(`PROBLEM ${where}: ${what}`); };

/** Two addresses are the same kind of page when they differ only in identifiers, references and queries. */
export const kindOf = (url) => new URL(url).pathname
  .replace(/[0-9A-HJKMNP-TV-Z]{26}/g, '*')
  .replace(/^\/missions\/(?!new$)[^/]+$/, '/missions/*')
  + (new URL(url).searchParams.has('step') ? '?step' : '');

/** A browser context of its own: nobody is signed in. Script is off; the checks run beside it. */
export async function stranger({ script = false } = {}) {
  const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce', acceptDownloads: false });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  wires.set(page, wire);
  await wire.send('Emulation.setScriptExecutionDisabled', { value: !script });
  // Moving the clock over months of due work takes its time beside other tests.
  page.setDefaultTimeout(60000);
  page.on('console', (message) => {
    // Chromium writes a line for every answer of 400 and more; the status is judged by itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complain(page.url(), `console: ${message.text()}`);
  });
  // Listening only: intercepting every request would switch the browser's cache off.
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) complain(page.url(), `asks another host: ${request.url()}`);
    if (!script && request.resourceType() === 'script') complain(page.url(), `asks for a script: ${request.url()}`);
  });
  return page;
}

/** Signs somebody in and returns their page. */
export async function signIn(email, secret = password) {
  const page = await stranger();
  await page.goto(`${base}/sign-in`);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (page.url().includes('/sign-in')) throw new Error(`${email} cannot sign in`);
  return page;
}

/** Checks the page that is shown. True when this rendering was new. */
export async function check(page, who = '', { problem = false } = {}) {
  pages += 1;
  if (!problem) shown.add(new URL(page.url()).pathname);
  const kind = kindOf(page.url());
  const where = `${who} ${kind}${problem ? ' (refused)' : ''}`;
  const drawn = await page.evaluate(() => [...new Set([...document.querySelectorAll('body *')].map((e) => `${e.tagName}.${e.getAttribute('class') || ''}.${e.getAttribute('role') || ''}`))].sort().join(' '));
  const rendering = `${kind} ${problem} ${drawn}`;
  if (renderings.has(rendering)) return false;
  renderings.add(rendering);
  if (!isFirst(rendering)) return false;
  // The checker waits on timers, which need script; the page itself has had none until here.
  await wires.get(page).send('Emulation.setScriptExecutionDisabled', { value: false });
  await page.evaluate(axe);
  const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }), TAGS);
  await wires.get(page).send('Emulation.setScriptExecutionDisabled', { value: true });
  for (const v of found.violations) complain(where, `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
  const facts = await page.evaluate(() => ({
    heads: document.querySelectorAll('h1').length,
    summary: document.querySelectorAll('.govuk-error-summary').length,
    titled: document.title.startsWith('Error:'),
    // Each link of the summary leads to one control, or to a group or section that can be seen.
    lost: [...document.querySelectorAll('.govuk-error-summary a[href^="#"]')].map((a) => a.getAttribute('href').slice(1)).filter((id) => document.querySelectorAll(`[id="${CSS.escape(id)}"]`).length !== 1),
    // Lists that become cards on a phone: each cell there says its column.
    unnamed: [...document.querySelectorAll('table.cw-table--stack')].flatMap((table) => [...table.tBodies].flatMap((body) => [...body.rows]).flatMap((row) => [...row.cells]
      .filter((cell) => cell.tagName === 'TD' && cell.textContent.trim() && cell.dataset.label !== table.tHead.rows[0].cells[cell.cellIndex].textContent.trim())
      .map((cell) => cell.textContent.trim().slice(0, 40)))),
    ids: [...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, at, all) => all.indexOf(id) !== at),
  }));
  if (facts.heads !== 1) complain(where, `${facts.heads} first-level headings`);
  if (facts.summary > 1) complain(where, `${facts.summary} error summaries`);
  if ((facts.summary === 1) !== facts.titled) complain(where, 'the title says Error exactly when there is an error summary: it does not here');
  if (facts.lost.length) complain(where, `error summary leads to no field: ${facts.lost.join(', ')}`);
  if (facts.unnamed.length) complain(where, `cells without the name of their column: ${facts.unnamed.join(' | ')}`);
  if (facts.ids.length) complain(where, `the same id twice: ${facts.ids.join(', ')}`);
  const picture = `${shots}/${String(shot += 1).padStart(3, '0')}${who ? `-${who.replace(/\W+/g, '-')}` : ''}${kind.replace(/[^a-z0-9*-]+/gi, '_')}${problem ? '-refused' : ''}`;
  if (shots) await page.screenshot({ path: `${picture}.png`, fullPage: true });
  await page.setViewportSize(PHONE);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (sideways > 1) complain(where, `scrolls sideways by ${sideways} pixels at 320`);
  const cut = await page.evaluate(() => [...document.querySelectorAll('.cw-scroll:has(> .cw-table--stack)')].filter((region) => region.scrollWidth - region.clientWidth > 1).map((region) => region.getAttribute('aria-label')));
  if (cut.length) complain(where, `a list is cut off at 320: ${cut.join(', ')}`);
  if (shots) await page.screenshot({ path: `${picture}-320.png`, fullPage: true });
  await page.setViewportSize(WIDE);
  return true;
}

/** Starts Chromium, runs the test, and ends the program with what was counted. */
export async function run(test) {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || BROWSERS.find(existsSync), headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try { await test(); } catch (error) { complain('the test itself', error.stack || String(error)); } finally { await browser.close(); }
  if (process.env.SHOWN) writeFileSync(process.env.SHOWN, [...shown].join('\n'));
  console.log(`${pages} pages, ${renderings.size} renderings, ${problems} problems`);
  process.exit(problems ? 1 : 0);
}

/** Somebody at a browser, as a journey names them: goes, presses, fills by label, and has every page checked. */
export class Person {
  constructor(name, page) { this.name = name; this.page = page; this.status = 200; }

  static async of(name, email, secret = password) { return new Person(name, email ? await signIn(email, secret) : await stranger()); }

  async look(response, problem = false) {
    this.status = response ? response.status() : this.status;
    if (this.status >= 500) complain(`${this.name} ${this.page.url()}`, `status ${this.status}`);
    if (!problem && this.status >= 400) throw new Error(`${this.name} at ${this.page.url()} was refused (${this.status}): ${await this.words()}`);
    if (problem && this.status < 400) throw new Error(`${this.name} at ${this.page.url()} was not refused: ${await this.words()}`);
    await check(this.page, this.name, { problem });
  }

  async go(path) { await this.look(await this.page.goto(path.startsWith('http') ? path : base + path)); }

  async refusedAt(path) { await this.look(await this.page.goto(path.startsWith('http') ? path : base + path), true); }

  /** Clicks and waits for the document that follows. */
  async click(target, problem = false) {
    const [response] = await Promise.all([
      this.page.waitForResponse((r) => r.request().isNavigationRequest() && ![301, 302, 303, 307, 308].includes(r.status())),
      target.click(),
    ]);
    await this.page.waitForLoadState('load');
    await this.look(response, problem);
  }

  async press(name, within = this.page) { await this.click(within.getByRole('button', { name, exact: true }).first()); }

  /** Presses a button and expects to be told what is wrong. */
  async pressInVain(name, within = this.page) { await this.click(within.getByRole('button', { name, exact: true }).first(), true); }

  async follow(name, exact = true) { await this.click(this.page.getByRole('main').getByRole('link', { name, exact }).first()); }

  async fill(label, text, within = this.page) { await within.getByLabel(label, { exact: true }).first().fill(text); }

  async choose(label, within = this.page) { await within.getByLabel(label, { exact: true }).first().check(); }

  async select(label, option) { await this.page.getByLabel(label, { exact: true }).first().selectOption(option); }

  async words() { return (await this.page.getByRole('main').innerText()).replace(/\s+/g, ' '); }

  async sees(text) {
    const words = await this.words();
    if (!words.includes(text)) throw new Error(`${this.name} at ${this.page.url()} does not see “${text}”: ${words.slice(0, 1500)}`);
  }

  get address() { return this.page.url().split('#')[0].split('?')[0]; }
}

/** An administrator who moves the practice clock. */
export class Clock extends Person {
  static async of(email) { return new Clock('administrator', await signIn(email)); }

  /** To a day as `YYYY-MM-DD` at a time in London. */
  async to(day, time = '12:00') {
    await this.go('/sandbox');
    await this.fill('Date', day);
    await this.fill('Time', time);
    await this.press('Move the clock forward');
    await this.sees('The clock says');
  }
}

/** The day so many days after another, as `YYYY-MM-DD`. */
export const later = (day, days) => new Date(Date.parse(`${day}T12:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
/** Today, as the practice clock begins. */
export const today = () => new Date().toISOString().slice(0, 10);
