import { expect, figure, open, seriousFindings, test, trainOnSample } from './app.ts';

const wholeNumber = (text: string | null): number => Number((text ?? '').replace(/[^\d]/gu, ''));

test('the first visit replays a sample that says it is synthetic, and offers to train on it', async ({ page }) => {
  await open(page);
  await expect(page.getByText('synthetic').first()).toBeVisible();
  await expect(page.locator('canvas').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train on the sample' })).toBeEnabled();
});

test('one press trains: charts fill, pause holds, resume goes on, stop evaluates and keeps a checkpoint', async ({
  page
}) => {
  await trainOnSample(page);
  const updates = figure(page, /^Updates(?! a second)/u).locator('.value');
  await expect.poll(async () => wholeNumber(await updates.textContent()), { timeout: 30_000 }).toBeGreaterThan(20);
  for (const title of [
    'Return',
    'Critic loss',
    'Entropy temperature',
    'Updates, a second',
    'Environment steps, a second'
  ]) {
    await expect(page.getByRole('img', { name: new RegExp(title, 'iu') }).first()).toBeVisible();
  }

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await page.waitForTimeout(1000);
  const held = wholeNumber(await updates.textContent());
  await page.waitForTimeout(1500);
  expect(wholeNumber(await updates.textContent())).toBe(held);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(async () => wholeNumber(await updates.textContent()), { timeout: 20_000 }).toBeGreaterThan(held);

  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Share link' })).toBeEnabled({ timeout: 60_000 });
  await page.getByRole('tab', { name: 'Evaluation' }).click();
  const table = page.getByRole('region', { name: 'Evaluation table' });
  for (const policy of ['agent', 'do nothing', 'random', 'fixed rule']) await expect(table).toContainText(policy);
  for (const tab of ['Charts', 'Evaluation', 'Config', 'Checkpoint']) {
    await page.getByRole('tab', { name: tab }).click();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page)).toEqual([]);
    }
  }
  await page.getByRole('tab', { name: 'Evaluation' }).click();
  await page.getByRole('region', { name: 'Evaluation episodes' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/tab=evaluation&episode=.+/u);
  const why = page.getByText(/^(?:Filled|Part filled|Not filled|Waiting): /u).first();
  await expect(why.or(page.getByRole('heading', { name: 'The agent placed no order here' }))).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('tab', { name: 'Checkpoint' }).click();
  await expect(page.getByRole('button', { name: /Download .*\.safetensors/u })).toBeVisible();
});

test('a reload in mid-training offers to resume, and goes on from the last checkpoint', async ({ page }) => {
  await trainOnSample(page);
  const updates = figure(page, /^Updates(?! a second)/u).locator('.value');
  await expect.poll(async () => wholeNumber(await updates.textContent()), { timeout: 30_000 }).toBeGreaterThan(10);
  // A checkpoint is taken every 20 s; the record says of which update the last one is.
  await page.waitForTimeout(23_000);
  const before = wholeNumber(await updates.textContent());
  await open(page, '/');
  const offer = page.getByRole('status').filter({ hasText: 'was interrupted' });
  await expect(offer).toBeVisible();
  const kept = wholeNumber(/at update ([\d,]+)/u.exec((await offer.textContent()) ?? '')?.[1] ?? '');
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(before + 200);
  await offer.getByRole('button', { name: 'Resume' }).click();
  await expect(page).toHaveURL(/\/runs\/.+/u);
  await expect.poll(async () => wholeNumber(await updates.textContent()), { timeout: 30_000 }).toBeGreaterThan(kept);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Share link' })).toBeEnabled({ timeout: 60_000 });
});
