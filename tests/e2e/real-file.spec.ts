import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Page } from '@playwright/test';
import { isRecorded, recordings } from '../support/recordings.ts';
import { expect, open, test, trainFor } from './app.ts';

const moe = join(recordings.path, 'betfair', 'stream', '1.206064380.bz2');

test.skip(!isRecorded(moe), 'no recordings here: set FURLONG_DATA');

/** Drops a file on the page as a user does: a DataTransfer made in the page. */
async function drop(page: Page, path: string): Promise<void> {
  const chunks = await Readable.from(createReadStream(path)).toArray();
  const bytes = Buffer.concat(chunks as Buffer[]).toString('base64');
  const transfer = await page.evaluateHandle(
    async ([name, text]) => {
      const blob = await (await fetch(`data:application/octet-stream;base64,${text ?? ''}`)).blob();
      const made = new DataTransfer();
      made.items.add(new File([blob], name ?? ''));
      return made;
    },
    [basename(path), bytes]
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

test('a dropped recording is read, kept, queried, looked at, trained on and evaluated', async ({ page }) => {
  await open(page);
  await drop(page, moe);
  const report = page.getByRole('dialog', { name: 'Imported' });
  await expect(report).toBeVisible({ timeout: 60_000 });
  await expect(report).toContainText('18,793');
  await expect(report).toContainText('3,487');

  // It outlives a reload, and SQL agrees with the report.
  await open(page, '/data');
  await expect(page.getByRole('region', { name: 'Datasets' })).toContainText('1.206064380');
  await page.getByRole('textbox', { name: 'SQL query' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type("SELECT messages, definitions, trades, runners FROM markets WHERE market = '1.206064380'");
  await page.keyboard.press('ControlOrMeta+Enter');
  const result = page.getByRole('region', { name: 'Result' });
  for (const figure of ['18,793', '20', '3,487', '13']) await expect(result).toContainText(figure, { timeout: 30_000 });

  // Looked at.
  await open(page, '/markets');
  await page.getByRole('link', { name: /Moe/u }).first().click();
  await expect(page).toHaveURL(/\/markets\/.+\/1\.206064380/u);
  await expect(page.getByRole('region', { name: 'Ladder', exact: true })).toBeVisible();

  // Trained on: one market, so the evaluation says that it is in-sample.
  await page.getByRole('link', { name: 'Train on this' }).click();
  await expect(page).toHaveURL(/\/train/u);
  await trainFor(page, '50');
  await expect(page).toHaveURL(/\/runs\/.+/u);
  await expect(page.getByText('finished')).toBeVisible({ timeout: 90_000 });
  await page.getByRole('tab', { name: 'Evaluation' }).click();
  await expect(page.getByRole('region', { name: 'Evaluation table' })).toContainText('fixed rule');
  await expect(page.getByText(/in.sample/iu).first()).toBeVisible();
});
