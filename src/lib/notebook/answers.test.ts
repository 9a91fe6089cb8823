import { expect, test } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { recordOfTape } from '../data/market-record.ts';
import type { Tape } from '../market/tape.ts';
import type { DataApi } from '../workers/data-api.ts';
import { answer } from './answers.ts';

/** What cells ask of the data worker: markets and tapes alone. */
function dataOf(tapes: readonly Tape[]): DataApi {
  const markets = tapes.map((tape) => {
    const { inPlayMillis, ...record } = recordOfTape(tape, 'd');
    return tape.market.scheduledMillis > 0 && inPlayMillis !== undefined ? { ...record, inPlayMillis } : record;
  });
  const api: Pick<DataApi, 'markets' | 'tape'> = {
    markets: () => Promise.resolve(markets),
    tape: (_dataset, id) => Promise.resolve(tapes.find((tape) => tape.market.id === id)!)
  };
  return api as DataApi;
}

const started = miniTape({ seed: 1 });
const endless: Tape = { ...started, market: { ...started.market, id: 'BTCUSDT', scheduledMillis: 0 } };

const column = async (data: DataApi, question: Parameters<typeof answer>[1], name: string) => {
  const table = await answer(data, question);
  return table.values[table.columns.findIndex((one) => one.name === name)];
};

test('a market without a start has none, not one in 1970', async () => {
  const data = dataOf([started, endless]);
  expect(await column(data, { ask: 'markets' } as never, 'scheduled')).toEqual([
    started.market.scheduledMillis,
    undefined
  ]);
});

test('time to a start that nobody announced is no number', async () => {
  const data = dataOf([started, endless]);
  const ask = (market: string) =>
    ({ ask: 'series', market, runner: started.market.runners[0]!.id, points: 4 }) as never;
  const known = await column(data, ask(started.market.id), 'secondsToOff');
  expect(known?.every((value) => typeof value === 'number')).toBe(true);
  const unknown = await column(data, ask('BTCUSDT'), 'secondsToOff');
  expect(unknown?.every((value) => value === undefined)).toBe(true);
});
