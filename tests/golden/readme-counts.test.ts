/** The counts that the README of the recordings states, held against what an import makes of each file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { diskFile, openDesk } from '../support/import-desk.ts';
import { filesIn, isRecorded, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const path = join(recordings.path, 'README.md');
const readme = isRecorded(path) ? readFileSync(path, 'utf8') : '';
const whole = (text: string): number => Number(text.replaceAll(',', ''));

/** Rows of its table of streams: names of files, and how many messages each holds. */
const streams = readme
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && /^[\d,]+/u.test(cells[3] ?? ''))
  .flatMap(([, files = '', , messages = '', about = '']) => {
    const [first = '', ...others] = files.split(', ');
    const count = whole(/^[\d,]+/u.exec(messages)?.[0] ?? '');
    const winner = /winner (\d+)/u.exec(about)?.[1];
    return [first, ...others].map((name) => ({ name, count, winner }));
  })
  .filter(({ name }) => existsSync(join(recordings.path, 'betfair/stream', name)));

describe.skipIf(readme === '')('the README of the recordings', () => {
  test('states a count for most of the streams', () => {
    expect(streams.length).toBeGreaterThan(8);
  });

  test.each(streams)('$name holds $count messages', async ({ name, count, winner }) => {
    const desk = await openDesk();
    const { dataset, markets } = await desk.import([diskFile(join(recordings.path, 'betfair/stream', name))]);
    expect(dataset.messages).toBe(count);
    if (winner !== undefined) expect(markets[0]?.winners).toEqual([winner]);
  });

  test('candles: as many rows as it says', { timeout: 120_000 }, async () => {
    const [, minutes = ''] = /1-minute bars \(([\d,]+) rows\)/u.exec(readme) ?? [];
    const [, caps = '', days = ''] = /(\d+) large caps,.* ([\d,]+) aligned rows each/u.exec(readme) ?? [];
    const desk = await openDesk();
    const csv = filesIn(join(recordings.path, 'crypto/bars')).filter((one) => one.endsWith('_1m.csv'));
    const bars = await desk.import(csv.map((one) => diskFile(one)));
    const left = bars.dataset.oddities.filter(
      ({ severity, code }) => severity !== 'note' && code !== 'missing-candles'
    );
    expect(bars.dataset.messages + left.reduce((sum, { count }) => sum + count, 0)).toBe(whole(minutes));
    const shares = filesIn(join(recordings.path, 'equities/sp500_5yr'));
    expect(shares).toHaveLength(whole(caps));
    const { markets } = await desk.import(
      shares.map((one) => diskFile(one)),
      'shares'
    );
    expect(markets).toHaveLength(whole(caps));
    // A row without an opening price is no candle: what is left out is told.
    for (const { messages } of markets) expect(whole(days) - messages).toBeLessThan(3);
  });
});
