/** Several instruments of Binance futures in one recording, in any frame; COIN-M among them. */
import { describe, expect, it } from 'vitest';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { LINE_LOST } from '../oddities.ts';
import { marketQuality } from '../quality/market-quality.ts';
import { recognise } from '../recognise.ts';
import type { ReadMarket } from '../recording.ts';
import { binanceReader } from './stream-reader.ts';
import type { BinanceKind } from './binance-kind.ts';

const T = 1_700_000_000_000;
const encoder = new TextEncoder();

/** As "Diff. Book Depth Streams" of the COIN-M document writes it. */
const depth = (s: string, u: number): object => ({
  e: 'depthUpdate',
  E: T + u,
  T: T + u - 2,
  s,
  ps: s.split('_')[0],
  U: u * 10 - 9,
  u: u * 10,
  pu: u * 10 - 10,
  b: [['9517.6', '10']],
  a: [['9518.5', String(u)]]
});
const trade = (e: string, s: string, at: number): object => ({
  e,
  E: T + at,
  s,
  p: '9518.5',
  q: '3',
  T: T + at - 1,
  m: false
});
const image = (s: string): object => ({
  lastUpdateId: 5,
  E: T,
  T: T,
  symbol: s,
  bids: [['9517.5', '1']],
  asks: [['9519.0', '2']]
});

function read(
  kind: BinanceKind,
  lines: readonly string[]
): { readonly markets: readonly ReadMarket[]; readonly codes: readonly string[] } {
  const reader = binanceReader({ kind, source: 'abc' });
  // In pieces, as files come.
  const bytes = encoder.encode(`${lines.join('\n')}\n`);
  reader.push(bytes.slice(0, 40));
  reader.push(bytes.slice(40));
  const markets = [...reader.end('f')];
  const odd = [...reader.fileOddities, ...markets.flatMap(({ record }) => record.oddities)];
  return { markets, codes: odd.map(({ code }) => code) };
}

const seconds = (at: number, message: object): string => `170000000${String(at)}.25: ${JSON.stringify(message)}`;
const nanos = (at: number, message: object): string => `170000000${String(at)}250000000 ${JSON.stringify(message)}`;

describe('COIN-M', () => {
  it('is known by its pairs and becomes an inverse contract', () => {
    const lines = [
      nanos(1, image('BTCUSD_PERP')),
      nanos(1, depth('BTCUSD_PERP', 1)),
      nanos(2, trade('trade', 'BTCUSD_PERP', 2))
    ];
    expect(recognise(encoder.encode(lines.join('\n')), true)).toMatchObject([{ kind: 'binance-coinm' }]);
    const { markets, codes } = read('binance-coinm', lines);
    expect(codes).toEqual([]);
    const [market] = markets;
    expect(market?.record).toMatchObject({
      venue: 'binance-coinm',
      kind: 'PERPETUAL',
      name: 'BTCUSD_PERP perpetual',
      trades: 1,
      matched: 3
    });
    const { rules } = market!.tape.market;
    expect(rules).toMatchObject({ settlement: { kind: 'inverse' }, currency: 'USD' });
    expect(rulesFrom(rules.spec).ladder.id).toBe(rules.ladder.id);
  });
});

describe('several instruments', () => {
  const wrapped = (message: object): object => ({ stream: 'x', data: message });
  it('in seconds, with the answers of the order book among them, are a market each', () => {
    const { markets, codes } = read('binance-usdm', [
      'wss://fstream.binance.com/stream?streams=x <-> 1700000000.1',
      `https://fapi.binance.com/fapi/v1/depth?symbol=AAAUSDT&limit=1000 -> 1700000001.5: ${JSON.stringify(image('AAAUSDT'))}`,
      seconds(2, wrapped(depth('AAAUSDT', 1))),
      seconds(2, wrapped(depth('BBBUSDT', 1))),
      seconds(3, wrapped(trade('aggTrade', 'BBBUSDT', 3)))
    ]);
    expect(markets.map(({ record, tape }) => [tape.market.runners[0]?.id, record.messages, record.trades])).toEqual([
      ['AAAUSDT', 2, 0],
      ['BBBUSDT', 2, 1]
    ]);
    // The second has no image; the first has.
    expect(codes).toEqual(['recorder-line', 'no-snapshot']);
  });

  it('trades and their sums are not counted twice', () => {
    const { markets, codes } = read('binance-usdm', [
      nanos(1, image('AAAUSDT')),
      nanos(1, depth('AAAUSDT', 1)),
      nanos(2, trade('trade', 'AAAUSDT', 2)),
      nanos(2, trade('aggTrade', 'AAAUSDT', 2))
    ]);
    expect([markets[0]?.record.trades, codes]).toEqual([1, ['second-trade-stream']]);
  });

  it('lines that are no messages are refused soon', () => {
    expect(() => read('binance-usdm', ['x'.repeat(50), 'y', 'z', 'w', 'v'])).toThrow('lines that are none');
  });
});

describe('a line that cannot be read', () => {
  const [one, other] = ['AAAUSD_PERP', 'BBBUSD_PERP'] as const;
  const whole = [one, other].flatMap((symbol) => [
    `https://dapi.binance.com/dapi/v1/depth?symbol=${symbol} -> 1700000000.5: ${JSON.stringify(image(symbol))}`,
    seconds(1, depth(symbol, 1))
  ]);

  it.each([
    ['is no message', 'torn'],
    ['is not whole, before it names its instrument', seconds(1, depth(one, 2)).slice(0, 40)]
  ])('and %s is a gap in every instrument of the file', (_, torn) => {
    const { markets, codes } = read('binance-coinm', [...whole, torn, seconds(2, depth(one, 2))]);
    expect(codes).toEqual(['unreadable-line', LINE_LOST, LINE_LOST]);
    for (const { record, tape } of markets) {
      expect(marketQuality(record, tape).gaps).toBe(1);
      expect(record.damage).toBe('line 5 could not be read');
    }
  });

  it('and is the cut-off last one harms none', () => {
    const reader = binanceReader({ kind: 'binance-coinm', source: 'abc' });
    reader.push(encoder.encode([...whole, seconds(2, depth(one, 2)).slice(0, -9)].join('\n')));
    const markets = [...reader.end('f')];
    expect(reader.fileOddities.map(({ code }) => code)).toEqual(['last-line-cut']);
    expect(markets.map(({ record }) => record.damage)).toEqual([undefined, undefined]);
  });
});
