import { join } from 'node:path';
import { isRecorded, recordings } from '../support/recordings.ts';
import { expect, open, seriousFindings, test } from './app.ts';

const FILES = ['1.205822330.bz2', '1.206063952.bz2', '1.206064380.bz2', '1.127236622.bz2'];
const paths = FILES.map((name) => join(recordings.path, 'betfair', 'stream', name));

test.skip(!paths.every(isRecorded), 'not all recordings here: set FURLONG_DATA');

test('a page reloaded in mid-import offers to go on, asks for the same files, and reads only the rest', async ({
  page
}) => {
  await open(page, '/data');
  await page.getByLabel('Recordings to import', { exact: true }).setInputFiles(paths);
  // Looked for at every frame: the whole import takes a second or two.
  await page.waitForFunction(() => /\([34] of 4\)/u.test(document.body.innerText), undefined, {
    polling: 'raf',
    timeout: 60_000
  });
  await page.reload();
  const offer = page.getByRole('status').filter({ hasText: 'is half imported' });
  await expect(offer).toContainText('from 4 files');
  await expect(offer).toContainText('will not be read again');
  expect(await seriousFindings(page)).toEqual([]);
  await offer.getByRole('button', { name: /^Continue/u }).click();
  const ask = page.getByRole('dialog', { name: 'Give the same files again' });
  await expect(ask).toContainText('1.127236622.bz2');
  await page.getByLabel('The same files again', { exact: true }).setInputFiles(paths);
  const report = page.getByRole('dialog', { name: 'Imported' });
  await expect(report).toBeVisible({ timeout: 60_000 });
  // 5,654 + 16,986 + 18,793 + 16,096
  await expect(report).toContainText('57,529');
  await report.getByRole('button', { name: 'Close' }).click();
  await expect(offer).toHaveCount(0);
});

test('rules leave markets out, a renamed dataset is exported whole and comes back with them', async ({ page }) => {
  await open(page, '/data');
  await page.getByLabel('Recordings to import', { exact: true }).setInputFiles(paths.slice(0, 3));
  const report = page.getByRole('dialog', { name: 'Imported' });
  await expect(report).toBeVisible({ timeout: 60_000 });
  await report.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'Quality and lineage of 1.205822330' }).click();
  await page.getByLabel('New rule').fill('silence > 3 s');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('1 rule takes out 1 of 3 markets; 2 stay.')).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('November');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('heading', { name: 'November', level: 1 })).toBeVisible();
  await page.getByRole('tab', { name: 'Lineage' }).click();
  await expect(page.getByText('Every layer is what this version makes')).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download November whole' }).click();
  const saved = await (await saving).path();
  await open(page, '/data');
  await page.getByRole('button', { name: 'Delete November' }).click();
  await expect(page.getByRole('link', { name: 'November', exact: true })).toHaveCount(0);
  await page.getByLabel('Recordings to import', { exact: true }).setInputFiles(saved);
  await expect(page.getByRole('dialog', { name: 'Imported' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('link', { name: /^Quality and lineage of November/u })).toHaveCount(1);
  await expect(page.getByRole('region', { name: 'Datasets' })).toContainText('1 rule');
});
