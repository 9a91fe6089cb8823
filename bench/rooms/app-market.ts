/** Pages of the app over real data, in Chromium: a replayed market's frames, a result of a million rows that scrolls. */
import { basename } from 'node:path';
import { chromium } from 'playwright';
import type { Page } from 'playwright';
import { serve } from '../../server/main.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';
import { atShare, frameTimes } from '../frame-times.ts';

const RACE = '1.127236622';
const SPAN_MILLIS = 6000;
/** Other work on the machine only ever makes a frame longer: the best of some spans is told. */
const SPANS = 4;
const SEEKS = 100;
const QUERY =
  "select i as row, i % 97 as a, i / 3.0 as b, 'text ' || i as c, i * 2 as d, sqrt(i) as e, i % 2 = 0 as f, timestamp '2026-01-01' + interval (i) second as g from range(1000000) t(i)";

export async function* figures(): AsyncGenerator<Figure> {
  const path = betfairStreams().find((one) => basename(one).startsWith(RACE));
  if (path === undefined) throw new Error(`${RACE}: expected in the data folder; set FURLONG_DATA`);
  const served = await serve({ port: 0, host: '127.0.0.1', strictPort: true });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking']
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(new URL('/data', served.url).href);
    yield* scrolled(page);
    yield* replayed(page, path, served.url);
  } finally {
    await browser.close();
    await served.close();
  }
}

async function* scrolled(page: Page): AsyncGenerator<Figure> {
  await page.getByRole('textbox', { name: 'SQL query' }).fill(QUERY, { timeout: 60_000 });
  await page.getByRole('button', { name: /^Run/u }).click();
  await page.getByRole('region', { name: 'Result' }).waitFor({ timeout: 120_000 });
  const box = 'document.querySelector(\'[aria-label="Result"]\')';
  const name = 'a result of 1 M rows: longest frame';
  const ways = {
    'scrolled 900 pixels a frame': `() => { ${box}.scrollTop += 900 }`,
    'thrown anywhere at every frame': `() => { ${box}.scrollTop = Math.random() * ${box}.scrollHeight }`
  };
  for (const [way, each] of Object.entries(ways)) {
    const value = await best(async () => atShare(await frameTimes(page, SPAN_MILLIS, each), 1));
    yield { name: `${name}, ${way}`, value, unit: 'ms', goal: 50, met: value <= 50 };
  }
}

async function* replayed(page: Page, path: string, url: string): AsyncGenerator<Figure> {
  await page.locator('input[type="file"]').first().setInputFiles(path);
  await page.getByRole('dialog', { name: 'Imported' }).waitFor({ timeout: 120_000 });
  const speeds = ['20', '1000'];
  for (const speed of speeds) {
    await page.goto(new URL(`/markets/${RACE}/${RACE}?t=-3600`, url).href);
    await page.getByLabel(/speed/iu).selectOption(speed, { timeout: 60_000 });
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    const value = await best(async () => atShare(await frameTimes(page, SPAN_MILLIS), 0.95));
    const name = `${RACE} replayed at ${speed}x, drawn in software: frame at the 95th percentile`;
    yield { name, value, unit: 'ms', goal: 33, met: value <= 33 };
  }
  await page.goto(new URL(`/markets/${RACE}/${RACE}?t=-3600`, url).href);
  yield* sought(page);
}

/** From the press on the line of the whole market to the frame after the one in which that moment was drawn. */
async function* sought(page: Page): AsyncGenerator<Figure> {
  const line = page.getByRole('slider', { name: 'Moment of the market' });
  await page.getByRole('checkbox', { name: 'all' }).check({ timeout: 60_000 });
  await page.evaluate(() => {
    const taken: number[] = [];
    Object.assign(globalThis, { taken });
    document.addEventListener(
      'pointerdown',
      () => {
        const began = performance.now();
        const drawn = (): number => requestAnimationFrame(() => taken.push(performance.now() - began));
        requestAnimationFrame(drawn);
      },
      { capture: true }
    );
  });
  const { x, y, width, height } = (await line.boundingBox())!;
  // All over the line, far from the place before: a step of the golden section.
  for (let i = 0; i < SEEKS; i++) await page.mouse.click(x + 1 + ((i * 0.618) % 1) * (width - 2), y + height / 2);
  const taken = await page.evaluate(() => (globalThis as unknown as { taken: number[] }).taken);
  if (taken.length < SEEKS - 1) throw new Error(`seek: ${String(SEEKS)} presses, ${String(taken.length)} drawn`);
  const sorted = taken.sort((a, b) => a - b);
  const name = `${RACE}, a press anywhere on its 98 hours to that moment drawn in software`;
  const value = atShare(sorted, 0.95);
  yield { name: `${name}: 95th percentile of ${String(SEEKS)}`, value, unit: 'ms', goal: 50, met: value <= 50 };
  yield { name: `${name}: the longest`, value: atShare(sorted, 1), unit: 'ms' };
}

async function best(measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let span = 0; span < SPANS; span++) least = Math.min(least, await measure());
  return least;
}
