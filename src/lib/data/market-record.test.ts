import { expect, test } from 'vitest';
import { RowKind } from '../market/tape.ts';
import { recordOfTape } from './market-record.ts';
import { readRecording } from './read-recording.ts';
import type { ReadMarket } from './recording.ts';

const START = 1_700_000_000_000;
const definition = { status: 'OPEN', runners: [{ id: 1, status: 'ACTIVE', sortPriority: 1 }] };

test('a tape without its recording is said to hold the trades that the recording counted', async () => {
  // A level that was taken to nothing and told anew: the second 10 is what had been traded before.
  const sizes = [10, 0, 4, 10, 12];
  const changes = [
    { id: '1.1', marketDefinition: definition },
    ...sizes.map((size) => ({ id: '1.1', rc: [{ id: 1, trd: [[2, size]] }] }))
  ];
  const lines = changes.map((change, i) => JSON.stringify({ op: 'mcm', clk: String(i), pt: START + i, mc: [change] }));
  const markets: ReadMarket[] = [];
  await readRecording(new File([lines.join('\n')], 'a'), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    }
  });
  const [{ record, tape }] = markets as [ReadMarket];
  expect(tape.kind).toContain(RowKind.freshTrade);
  const { trades, matched } = recordOfTape(tape, '');
  expect({ trades, matched }).toEqual({ trades: record.trades, matched: record.matched });
});
