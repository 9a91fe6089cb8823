/** All markets as small pictures: put in order, narrowed, opened. */
import type { Page } from '@playwright/test';
import { expect, open, test } from './app.ts';

const cards = (page: Page) => page.locator('a[href*="/markets/"]');

/** Whole numbers before a word, a card each. */
async function figures(page: Page, word: string): Promise<readonly number[]> {
  const texts = await cards(page).allInnerTexts();
  return texts.map((text) =>
    Number(new RegExp(`([\\d,]+)[^\\d]* ${word}`, 'u').exec(text)?.[1]?.replaceAll(',', '') ?? NaN)
  );
}

const descending = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => b - a);

test('markets are put in order by what was matched, narrowed by it, by time and by words, and opened', async ({
  page
}) => {
  await open(page, '/markets');
  await expect(cards(page)).toHaveCount(40);
  await page.getByLabel('Order').selectOption({ label: 'Most matched' });
  const matched = await figures(page, 'matched');
  expect(matched).toEqual(descending(matched));

  const [, , third = 0] = matched;
  await page.getByLabel('matched over').fill(String(third));
  await page.getByLabel('matched over').press('Tab');
  await expect.poll(() => cards(page).count()).toBeLessThanOrEqual(3);
  await expect(page).toHaveURL(/matched=/u);
  await page.reload();
  await expect.poll(() => cards(page).count()).toBeLessThanOrEqual(3);
  await page.getByLabel('matched over').fill('0');
  await page.getByLabel('matched over').press('Tab');
  await expect(cards(page)).toHaveCount(40);

  await page.getByLabel('from', { exact: true }).fill('2026-02-01');
  await expect.poll(() => cards(page).count()).toBeLessThan(40);
  await page.getByLabel('Words').fill('no market is called this');
  await expect(page.getByRole('heading', { name: 'No market fits' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(cards(page)).toHaveCount(40);

  const name = await cards(page).first().getByRole('heading').innerText();
  await cards(page).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 760 } });
  test('the markets come first: the filters are folded, and say how many are set', async ({ page }) => {
    await open(page, '/markets');
    await expect(cards(page).first()).toBeInViewport();
    const filters = page.getByRole('button', { name: 'Filters' });
    await expect(page.getByLabel('matched over')).toBeHidden();
    await filters.click();
    await page.getByLabel('recorded only').check();
    await expect(page.getByRole('heading', { name: 'No market fits' })).toBeVisible();
    await filters.click();
    await expect(page.getByRole('button', { name: 'Filters, 1 set' })).toBeVisible();
  });
});
