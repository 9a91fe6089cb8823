import { expect, open, test } from './app.ts';

test('the first notebook opens and runs every cell against the sample, in a frame of its own', async ({ page }) => {
  await open(page, '/notebooks');
  await page
    .getByRole('link', { name: /Start here/u })
    .first()
    .click();
  await expect(page).toHaveURL(/\/notebooks\/start-here/u);
  const frame = page.locator('iframe').first();
  await expect(frame.contentFrame().locator('svg').first()).toBeVisible({ timeout: 30_000 });
  await expect(frame.contentFrame().locator('table').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  // An opaque origin: what runs in the frame cannot reach the page's storage.
  expect(await frame.getAttribute('sandbox')).toBe('allow-scripts');
});

test('a cell is added, edited, run and kept over a reload, and the original comes back', async ({ page }) => {
  await open(page, '/notebooks/start-here');
  const add = page.getByRole('group', { name: 'Add a cell' }).last();
  await add.getByRole('button', { name: 'SQL' }).click();
  const cell = page.getByRole('region', { name: /^Cell \d+, SQL/u }).last();
  await cell.getByRole('textbox').click();
  await page.keyboard.type('select 6 * 7 as answer');
  await page.keyboard.press('Shift+Enter');
  const results = page.locator('iframe').first().contentFrame();
  await expect(results.getByText('42', { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  await page.waitForTimeout(1500);

  await open(page, '/notebooks/start-here');
  await expect(results.getByText('42', { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Reset' }).click();
  await expect(results.getByText('42', { exact: true })).toHaveCount(0);
});
