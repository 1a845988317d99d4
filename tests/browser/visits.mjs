// Opens pages that somebody meets in scenes which the practice council does not hold, and checks each.
//
// node visits.mjs BASE '[{"email": "…", "password": "…", "path": "/…", "shows": "…"}, …]'
import { Person, people, run } from './chromium.mjs';

await run(async () => {
  const known = new Map();
  for (const { email, password, path, shows } of people) {
    if (!known.has(email)) known.set(email, await Person.of(email || 'resident', email, password));
    const person = known.get(email);
    await person.go(path);
    await person.sees(shows);
  }
});
