/** What the end-to-end tests share: a page that fails its test on any error it logs, and the steps of a user. */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';

/** Every test fails when the page logs an error or throws; what a test provokes on purpose it allows by pattern. */
export const test = base.extend<{ allowed: RegExp[] }>({
  allowed: [[], { option: true }],
  page: async ({ page, allowed }, use) => {
    const problems: string[] = [];
    const note = (text: string): void => {
      if (!allowed.some((pattern) => pattern.test(text))) problems.push(text);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') note(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => note(`page: ${error.message}`));
    await use(page);
    expect(problems).toEqual([]);
  }
});

export { expect };

/** Opens a page and waits until the catalogue has been read. */
export async function open(page: Page, path = '/'): Promise<void> {
  await page.goto(path);
  await expect(page.getByText('Opening…')).toHaveCount(0, { timeout: 20_000 });
}

/** The button that trains on the sample, pressed; ends on the run's page. */
export async function trainOnSample(page: Page): Promise<void> {
  await open(page);
  await page.getByRole('button', { name: 'Train on the sample' }).click();
  await expect(page).toHaveURL(/\/runs\/.+/u);
}

/** The value of a figure of the run page by its label. */
export function figure(page: Page, label: string | RegExp): Locator {
  return page.locator('.figure', { hasText: label });
}

/** On the Train page: so many updates, and start. */
export async function trainFor(page: Page, updates: string): Promise<void> {
  const field = page.getByLabel('Updates', { exact: true });
  if (!(await field.isVisible())) await page.getByRole('heading', { name: 'Training' }).click();
  await field.fill(updates);
  await field.press('Tab');
  await page.getByRole('button', { name: /^Start/u }).click();
}

/** What axe finds serious or critical on the page as it stands, as text. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
