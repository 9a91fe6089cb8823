/** Data in Chromium, as a user has it: import, storage, DuckDB, features, seeking in a market. */
import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { betfairStreams } from '../../tests/support/recordings.ts';
import { fileAt, plainBytes } from '../../tests/support/read-stream.ts';
import { openBenchBrowser } from '../browser.ts';
import type { BenchBrowser } from '../browser.ts';
import type * as DataPage from '../data-page.ts';
import type { Figure } from '../figure.ts';

const RACES = ['1.127236622.bz2', '1.206063952.bz2', '1.206064380.bz2'];
const LONG_MARKET = '1.127236622';
const MANY = 200;
const LINES = 400;
const PAGE = fileURLToPath(new URL('../data-page.ts', import.meta.url));

export async function* figures(): AsyncGenerator<Figure> {
  const races = betfairStreams().filter((path) => RACES.includes(basename(path)));
  if (races.length !== RACES.length)
    throw new Error(`expected ${RACES.join(', ')} in the data folder; set FURLONG_DATA`);
  const browser = await openBenchBrowser(PAGE);
  try {
    yield* importing(browser, races);
    yield* reopening(browser, races[0]!);
    yield* tables(browser);
    yield* replaying(browser);
  } finally {
    await browser.close();
  }
}

const atMost = (name: string, value: number, goal: number, unit = 'ms'): Figure => ({
  name,
  value,
  unit,
  goal,
  met: value <= goal
});

/** A call of a function of `bench/data-page.ts`, with what it takes and answers as plain data. */
async function inPage<Name extends keyof typeof DataPage>(
  page: Page,
  name: Name,
  ...args: Parameters<(typeof DataPage)[Name]>
): Promise<Awaited<ReturnType<(typeof DataPage)[Name]>>> {
  return (await page.evaluate(
    async ({ module, name: called, args: given }) => {
      const found = (await import(module)) as Record<string, (...all: unknown[]) => Promise<unknown>>;
      return await found[called]?.(...given);
    },
    { module: '/page.js', name, args }
  )) as Awaited<ReturnType<(typeof DataPage)[Name]>>;
}

async function serveFile(page: Page, path: string, body: Buffer): Promise<void> {
  await page.route(`**/${path}`, (route) =>
    route.fulfill({ body, headers: { 'content-type': 'application/octet-stream' } })
  );
}

async function* importing(browser: BenchBrowser, races: readonly string[]): AsyncGenerator<Figure> {
  const page = await browser.blank();
  for (const path of races) await serveFile(page, `bench-files/${basename(path)}`, readFileSync(path));
  const millis = await inPage(
    page,
    'importRecordings',
    races.map((path) => `/bench-files/${basename(path)}`)
  );
  yield atMost('three AU WIN recordings: file to bronze, silver and catalogue, two workers', millis / 1000, 1.5, 's');
  await page.close();
}

async function* reopening(browser: BenchBrowser, race: string): AsyncGenerator<Figure> {
  const first = await browser.blank();
  await serveFile(first, 'bench-files/race.json', Buffer.from(await plainBytes(fileAt(race))));
  await inPage(first, 'importMany', '/bench-files/race.json', MANY, LINES);
  await first.close();
  let catalogue = Number.POSITIVE_INFINITY;
  let query = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < 4; pass++) {
    const page = await browser.blank();
    const times = await inPage(page, 'reopen');
    if (times.markets !== MANY) throw new Error(`expected ${String(MANY)} markets, got ${String(times.markets)}`);
    catalogue = Math.min(catalogue, times.catalogue);
    query = Math.min(query, times.query);
    await page.close();
  }
  yield atMost(`a stored dataset of ${String(MANY)} markets after a reload: catalogue`, catalogue, 300);
  yield atMost('the same: first query answered, DuckDB started', query / 1000, 2, 's');
}

async function* tables(browser: BenchBrowser): AsyncGenerator<Figure> {
  const page = await browser.blank();
  const { decode, load, aggregate, megabytes } = await inPage(page, 'millionRows');
  const about = `1 M rows x 8 columns, Parquet (zstd, ${megabytes.toFixed(1)} MB)`;
  yield { name: `${about} to Arrow`, value: decode, unit: 'ms' };
  yield atMost(`${about} to a DuckDB table`, load, 400);
  yield atMost('an aggregate of 4 columns by group over 1 M rows', aggregate, 30);
  await page.close();
}

async function* replaying(browser: BenchBrowser): AsyncGenerator<Figure> {
  const blank = await browser.blank();
  const dataset = 'races';
  const { rows, features, worstSeek, meanSeek } = await inPage(blank, 'oneMarket', dataset, LONG_MARKET);
  const market = `${LONG_MARKET} (98 hours, ${rows.toLocaleString('en')} rows)`;
  const { features: race } = await inPage(blank, 'oneMarket', dataset, '1.206064380');
  yield atMost('1.206064380: all features of every runner at 1 s, with mark-outs and moments', race, 150);
  yield { name: `${market}: the same`, value: features, unit: 'ms' };
  yield { name: `${market}: seek anywhere, mean`, value: meanSeek, unit: 'ms' };
  yield atMost(`${market}: seek anywhere, worst`, worstSeek, 50);
  await blank.close();
}
