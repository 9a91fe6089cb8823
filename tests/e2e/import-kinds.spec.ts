import type { Page } from '@playwright/test';
import { expect, open, seriousFindings, test } from './app.ts';

const chooser = 'Recordings to import';

async function choose(
  page: Page,
  ...files: readonly { readonly name: string; readonly text: string }[]
): Promise<void> {
  await page
    .getByLabel(chooser)
    .first()
    .setInputFiles(
      files.map(({ name, text }) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) }))
    );
}

/** Hourly candles as a German spreadsheet writes them; from `day` of March 2024. */
function spreadsheet(rows: number): string {
  const number = (value: number): string => value.toFixed(2).replace('.', ',');
  const lines = Array.from({ length: rows }, (_, hour) => {
    const at = new Date(Date.UTC(2024, 2, 4) + hour * 3_600_000).toISOString();
    const [open, high, low, close] = [100 + hour, 102 + hour, 99 + hour, 101 + hour].map(number);
    return [`${at.slice(8, 10)}.${at.slice(5, 7)}.2024`, at.slice(11, 16), open, high, low, close, '1.234,5'].join(';');
  });
  return `Datum;Uhrzeit;Eröffnung;Hoch;Tief;Schluss;Umsatz\n${lines.join('\n')}\n`;
}

/** The document's own shape: nothing in it says whether BTCUSDT is a pair or a contract. */
const bybit = Array.from({ length: 200 }, (_, u) =>
  JSON.stringify({
    topic: 'orderbook.50.BTCUSDT',
    type: u === 0 ? 'snapshot' : 'delta',
    ts: 1_700_000_000_000 + u * 500,
    data: {
      s: 'BTCUSDT',
      b: [[`1700${String(u % 9)}.50`, '1.5']],
      a: [[`1701${String(u % 9)}.50`, '2']],
      u: u + 1,
      seq: u
    },
    cts: 1_700_000_000_000 + u * 500 - 3
  })
).join('\n');

test('a table of candles is guessed, shown, corrected and imported', async ({ page }) => {
  await open(page, '/data');
  await choose(page, { name: 'dax-1h.csv', text: spreadsheet(48) });
  const dialog = page.getByRole('dialog', { name: 'Which column is what?' });
  await expect(dialog).toContainText('23 of the first 23 rows are candles', { timeout: 30_000 });
  await expect(dialog.getByLabel('Columns are parted by')).toHaveValue(';');
  await expect(dialog.getByLabel('What Schluss is')).toHaveValue('close');
  expect(await seriousFindings(page)).toEqual([]);

  // A role taken away is missed at once, and given back it is there.
  await dialog.getByLabel('What Schluss is').selectOption('ignore');
  await expect(dialog.getByRole('status')).toHaveText('no column is close');
  await expect(dialog.getByRole('button', { name: 'Import' })).toBeDisabled();
  await dialog.getByLabel('What Schluss is').selectOption('close');
  await dialog.getByLabel(/^Time zone/u).fill('Europe/Berlin');
  await dialog.getByLabel(/^Time zone/u).press('Tab');
  await dialog.getByRole('button', { name: 'Import' }).click();
  const report = page.getByRole('dialog', { name: 'Imported' });
  await expect(report).toContainText('2024-03-03 23:00 to 2024-03-05 22:59 UTC', { timeout: 30_000 });
  await report.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('dax 1h candles');
});

test('a file that fits two kinds is asked about, and what is answered can be replayed', async ({ page }) => {
  await open(page, '/data');
  await choose(page, { name: 'recorded', text: bybit });
  const dialog = page.getByRole('dialog', { name: 'What is this file?' });
  await dialog.getByLabel(/Bybit spot/u).check({ timeout: 30_000 });
  await dialog.getByRole('button', { name: 'Import' }).click();
  const report = page.getByRole('dialog', { name: 'Imported' });
  await report.getByRole('button', { name: 'Look at it' }).click({ timeout: 30_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Bybit spot, BTCUSDT');
  // A bid of its book, wherever in its life it opens.
  await expect(page.getByText(/^1700\d\.5 \//u)).toBeVisible({ timeout: 20_000 });
});

test('a question is left by Escape, and takes one file out, not the others', async ({ page }) => {
  await open(page, '/data');
  const results =
    'EVENT_ID,MENU_HINT,EVENT_NAME,EVENT_DT,SELECTION_ID,SELECTION_NAME,WIN_LOSE,BSP\n' +
    '221844113,GB / Ascot 4th Dec,2m Hcap Chs,04-12-2023 12:30,11,Red Rum,1,6.4\n';
  await choose(page, { name: 'a.csv', text: spreadsheet(30) }, { name: 'b.csv', text: results });
  const dialog = page.getByRole('dialog', { name: 'Which column is what?' });
  await expect(dialog).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press('Escape');
  const report = page.getByRole('dialog', { name: 'Imported' });
  await expect(report).toContainText('the answer to leave it out', { timeout: 30_000 });
  await report.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('2m Hcap Chs');
  await expect(page.getByText('Red Rum').first()).toBeVisible({ timeout: 30_000 });
});
