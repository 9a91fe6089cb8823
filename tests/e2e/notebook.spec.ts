import { expect, open, test } from './app.ts';

test('the first notebook opens, runs every cell, is edited and kept', async ({ page }) => {
  await open(page, '/notebooks');
  await page
    .getByRole('link', { name: /Start here/u })
    .first()
    .click();
  await expect(page).toHaveURL(/\/notebooks\/start-here/u);
  const frame = page.locator('iframe').first().contentFrame();
  await expect(frame.locator('svg').first()).toBeVisible({ timeout: 30_000 });
  await expect(frame.locator('table').first()).toBeVisible({ timeout: 30_000 });
  await expect(frame.locator('.observablehq--error, [data-cell-error]')).toHaveCount(0);
  // The frame has an origin of its own: it cannot reach the page's storage.
  const sandbox = await page.locator('iframe').first().getAttribute('sandbox');
  expect(sandbox).toBe('allow-scripts');
});
