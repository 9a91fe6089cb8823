import { expect, test } from 'vitest';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';

const START = 1_700_000_000_000;
const at = (millis: number, body: object): string => `${String(START + millis)}500000 ${JSON.stringify(body)}\n`;
const update = (millis: number, u: number, bid: string): object => ({
  stream: 'abcusdt@depth@0ms',
  data: {
    e: 'depthUpdate',
    E: START + millis,
    T: START + millis,
    s: 'ABCUSDT',
    U: u,
    u,
    pu: u - 1,
    b: [[bid, '1.5']],
    a: [['100.20', '2.0']]
  }
});

test('a file is known by its bytes, whatever its name, and becomes a market with its messages', async () => {
  const quote = { e: 'bookTicker', u: 9, s: 'ABCUSDT', b: '1.0', B: '1', a: '2', A: '3' };
  const trade = { e: 'trade', E: START, T: START + 7, s: 'ABCUSDT', p: '100.20', q: '0.5', X: 'MARKET', m: false };
  const lines = [at(3, update(1, 1, '100.10')), at(4, quote), at(8, trade), at(90_000, update(89_999, 5, '100.0'))];
  const markets: ReadMarket[] = [];
  const recording = await readRecording(new File(lines, 'any.name'), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    }
  });
  expect(recording).toMatchObject({
    messages: 4,
    markets: 1,
    oddities: [{ code: 'assumed-fees', severity: 'note' }]
  });
  const [{ record, tape, bronze }] = markets as [ReadMarket];
  expect(record).toMatchObject({
    id: `ABCUSDT-${String(START + 1)}`,
    venue: 'binance-usdm',
    name: 'ABCUSDT perpetual',
    messages: 4,
    trades: 1,
    matched: 0.5,
    status: 'open',
    trainable: false,
    firstMillis: START + 1,
    lastMillis: START + 90_000.5
  });
  expect(record.oddities.map((oddity) => oddity.code)).toEqual(['sequence-gap', 'no-snapshot']);
  expect(record.reason).toContain('no order book snapshot');
  expect(tape.market.fingerprint).toBe(recording.sha256);
  expect(Array.from(bronze.received)).toEqual([START + 3.5, START + 4.5, START + 8.5, START + 90_000.5]);
  expect(bronze.text[2]).toBe(JSON.stringify(trade));
});
