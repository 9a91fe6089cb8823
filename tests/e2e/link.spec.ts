import { expect, figure, open, test, trainFor } from './app.ts';

test('a shared link shows its claim in a fresh profile, trains it again and compares', async ({ page, browser }) => {
  test.setTimeout(300_000);
  // A short run: 40 updates on the sample.
  await open(page, '/train');
  await trainFor(page, '40');
  await expect(page).toHaveURL(/\/runs\/.+/u);
  await expect(page.getByText('finished')).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Share link' }).click();
  const link = await page.getByLabel('Link').inputValue();
  expect(link).toMatch(/\/x#./u);

  const fresh = await browser.newContext();
  const visitor = await fresh.newPage();
  await visitor.goto(link);
  await expect(visitor.getByRole('heading', { name: 'What is claimed' })).toBeVisible();
  await expect(visitor.getByText(/sample/iu).first()).toBeVisible();
  await visitor.getByRole('button', { name: 'Train it again' }).click();
  await expect(visitor).toHaveURL(/\/runs\/.+/u);
  await expect(visitor.getByText('finished')).toBeVisible({ timeout: 120_000 });
  const comparison = visitor.getByRole('region', { name: 'Claimed and trained here' });
  // The CPU path is bit-reproducible, and both runs took it on this machine.
  await expect(comparison).toContainText(/bit for bit/iu);
  await fresh.close();
});

test('a damaged link says so and what to do', async ({ page }) => {
  await open(page, '/x#1.notalink');
  await expect(page.getByRole('alert')).toContainText(/link/iu);
});

test('an unknown run says so', async ({ page }) => {
  await open(page, '/runs/none-00');
  await expect(page.getByText('There is no run of that name here')).toBeVisible();
  expect(await figure(page, 'Updates').count()).toBe(0);
});
