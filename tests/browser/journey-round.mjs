// A social enterprise applies to the Youth Fund round, is scored and offered a loan with its subsidy route, accepts,
// draws the money by two persons, misses a condition, cures it, and repays. Every page on the way is checked.
import { Clock, Person, later, password, run, today } from './chromium.mjs';
import { answerEverything, moderateEverything, register, scoreEverything, start, submit } from './writing.mjs';

await run(async () => {
  const day = today();
  const owner = await Person.of('enterprise');
  await owner.go('/calls');
  await owner.follow('Youth Fund', false);
  const call = owner.address;
  const desk = `/desk/calls/${call.split('/').pop()}`;
  await register(owner, 'Femi Sesay', 'femi@lanternyard.example', password, 'Lantern Yard CIC', 'Community interest company');
  await start(owner, call, 'Lantern Yard CIC');
  await answerEverything(owner, { promise: '12', price: '60,000', amount: '60,000', yes: ['trading', 'young', 'Camden', 'Fair', 'pay', 'surplus', 'Is this so?'] });
  const application = await submit(owner, 'Femi Sesay');

  const clock = await Clock.of('admin@camden.example');
  await clock.to(later(day, 43), '09:00');
  const fund = await Person.of('fund', 'fund@camden.example');
  await fund.go(`${desk}/opening`);
  await fund.press('Open all that are sealed');
  for (const evaluator of ['Parveen Raman', 'Jack Cole']) {
    await fund.go(`${desk}/panel`);
    await fund.select('Add an evaluator', { label: evaluator });
    await fund.press('Add to the panel');
  }
  const level = (words) => (words.includes('Lantern') ? 4 : 2);
  for (const email of ['evaluator@camden.example', 'evaluator2@camden.example']) await scoreEverything(await Person.of('evaluator', email), call, level);
  await moderateEverything(fund, desk, level);
  await fund.press('Rank the applications');
  await fund.press('Sign the ranking');

  // Recommended, approved, and a subsidy route before any offer.
  const award = `${desk}/award`;
  await fund.go(award);
  await fund.pressInVain('Recommend');
  const who = fund.page.getByLabel('Who?', { exact: true });
  const option = (await who.locator('option').allInnerTexts()).find((text) => text.includes('Lantern'));
  await who.selectOption({ label: option });
  await fund.fill('Why?', 'First of the round; the cash flow carries the loan.');
  const draw = later(day, 60);
  await fund.fill('What is paid out, and when?', `60,000 on ${draw}`);
  await fund.fill('First day of the loan', draw);
  await fund.fill('Interest', '5');
  await fund.page.locator('input[name=repayment][value=annuity]').check();
  await fund.fill('Number of instalments', '12');
  await fund.fill('What must be so before money flows?', 'The bank account is checked');
  await fund.press('Recommend');
  // Two members of the committee vote; the third records the decision, which is a vote too.
  for (const email of ['committee2@camden.example', 'committee3@camden.example']) {
    const member = await Person.of('member', email);
    await member.go(award);
    await member.choose('For');
    await member.fill('Why?', 'The plan carries the loan.');
    await member.press('Record my vote');
  }
  const committee = await Person.of('committee', 'committee@camden.example');
  await committee.go(award);
  await committee.choose('Yes, I approve');
  await committee.press('Record my decision');
  await fund.go(award);
  await fund.sees('Record the subsidy route above before the offer');
  await fund.follow('Open', false);
  await fund.pressInVain('Write the route down');
  await fund.page.locator('input[name=kind][value=market_terms]').check();
  await fund.fill('What shows that the terms are those of the market?', 'Two social lenders quoted 4.9% and 5.2% for the same risk and term.');
  await fund.press('Write the route down');
  await fund.go(award);
  await fund.pressInVain('Make the offer');
  await fund.fill('Date', later(day, 57));
  await fund.fill('Time', '12:00');
  await fund.press('Make the offer');

  // The enterprise reads what the offer means and accepts.
  await owner.go(`${application}/outcome`);
  await owner.sees('Every payment');
  await owner.pressInVain('Send our answer');
  await owner.choose('We accept the offer');
  for (const box of await owner.page.getByRole('checkbox').all()) await box.check();
  await owner.press('Send our answer');
  await clock.to(later(day, 59), '09:00');
  await owner.go('/my-investments');
  const mine = await owner.page.evaluate(() => [...document.querySelectorAll('a[href*="/my-investments/"]')].map((a) => a.href)[0]);
  await owner.go(mine);
  const investment = `/investments/${mine.split('/').pop()}`;

  // Money flows when its condition is verified and two persons said so.
  await fund.go(investment);
  await fund.pressInVain('Propose the payment');
  if (await fund.page.getByRole('button', { name: 'Verify', exact: true }).count() === 0) {
    const contracts = await Person.of('contracts', 'contracts@camden.example');
    await contracts.go(investment);
    await contracts.fill('What showed it?', 'A bank letter of today');
    await contracts.press('Verify');
  } else {
    await fund.fill('What showed it?', 'A bank letter of today');
    await fund.press('Verify');
  }
  await clock.to(draw, '09:00');
  await fund.go(investment);
  await fund.fill('Day to pay', draw);
  await fund.press('Propose the payment');
  await committee.go(investment);
  await committee.press('Approve and pay');
  await owner.go(mine);
  await owner.sees('What you pay, and when');

  // A promise falls due and nothing is reported: it is missed, then reported within the time to put it right.
  await owner.go('/agreements');
  await owner.follow('Youth Fund', false);
  const agreement = owner.address;
  const dues = await owner.page.evaluate(() => [...new Set([...document.querySelectorAll('a[href*="/compliance/dues/"]')].map((a) => a.href))]);
  await owner.go(dues[0]);
  const words = await owner.words();
  const grace = /Counts as missed after (\d{1,2} \w+ \d{4})/.exec(words)[1];
  await clock.to(later(new Date(`${grace} 12:00 UTC`).toISOString().slice(0, 10), 2), '09:00');
  await owner.go(dues[0]);
  await owner.sees('Can be put right until');
  await owner.press('Report the figure');
  await owner.pressInVain('Report the figure');
  const asked = owner.page.getByRole('textbox', { name: /^How many/ }).first();
  await asked.fill('12');
  await owner.page.getByLabel('Evidence', { exact: true }).setInputFiles({ name: 'payroll.csv', mimeType: 'text/csv', buffer: Buffer.from('reference,hours\nA1,160\nA2,160\n') });
  await owner.fill('Is there anything to say about it?', 'Late, because our bookkeeper was ill.');
  await owner.press('Report the figure');
  const contracts = await Person.of('contracts', 'contracts@camden.example');
  await contracts.go(dues[0]);
  await contracts.pressInVain('Decide');
  await contracts.page.locator('input[name=decision][value=accept]').check();
  await contracts.press('Decide');
  await owner.go(dues[0]);
  await owner.sees('Accepted');
  await owner.sees('Missed at first, then put right in time: 12');
  for (const reader of [owner, contracts]) {
    await reader.go(agreement);
    await reader.sees('Cured');
  }

  // Every instalment is paid; nothing is owed at the end.
  await clock.to(later(draw, 372), '09:00');
  await fund.go(investment);
  for (let payment = 1; payment < 20; payment += 1) {
    const left = await fund.page.evaluate(() => [...document.querySelectorAll('main table')].find((t) => t.querySelector('caption')?.textContent.includes('Payment schedule'))
      ? [...[...document.querySelectorAll('main table')].find((t) => t.querySelector('caption')?.textContent.includes('Payment schedule')).tBodies[0].rows].filter((r) => !/Paid/.test(r.cells[r.cells.length - 1].textContent)).map((r) => r.cells[r.cells.length - 3].textContent.trim()) : []);
    if (!left.length) break;
    await fund.page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    if (payment === 1) await fund.pressInVain('Record the payment');
    await fund.page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await fund.fill('Amount', left[0].replace('£', ''));
    await fund.fill('Day it came into the bank', later(draw, 371));
    await fund.fill('Bank reference', `BACS ${payment}`);
    await fund.press('Record the payment');
  }
  await owner.go(mine);
  await owner.sees('The loan is repaid. Nothing more is owed.');
});
