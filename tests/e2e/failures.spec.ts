import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, open, test } from './app.ts';

const change = (pt: number, rc: unknown[], definition?: unknown): string =>
  JSON.stringify({
    op: 'mcm',
    id: 1,
    clk: 'A',
    pt,
    mc: [{ id: '1.1', ...(definition === undefined ? {} : { marketDefinition: definition }), rc }]
  });
const definition = {
  status: 'OPEN',
  inPlay: false,
  betDelay: 0,
  bettingType: 'ODDS',
  numberOfWinners: 1,
  marketBaseRate: 5,
  marketTime: '2022-11-07T03:00:00.000Z',
  marketType: 'WIN',
  countryCode: 'AU',
  runners: [
    { id: 1, sortPriority: 1, status: 'ACTIVE', name: 'One' },
    { id: 2, sortPriority: 2, status: 'ACTIVE', name: 'Two' }
  ]
};
const lines = [
  change(1667786400000, [{ id: 1, atb: [[2, 10]], atl: [[2.02, 10]] }], definition),
  change(1667786401000, [{ id: 1, trd: [[2, 4]] }])
].join('\n');

test.describe('files that are not what they should be', () => {
  let folder = '';
  test.beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'furlong-e2e-'));
  });
  test.afterEach(() => rmSync(folder, { recursive: true }));
  const file = (name: string, bytes: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  test('a file that is not a market is refused, and the sample stays', async ({ page }) => {
    await open(page, '/markets');
    const png = file('holiday.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4));
    await page.locator('input[type=file]').first().setInputFiles(png);
    const alert = page.getByRole('alert').filter({ hasText: 'holiday.png' });
    await expect(alert).toBeVisible();
    await open(page, '/data');
    await expect(page.getByText('sample').first()).toBeVisible();
    await expect(page.getByText('holiday')).toHaveCount(0);
  });

  test('a cut-off archive keeps what came before the cut and says where it was cut', async ({ page }) => {
    const whole = gzipSync(`${lines}\n`.repeat(1));
    await open(page, '/markets');
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(file('cut.gz', whole.subarray(0, whole.length - 9)));
    await expect(page.getByText(/cut off|truncated|ends/iu).first()).toBeVisible({ timeout: 20_000 });
  });

  test('a good file beside a bad one is kept', async ({ page }) => {
    await open(page, '/markets');
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        file('good', `${lines}\n`),
        file('bad.bz2', Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 1, 2, 3, 4, 5, 6, 7, 8))
      ]);
    const report = page.getByRole('dialog', { name: 'Imported' });
    await expect(report).toContainText('bad.bz2', { timeout: 20_000 });
    await open(page, '/data');
    await expect(page.getByText('good').first()).toBeVisible();
  });
});

test.describe('a browser that gives less', () => {
  test('without cross-origin isolation the app trains all the same, and says what is slower', async ({ page }) => {
    await page.route('**/*', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers() };
      delete headers['cross-origin-opener-policy'];
      delete headers['cross-origin-embedder-policy'];
      await route.fulfill({ response, headers });
    });
    await open(page);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await page.getByRole('button', { name: 'Train on the sample' }).click();
    await expect(page).toHaveURL(/\/runs\/.+/u);
    await expect(page.getByText(/isolat/iu).first()).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByRole('button', { name: 'Share link' })).toBeEnabled({ timeout: 60_000 });
  });
});
