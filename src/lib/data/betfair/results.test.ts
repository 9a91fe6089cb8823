/** Betfair's results files: outcomes and starting prices a market, joined to recordings, every fault located. */
import { describe, expect, it } from 'vitest';
import { MarketState } from '../../market/market-state.ts';
import { Outcome, RowKind } from '../../market/tape.ts';
import { bronzeIpc, bronzeToParquet } from '../parquet/bronze.ts';
import { loadParquetInNode } from '../parquet/load-node.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket, Recording } from '../recording.ts';
import type { MarketRecord } from '../records.ts';
import { joinResults } from './join-results.ts';
import { resultRows } from './results-table.ts';
import { RESULT_COLUMNS } from './results.ts';

const HEADER = RESULT_COLUMNS.join(',');
const row = (market: string, selection: string, name: string, won: string, bsp: string): string =>
  `${market},GB / Ascot 4th Dec,2m Hcap Chs,04-12-2023 12:30,${selection},${name},${won},${bsp},5.1,5.2,6,4.5,20,1.01,12.5,1000.25,30`;
const FILE = [
  HEADER,
  row('221844113', '11', '"Red, Rum"', '1', '6.4'),
  row('221844113', '12', '2. Arkle', '0', '3.15'),
  row('221844113', '13', 'Non Runner', '0', '0'),
  row('221844114', '21', 'Desert Orchid', '1', '1.5')
].join('\n');

async function read(text: string): Promise<{ readonly recording: Recording; readonly markets: readonly ReadMarket[] }> {
  const markets: ReadMarket[] = [];
  const recording = await readRecording(new File([text], 'anything.bin'), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    }
  });
  return { recording, markets };
}

describe('a results file', () => {
  it('is known by its columns and gives each market with outcomes and starting prices', async () => {
    const { markets, recording } = await read(FILE);
    expect(recording.oddities).toEqual([]);
    expect(markets.map(({ record }) => [record.id, record.kind, record.winners, record.status])).toEqual([
      ['1.221844113 results', 'RESULTS', ['11'], 'closed'],
      ['1.221844114 results', 'RESULTS', ['21'], 'closed']
    ]);
    const [{ tape, record }] = markets as [ReadMarket];
    expect(tape.market.runners.map(({ name }) => name)).toEqual(['Red, Rum', 'Arkle', 'Non Runner']);
    expect(record.scheduledMillis).toBe(Date.UTC(2023, 11, 4, 12, 30));
    expect(record).toMatchObject({ country: 'GB', eventName: 'GB / Ascot 4th Dec', trainable: false });
    const prices = [...tape.kind.keys()]
      .filter((at) => tape.kind[at] === RowKind.startingPrice)
      .map((at) => tape.lots[at]! / 1e6);
    expect(prices).toEqual([6.4, 3.15]);
    const state = new MarketState(tape.market);
    for (let at = 0; at < tape.rows; at++) state.apply(tape, at);
    expect([...state.outcome].slice(0, 3)).toEqual([Outcome.winner, Outcome.loser, Outcome.loser]);
  });

  it('a summer day is an hour before London’s clocks', async () => {
    const { markets } = await read(FILE.replaceAll('04-12-2023', '04-07-2023'));
    expect(markets[0]?.record.scheduledMillis).toBe(Date.UTC(2023, 6, 4, 11, 30));
  });

  it('its rows come back from bronze as the table has them', async () => {
    await loadParquetInNode();
    const [market] = (await read(FILE)).markets;
    const record = { ...market!.record, dataset: 'd' };
    const rows = resultRows(record, await bronzeIpc('x', bronzeToParquet(market!.bronze)));
    expect(rows[0]).toMatchObject({
      dataset: 'd',
      market: '1.221844113',
      id: '11',
      runner: 'Red, Rum',
      winner: true,
      starting_price: 6.4,
      preplay_volume: 1000.25,
      inplay_lowest: 1.01
    });
    expect(rows).toHaveLength(3);
  });
});

describe('what is stored', () => {
  const record = (over: Partial<MarketRecord>): MarketRecord =>
    ({ dataset: 'stream', id: '1.221844113', kind: 'WIN', winners: ['11'], ...over }) as MarketRecord;
  const results = record({ dataset: 'results', id: '1.221844113 results', kind: 'RESULTS' });

  it.each([
    ['agrees', {}, ['results-joined']],
    ['ends before its outcome', { winners: [] }, ['results-joined', 'outcome-from-results']],
    ['names another winner', { winners: ['12'] }, ['results-joined', 'results-disagree']],
    ['is another market', { id: '1.5' }, []]
  ])('a recording that %s', (_, over, codes) => {
    const stored = [record(over), results];
    expect(joinResults([results], stored).map(({ code }) => code)).toEqual(codes);
    expect(joinResults([record(over)], stored).map(({ code }) => code)).toEqual(codes);
    expect(joinResults([], stored)).toEqual([]);
  });
});

describe('bad results', () => {
  it.each([
    ['ragged', '221844115,GB', 'ragged-row', 'it has 2 columns, not 17'],
    ['an outcome that is none', row('221844115', '31', 'x', 'maybe', '2'), 'unreadable-outcome', 'WIN_LOSE is "maybe"'],
    ['a market that is no number', row('NaN', '31', 'x', '1', '2'), 'unreadable-number', 'EVENT_ID "NaN"'],
    [
      'no day',
      row('221844115', '31', 'x', '1', '2').replace('04-12-2023', '31-02-2023'),
      'unreadable-time',
      'EVENT_DT "31-02-2023 12:30" is no day'
    ],
    [
      'a price that is none',
      row('221844115', '31', 'x', '1', '2,5'.replace(',', ';')),
      'unreadable-number',
      'BSP "2;5" is no price'
    ],
    ['a row twice', row('221844114', '21', 'Desert Orchid', '1', '1.5'), 'repeated-row', 'selection 21 of 221844114']
  ])('%s is told by line', async (_, line, code, clause) => {
    const { recording } = await read(`${FILE}\n${line}`);
    expect(recording.oddities).toMatchObject([{ code, count: 1 }]);
    expect(recording.oddities[0]?.example).toContain(`anything.bin line 6: ${clause}`);
  });

  it('cut at every tenth, flipped at every seventh byte: read or refused', async () => {
    const tries = Array.from({ length: 9 }, (_, tenth) => FILE.slice(0, Math.round((FILE.length * (tenth + 1)) / 10)));
    for (let at = 0; at < FILE.length; at += 7) {
      tries.push(FILE.slice(0, at) + String.fromCharCode(FILE.charCodeAt(at) ^ (1 << (at % 7))) + FILE.slice(at + 1));
    }
    for (const text of tries) {
      const result: unknown = await read(text).catch((thrown: unknown) => thrown);
      if (result instanceof Error)
        expect(result).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
    }
  });

  it('a header alone is empty', async () => {
    await expect(read(`${HEADER}\n`)).rejects.toMatchObject({ code: expect.stringMatching(/^data\./u) as string });
  });
});
