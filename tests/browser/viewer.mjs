// The viewer of the API, the one page that needs script: it shows the description and what an operation takes, and neither
// the policy of its page nor another host is touched.
//
// node viewer.mjs BASE
import { base, complain, run, stranger } from './chromium.mjs';

await run(async () => {
  const page = await stranger({ script: true });
  await page.goto(`${base}/api-viewer/`, { waitUntil: 'load' });
  const operation = page.locator('.opblock', { hasText: '/api/v1/agreements/{id}/totals' });
  await operation.waitFor();
  const shown = await page.locator('.opblock').count();
  const described = await page.evaluate(async () => {
    const { paths } = await (await fetch('/openapi.json')).json();
    return Object.values(paths).flatMap((path) => Object.keys(path)).length;
  });
  if (shown !== described || shown < 150) complain('the viewer', `${shown} operations of ${described}`);
  await operation.locator('button').first().click();
  await operation.getByText('Parameters').first().waitFor();
  // What everybody may ask is asked from the page, and the answer is drawn; then the place where a token goes.
  const open = page.locator('.opblock-get').filter({ has: page.locator('[data-path="/api/v1/calls"]') }).first();
  await open.locator('button').first().click();
  await open.getByRole('button', { name: 'Try it out' }).click();
  await open.getByRole('button', { name: 'Execute' }).click();
  await open.locator('.live-responses-table').getByText('200', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await page.locator('.dialog-ux input').first().waitFor();
  console.log(`${shown} operations`);
});
