/** The data page by use: its parts, SQL with all that stands around it, and a dataset deleted and had back. */
import type { Locator, Page } from '@playwright/test';
import { expect, open, seriousFindings, test } from './app.ts';

const candles = (rows: number): string =>
  `time,open,high,low,close,volume\n${Array.from({ length: rows }, (_, day) =>
    [new Date(Date.UTC(2024, 0, 1 + day)).toISOString(), 10 + day, 12 + day, 9 + day, 11 + day, 100].join(',')
  ).join('\n')}\n`;

/** Ends on the page of the candles. */
async function importCandles(page: Page, name: string, rows: number): Promise<void> {
  await open(page, '/data');
  await page
    .getByLabel('Recordings to import')
    .first()
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(candles(rows)) });
  const asked = page.getByRole('dialog', { name: 'Which column is what?' });
  await asked.getByRole('button', { name: 'Import' }).click({ timeout: 30_000 });
  const report = page.getByRole('dialog', { name: 'Imported' });
  await report.getByRole('button', { name: 'Look at it' }).click({ timeout: 30_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText(name.replace('.csv', ''));
}

async function write(page: Page, sql: string): Promise<Locator> {
  const editor = page.getByRole('textbox', { name: 'SQL query' });
  await editor.click();
  await expect(page.locator('.cm-editor .cm-content')).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(sql);
  return editor;
}

for (const width of [1440, 360]) {
  test(`every part of the page is a press away, by keyboard too, at ${String(width)} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(page, '/data');
    await expect(page.getByRole('heading', { name: 'Gold' })).toBeVisible();
    const parts = page.getByRole('navigation', { name: 'On this page' });
    for (const name of ['Gold', 'Series', 'SQL', 'Fetch', 'Datasets']) {
      await parts.getByRole('link', { name }).focus();
      await page.keyboard.press('Enter');
      await expect(parts.getByRole('link', { name })).toHaveAttribute('aria-current', 'location');
      await expect(parts).toBeInViewport({ ratio: 1 });
    }
    await parts.getByRole('link', { name: 'SQL' }).click();
    await page.reload();
    await expect(page.getByRole('heading', { name: 'SQL' })).toBeInViewport();
  });
}

test('completion offers what is stored before the words of the language', async ({ page }) => {
  await open(page, '/data#sql');
  const options = page.locator('.cm-tooltip-autocomplete li');
  // Names come with the catalogue, which a busy machine may still be opening at the first word.
  await expect(async () => {
    await write(page, 'select * from m');
    await expect(options.first()).toHaveText('markets', { timeout: 3000 });
  }).toPass();
  await expect(async () => {
    await write(page, 'select ma');
    await expect(options.first()).toContainText('market', { timeout: 3000 });
  }).toPass();
  const words = await options.allInnerTexts();
  const [column, word] = [words.findIndex((text) => text.startsWith('matched')), words.indexOf('max')];
  expect(column).toBeGreaterThanOrEqual(0);
  expect(word).toBeGreaterThan(column);
});

test('a query is explained, run, drawn, kept under a name and had back', async ({ page }) => {
  await open(page, '/data#sql');
  await write(page, 'select name, messages from markets order by messages desc limit 5');
  await page.getByRole('button', { name: 'Explain', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Plan' })).toContainText('TOP_N', { timeout: 30_000 });
  await page.getByRole('button', { name: 'Explain analyze' }).click();
  await expect(page.getByText('what was done')).toBeVisible();

  await page.getByRole('button', { name: /^Run/u }).click();
  await expect(page.getByRole('region', { name: 'Result' }).getByRole('row')).toHaveCount(6);
  await page.getByRole('button', { name: 'Chart' }).click();
  await expect(page.getByRole('img', { name: 'messages by name; the table has the figures' })).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);

  await page.getByRole('textbox', { name: 'Name' }).fill('busiest');
  await page.getByRole('button', { name: 'Save this query' }).click();
  await expect(page.getByRole('button', { name: 'busiest', exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'SQL query' })).not.toHaveValue(/limit 5$/u);
  await page.getByRole('button', { name: 'busiest', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'SQL query' })).toHaveValue(/limit 5$/u);
  await page.getByRole('button', { name: 'Delete busiest' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: 'busiest', exact: true })).toBeVisible();
});

test('a query that never ends is cancelled, what is stored cannot be changed, and the next one runs', async ({
  page
}) => {
  await open(page, '/data#sql');
  await write(page, 'select count(*) from range(400000000) a, range(400000000) b where a.range % 7 = b.range % 11');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByText(/^running, \d+ s$/u)).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('cancelled')).toBeVisible();

  await write(page, 'drop table markets');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('alert')).toContainText('query.invalid', { timeout: 30_000 });
  await write(page, 'select 41 + 1 as answer');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('42', { timeout: 30_000 });
});

test('a market of candles is drawn, brings its query along, and its dataset is deleted and had back', async ({
  page
}) => {
  await importCandles(page, 'daily.csv', 40);
  await expect(page.getByRole('img', { name: /^close by open_time/u })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('2024-01-01 00:00:00');
  await page.getByRole('link', { name: 'Query with SQL' }).click();
  await expect(page.getByRole('textbox', { name: 'SQL query' })).toHaveValue(/from bars where dataset = 'daily'/u);

  const datasets = page.getByRole('region', { name: 'Datasets' });
  const csv = page.waitForEvent('download');
  await datasets.getByRole('button', { name: 'Download daily as CSV' }).click();
  expect((await csv).suggestedFilename()).toMatch(/^daily.*\.zip$/u);

  await datasets.getByRole('button', { name: 'Delete daily' }).click();
  await expect(datasets).not.toContainText('daily');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(datasets.getByRole('link', { name: 'daily', exact: true })).toBeVisible();
  await write(page, "select count(*) as candles from bars where dataset = 'daily'");
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('40', { timeout: 30_000 });
});

test('the address of a dataset keeps its tab', async ({ page }) => {
  await open(page, '/data/sets/Sample%20markets');
  await page.getByRole('tab', { name: 'Lineage' }).click();
  await expect(page).toHaveURL(/#lineage$/u);
  await page.reload();
  await expect(page.getByRole('tab', { name: 'Lineage' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Tab');
  await page.getByRole('tab', { name: 'Lineage' }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('tab', { name: 'Quality' })).toBeFocused();
  await expect(page.getByRole('tab', { name: 'Quality' })).toHaveAttribute('aria-selected', 'true');
});
