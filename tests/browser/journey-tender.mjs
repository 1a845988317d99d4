// A supplier finds a tender, bids with a file and wins; two officers open, the panel scores, another approves, the
// standstill runs, the contract is signed; and the loser reads why. Every page on the way is checked.
import { Clock, Person, later, password, run, today } from './chromium.mjs';
import { answerEverything, moderateEverything, plan, register, scoreEverything, start, submit } from './writing.mjs';

await run(async () => {
  const day = today();
  // The supplier finds the call from the home page and registers.
  const supplier = await Person.of('supplier');
  await supplier.go('/');
  await supplier.follow('Community kitchens on four estates', false);
  const call = supplier.address;
  const id = call.split('/').pop();
  const desk = `/desk/calls/${id}`;
  await register(supplier, 'Ines Okafor', 'ines@blackberry.example', password, 'Blackberry Table CIC', 'Community interest company');
  await start(supplier, call, 'Blackberry Table CIC');
  await answerEverything(supplier, { promise: '30', price: '1,080,000', yes: ['registered', 'Fair', 'pay', 'books', 'Is this so?'], file: plan });
  const won = await submit(supplier, 'Ines Okafor');

  // A rival bids too, dearer and with smaller promises.
  const rival = await Person.of('rival', 'owner@harvest.example');
  await start(rival, call, 'Harvest Lane Kitchens CIC');
  await answerEverything(rival, { promise: '4', price: '1,170,000', yes: ['registered', 'Fair', 'pay', 'books', 'Is this so?'] });
  const lost = await submit(rival, 'Nadia Karim');

  // Before the deadline nobody opens anything, and after it nobody sends anything.
  const buyer = await Person.of('buyer', 'buyer@camden.example');
  await buyer.go(`${desk}/opening`);
  await buyer.sees('Sealed until it closes');
  const clock = await Clock.of('admin@camden.example');
  await clock.go('/sandbox');
  await clock.pressInVain('Move the clock forward');
  await clock.to(later(day, 45), '09:00');
  await rival.go(`${lost}/receipt`);
  await rival.go(`${call}/can-i-apply`);
  await rival.go(lost);

  // Two officers open the quality part: the one who asks cannot confirm.
  await buyer.go(`${desk}/opening`);
  await buyer.press('Ask for the opening');
  const second = await Person.of('second buyer', 'buyer2@camden.example');
  await second.go(`${desk}/opening`);
  await second.press('Confirm and open');
  await second.sees('asked,');
  for (const evaluator of ['Parveen Raman', 'Jack Cole']) {
    await buyer.go(`${desk}/panel`);
    if (evaluator.startsWith('Parveen')) await buyer.pressInVain('Add to the panel');
    await buyer.select('Add an evaluator', { label: evaluator });
    await buyer.press('Add to the panel');
  }
  await buyer.go(`${desk}`);
  const level = (words) => (words.includes('Blackberry') ? 4 : 2);
  for (const email of ['evaluator@camden.example', 'evaluator2@camden.example']) {
    const evaluator = await Person.of('evaluator', email);
    await scoreEverything(evaluator, call, level);
  }
  await moderateEverything(buyer, desk, level);

  // The price part, the ranking and its trace.
  await buyer.go(`${desk}/opening`);
  await buyer.press('Ask for the opening');
  await second.go(`${desk}/opening`);
  await second.press('Confirm and open');
  await buyer.go(`${desk}/moderation`);
  await buyer.press('Rank the bids');
  await buyer.press('Sign the ranking');
  await buyer.sees('Signed');
  await buyer.follow('Blackberry Table CIC');
  await buyer.sees('Blackberry');

  // Recommended by one, checked, approved by another.
  const award = `${desk}/award`;
  await buyer.go(award);
  await buyer.pressInVain('Recommend');
  await buyer.page.getByLabel('Who?', { exact: true }).selectOption({ index: 1 });
  await buyer.fill('Why?', 'First by the published criteria.');
  await buyer.press('Recommend');
  await buyer.pressInVain('Record the check');
  for (const [kind] of [['exclusion'], ['debarment']]) {
    await buyer.go(award);
    await buyer.page.locator(`input[name=kind][value=${kind}]`).check();
    await buyer.page.locator('input[name=outcome][value=clear]').check();
    await buyer.fill('What was looked at?', 'Looked up today.');
    await buyer.press('Record the check');
  }
  const committee = await Person.of('committee', 'committee@camden.example');
  await committee.go(award);
  await committee.pressInVain('Record my decision');
  await committee.choose('Yes, I approve');
  await committee.press('Record my decision');
  await buyer.go(award);
  await buyer.press('Send every summary');

  // The notice starts the standstill; signing waits for its end.
  await clock.to(later(day, 45), '10:00');
  await buyer.go(award);
  await buyer.pressInVain('Record the notice');
  await buyer.fill('Number of the notice', '2026/S 000-098765');
  await buyer.fill('Date', later(day, 45));
  await buyer.fill('Time', '09:30');
  await buyer.press('Record the notice');
  await buyer.sees('Last day of the standstill');
  await clock.to(later(day, 70), '10:00');
  await buyer.go(award);
  await buyer.press('Sign the contract');
  for (const box of (await buyer.page.getByRole('checkbox').all()).slice(0, 3)) await box.check();
  await buyer.press('Sign the contract');
  await buyer.sees('Promises');

  // The winner sees the agreement and its duties; the loser reads why.
  await supplier.go('/agreements');
  await supplier.follow('Community kitchens on four estates', false);
  await supplier.go('/compliance');
  await supplier.go(`${won}/outcome`);
  await rival.go(`${lost}/outcome`);
  await rival.sees('Blackberry Table CIC');
  await rival.sees('The panel read the answer again');
});
