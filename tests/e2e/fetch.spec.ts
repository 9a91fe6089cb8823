/** Fetching from an exchange as a user does: the real server, pointed by its operator's setting at a fake exchange. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { FakeExchange } from '../support/fake-exchange.ts';
import { expect, open, test } from './app.ts';

const root = join(import.meta.dirname, '..', '..');
const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21, 10);

const candles = Array.from({ length: 120 }, (_, i) => {
  const open = 84_000 + 40 * Math.sin(i / 9);
  const close = 84_000 + 40 * Math.sin((i + 1) / 9);
  const text = (value: number): string => value.toFixed(8);
  return [
    START + i * MINUTE,
    text(open),
    text(Math.max(open, close) + 3),
    text(Math.min(open, close) - 3),
    text(close),
    text(5 + (i % 7)),
    START + (i + 1) * MINUTE - 1,
    text(84_000 * (5 + (i % 7))),
    30 + i,
    text(2),
    text(168_000),
    '0'
  ];
});
const side = (sign: number) =>
  Array.from({ length: 100 }, (_, i) => [
    (84_100 + sign * (0.01 + i * i * 0.05)).toFixed(8),
    (0.02 + (i % 5) * 0.3).toFixed(8)
  ]);
const depth = { lastUpdateId: 777, bids: side(-1), asks: side(1) };

function answerAsBinance(exchange: FakeExchange): void {
  exchange.answer((request, response) => {
    const url = new URL(request.url ?? '', exchange.origin);
    response.setHeader('content-type', 'application/json');
    if (url.searchParams.get('symbol') !== 'BTCUSDT') {
      response.statusCode = 400;
      response.end(JSON.stringify({ code: -1121, msg: 'Invalid symbol.' }));
    } else {
      const count = Number(url.searchParams.get('limit'));
      response.end(JSON.stringify(url.pathname === '/api/v3/depth' ? depth : candles.slice(0, count)));
    }
  });
}

/** Starts the server as its operator does; gives the address it prints. */
async function serveWith(origin: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['server/main.ts', '--port', '0'], {
    cwd: root,
    env: { ...process.env, FURLONG_BINANCE_ORIGIN: origin },
    stdio: ['ignore', 'pipe', 'pipe']
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const printed = /http:\/\/localhost:\d+\//u.exec(output);
      if (printed !== null) resolve(printed[0]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => {
      reject(new Error(`the server ended with ${String(code)}: ${output}`));
    });
  });
  return { url, child };
}

const panel = (page: Page): Locator => page.getByRole('region', { name: 'Fetch from an exchange' });
const fetchIt = (page: Page): Promise<void> => panel(page).getByRole('button', { name: 'Fetch', exact: true }).click();

async function seriousIn(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

test.describe('with a server whose operator named an exchange', () => {
  let exchange: FakeExchange;
  let url = '';
  let child: ChildProcess | undefined;
  test.beforeEach(async () => {
    exchange = new FakeExchange();
    await exchange.listen();
    answerAsBinance(exchange);
    ({ url, child } = await serveWith(exchange.origin));
  });
  test.afterEach(async () => {
    child?.kill('SIGTERM');
    await exchange.close();
  });

  test('candles and an order book land in the catalogue, and can be queried and looked at', async ({ page }) => {
    await open(page, `${url}data`);
    await panel(page).getByLabel('Symbol').fill('btc/usdt');
    await panel(page).getByLabel('How many').fill('120');
    await panel(page).getByLabel('From').fill('2026-11-21T10:00');
    await fetchIt(page);
    const report = page.getByRole('dialog', { name: 'Imported' });
    await expect(report).toContainText('binance BTCUSDT 1m 2026-11-21 10.00');
    await expect(report).toContainText('it holds candles, no order book');
    await expect(report.getByRole('link', { name: 'Train on it' })).toHaveCount(0);
    expect(exchange.requests).toEqual([
      `/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=120&startTime=${String(START)}`
    ]);
    await report.getByRole('button', { name: 'Close' }).click();

    await panel(page).getByLabel('What').selectOption('Order book');
    await panel(page).getByLabel('Levels a side').selectOption('100');
    await fetchIt(page);
    await expect(report).toContainText(/binance BTCUSDT book \d{4}-\d\d-\d\d \d\d\.\d\d/u);
    expect(exchange.requests.at(-1)).toBe('/api/v3/depth?symbol=BTCUSDT&limit=100');

    // Both outlive a reload, told apart from what was dropped.
    await open(page, `${url}data`);
    const datasets = page.getByRole('region', { name: 'Datasets' });
    await expect(datasets.getByRole('heading', { name: /^binance BTCUSDT/u })).toHaveCount(2);
    await expect(datasets.getByText(/^fetched · binance/u)).toHaveCount(2);

    // SQL sees every candle as the exchange gave it.
    await page.getByRole('textbox', { name: 'SQL query' }).click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(
      "SELECT count(*) AS n, sum(trades) AS t, max(date_diff('minute', open_time, close_time)) AS m FROM bars WHERE dataset LIKE 'binance BTCUSDT%'"
    );
    await page.keyboard.press('ControlOrMeta+Enter');
    const trades = candles.reduce((sum, candle) => sum + Number(candle[8]), 0);
    const result = page.getByRole('region', { name: 'Result' });
    await expect(result).toContainText('120', { timeout: 30_000 });
    await expect(result).toContainText(trades.toLocaleString('en-GB'));

    // The book's own page: ladder and depth, and why it is not to be trained on.
    await datasets.getByRole('link', { name: /^binance BTCUSDT book/u }).click();
    await page.getByRole('link', { name: /BTCUSDT order book/u }).click();
    const ladder = page.getByRole('region', { name: 'Ladder', exact: true });
    await expect(ladder).toBeVisible();
    await expect(ladder.getByRole('row').filter({ hasText: /84099\.99.*best bid/u })).toContainText('0.02');
    await expect(ladder.getByRole('row').filter({ hasText: /84100\.01.*best ask/u })).toContainText('0.02');
    await expect(page.getByRole('img', { name: /Depth of the order book/u })).toBeVisible();
    await expect(page.getByText('84099.99 / 84100.01')).toBeVisible();
    await expect(page.getByText(/cannot be trained on: it is one look at an order book/u)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Train on this' })).toHaveCount(0);
    expect(await seriousIn(page)).toEqual([]);

    // The candles' page.
    await open(page, `${url}data`);
    await page.getByRole('link', { name: /^binance BTCUSDT 1m/u }).click();
    await page.getByRole('link', { name: /BTCUSDT 1m candles/u }).click();
    await expect(page.getByRole('img', { name: /close by open_time/u })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('120 candles')).toBeVisible();
    expect(await seriousIn(page)).toEqual([]);
  });

  test.describe('when it goes wrong', () => {
    // The browser itself logs an answer with a status over 399.
    test.use({ allowed: [/Failed to load resource: the server responded with a status of (400|429|502|503)/u] });

    test("a wrong symbol shows the venue's own words, and a wrong number the server's", async ({ page }) => {
      await open(page, `${url}data`);
      await panel(page).getByLabel('Symbol').fill('NOSUCH');
      await fetchIt(page);
      const alert = panel(page).getByRole('alert');
      await expect(alert).toContainText('binance answered 400: Invalid symbol.');
      await expect(alert).toContainText('network.refused');
      await panel(page).getByLabel('Symbol').fill('BTCUSDT');
      await panel(page).getByLabel('How many').fill('5000');
      await fetchIt(page);
      await expect(alert).toContainText('binance.klines limit');
      await expect(alert).toContainText('1 to 1000');
      await expect(page.getByText('binance BTCUSDT')).toHaveCount(0);
    });

    test('an exchange that cannot be reached says so; afterwards it works again', async ({ page }) => {
      await open(page, `${url}data`);
      const port = Number(new URL(exchange.origin).port);
      await exchange.close();
      await fetchIt(page);
      const alert = panel(page).getByRole('alert');
      await expect(alert).toContainText('network.unavailable');
      await expect(alert).toContainText('check that this machine reaches the internet');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await exchange.listen(port);
      await fetchIt(page);
      await expect(page.getByRole('dialog', { name: 'Imported' })).toBeVisible();
      await expect(alert).toHaveCount(0);
    });

    test('a limit says how long to wait', async ({ page, request }) => {
      await open(page, `${url}data`);
      for (let i = 0; i < 12; i++) await request.get(`${url}api/proxy/binance.depth?symbol=BTCUSDT&limit=5`);
      await panel(page).getByLabel('What').selectOption('Order book');
      await fetchIt(page);
      await expect(panel(page).getByRole('alert')).toContainText(/try again in \d+ s/u);
    });
  });

  test('a fetch that hangs can be cancelled, and leaves nothing', async ({ page }) => {
    exchange.answer(() => undefined);
    await open(page, `${url}data`);
    await fetchIt(page);
    await expect(panel(page).getByText('Asking Binance for the BTCUSDT 1m candles')).toBeVisible();
    await panel(page).getByRole('button', { name: 'Cancel' }).click();
    await expect(panel(page).getByRole('button', { name: 'Fetch', exact: true })).toBeEnabled();
    await expect(panel(page).getByRole('alert')).toHaveCount(0);
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(colorScheme, () => {
      test.use({ colorScheme, viewport: { width: 360, height: 900 } });
      test('the panel fits a phone and axe finds nothing serious', async ({ page }) => {
        await open(page, `${url}data`);
        await expect(panel(page).getByRole('button', { name: 'Fetch', exact: true })).toBeEnabled();
        expect(await seriousIn(page)).toEqual([]);
        expect(await sideways(page)).toBeLessThanOrEqual(0);
      });
    });
  }
});

test.describe('on a plain file host', () => {
  test.use({ allowed: [/Failed to load resource: the server responded with a status of 404/u] });
  test('the panel says what is missing and how to get it', async ({ page }) => {
    await page.route('**/api/**', (route) => route.fulfill({ status: 404, body: 'not found' }));
    await open(page, '/data');
    await expect(panel(page)).toContainText('npm start');
    await expect(panel(page).getByRole('button', { name: 'Fetch', exact: true })).toHaveCount(0);
    expect(await seriousIn(page)).toEqual([]);
    await page.unroute('**/api/**');
    await panel(page).getByRole('button', { name: 'Look again' }).click();
    await expect(panel(page).getByRole('button', { name: 'Fetch', exact: true })).toBeEnabled();
  });
});

test('a server does not start on an origin it may not ask', async () => {
  await expect(serveWith('http://10.0.0.1')).rejects.toThrow(/FURLONG_BINANCE_ORIGIN.*http to a host/su);
});
