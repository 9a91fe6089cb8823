/**
 * Recorded streams of OKX and Bybit: messages as the venues' documents show them, in every frame that recorders write,
 * become markets; gaps, repeats, failed checksums and torn lines are counted and located.
 */
import { describe, expect, it } from 'vitest';
import { MarketState } from '../../market/market-state.ts';
import { RowKind } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { bybit } from '../bybit/bybit-venue.ts';
import { crc32 } from '../decode/crc32.ts';
import { okxContract } from '../okx/okx-message.ts';
import { OKX } from '../okx/okx-venue.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';
import { recognise } from '../recognise.ts';
import { marketQuality } from '../quality/market-quality.ts';
import { CryptoStreamReader } from './crypto-stream.ts';
import type { CryptoVenue } from './crypto-stream.ts';
import { framed } from './framing.ts';
import { LevelBook } from './level-book.ts';

const T = 1_700_000_000_000;
const encoder = new TextEncoder();

interface Read {
  readonly markets: readonly ReadMarket[];
  readonly reader: CryptoStreamReader;
}

function read(lines: readonly (object | string)[], venue: CryptoVenue = OKX): Read {
  const reader = new CryptoStreamReader({ source: 'abc', venue });
  reader.push(
    encoder.encode(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n')
  );
  return { markets: [...reader.end('f')], reader };
}

const codes = ({ markets, reader }: Read): readonly string[] =>
  [...reader.fileOddities, ...markets.flatMap(({ record }) => record.oddities)].map(({ code }) => code);

/** The book at the end of a tape: prices and sizes, best first. */
function bookOf({ tape }: ReadMarket): { readonly bids: readonly number[][]; readonly asks: readonly number[][] } {
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  const book = state.books[0]!;
  const { ladder, lotSize } = tape.market.rules;
  const side = (best: number, next: (tick: number) => number, at: (tick: number) => number): number[][] => {
    const levels: number[][] = [];
    for (let tick = best; tick >= 0; tick = next(tick))
      levels.push([ladder.priceOf(tick as Ticks), at(tick) * lotSize]);
    return levels.map((level) => level.map((value) => Math.round(value * 1e6) / 1e6));
  };
  return {
    bids: side(
      book.bids.highest,
      (tick) => book.bids.below(tick),
      (tick) => book.bids.at(tick)
    ),
    asks: side(
      book.asks.lowest,
      (tick) => book.asks.above(tick),
      (tick) => book.asks.at(tick)
    )
  };
}

/** As the Order book channel's document writes it. */
class OkxLines {
  readonly lines: object[] = [];
  readonly #book = new LevelBook();
  #seq = 10;
  #now = T;
  readonly #instId: string;

  constructor(instId = 'BTC-USDT') {
    this.#instId = instId;
  }

  push(
    action: 'snapshot' | 'update',
    bids: readonly (readonly [string, string])[],
    asks: readonly (readonly [string, string])[],
    more: object = {}
  ): this {
    const previous = this.#seq;
    this.#seq += 3;
    if (action === 'snapshot') this.#book.clear();
    const levels = (side: readonly (readonly [string, string])[]) => side.map(([price, size]) => ({ price, size }));
    this.#book.apply(levels(bids), levels(asks));
    const wire = (side: readonly (readonly [string, string])[]) => side.map(([price, size]) => [price, size, '0', '1']);
    const data = {
      asks: wire(asks),
      bids: wire(bids),
      ts: String((this.#now += 100)),
      checksum: this.#book.checksum(),
      seqId: this.#seq,
      prevSeqId: action === 'snapshot' ? -1 : previous,
      ...more
    };
    this.lines.push({ arg: { channel: 'books', instId: this.#instId }, action, data: [data] });
    return this;
  }

  trade(px: string, sz: string, side: string): this {
    const data = [{ instId: this.#instId, tradeId: '1', px, sz, side, ts: String(this.#now) }];
    this.lines.push({ arg: { channel: 'trades', instId: this.#instId }, data });
    return this;
  }
}

const opened = (instId?: string): OkxLines =>
  new OkxLines(instId).push(
    'snapshot',
    [
      ['8476.98', '415'],
      ['8475.55', '7']
    ],
    [
      ['8477', '7'],
      ['8477.34', '85']
    ]
  );

describe('frames', () => {
  it.each([
    ['1723161256298000001 {"a":1}', '1723161256298000001'],
    ['1652459225.5037491: {"a":1}', '1652459225503749100'],
    ['1652459225: {"a":1}', '1652459225000000000'],
    ['{"a":1}', undefined]
  ])('%s', (line, received) => {
    expect(framed(line)).toEqual({ received, json: '{"a":1}' });
  });
  it('an answer of a REST interface carries its address', () => {
    expect(framed('https://a.b/depth?symbol=X -> 1652459225.5: {"a":1}')).toMatchObject({
      url: 'https://a.b/depth?symbol=X'
    });
  });
});

describe('OKX', () => {
  it("the checksum is of the document's own text", () => {
    // "Checksum", example 1: two levels a side, in turn.
    const book = new LevelBook();
    book.apply(
      [
        { price: '3366.1', size: '7' },
        { price: '3366', size: '6' }
      ],
      [
        { price: '3366.8', size: '9' },
        { price: '3368', size: '8' }
      ]
    );
    expect(book.checksum()).toBe(crc32(encoder.encode('3366.1:7:3366.8:9:3366:6:3368:8')) | 0);
    // Example 2: one bid, more asks: those that are left stand alone.
    const uneven = new LevelBook();
    uneven.apply(
      [{ price: '3366.1', size: '7' }],
      [
        { price: '3366.8', size: '9' },
        { price: '3368', size: '8' },
        { price: '3372', size: '8' }
      ]
    );
    expect(uneven.checksum()).toBe(crc32(encoder.encode('3366.1:7:3366.8:9:3368:8:3372:8')) | 0);
  });

  it('an image and its changes are a book, trades name their taker', () => {
    const { markets, reader } = read(
      opened()
        .push(
          'update',
          [
            ['8476.98', '0'],
            ['8476.5', '2']
          ],
          [['8477', '9.25']]
        )
        .trade('8477', '0.5', 'buy')
        .trade('8476.5', '0.25', 'sell').lines
    );
    const [market] = markets;
    expect(bookOf(market!)).toEqual({
      bids: [
        [8476.5, 2],
        [8475.55, 7]
      ],
      asks: [
        [8477, 9.25],
        [8477.34, 85]
      ]
    });
    expect(market!.record).toMatchObject({
      venue: 'okx',
      kind: 'SPOT',
      trades: 2,
      matched: 0.75,
      messages: 4,
      oddities: []
    });
    expect([...market!.tape.kind].filter((kind) => kind === RowKind.buyTrade || kind === RowKind.sellTrade)).toEqual([
      RowKind.buyTrade,
      RowKind.sellTrade
    ]);
    expect(reader.instrument('BTC-USDT')?.counts).toMatchObject({ checksums: 2, checksumFailures: 0 });
    expect(rulesFrom(market!.tape.market.rules.spec).ladder.id).toBe(market!.tape.market.rules.ladder.id);
  });

  it('a second image replaces the whole book', () => {
    const { markets } = read(opened().push('snapshot', [['8000', '1']], [['8001', '2']]).lines);
    expect(bookOf(markets[0]!)).toEqual({ bids: [[8000, 1]], asks: [[8001, 2]] });
  });

  it('a checksum that does not fit is counted, located and marks the market', () => {
    const lines = opened()
      .push('update', [['8476', '1']], [], { checksum: 12345 })
      .push('update', [['8475', '1']], []);
    const got = read(lines.lines);
    expect(got.reader.instrument('BTC-USDT')?.counts).toMatchObject({ checksums: 3, checksumFailures: 1 });
    const [market] = got.markets;
    expect(market!.record.oddities).toMatchObject([{ code: 'checksum-failed', count: 1, severity: 'error' }]);
    expect(market!.record.oddities[0]?.example).toMatch(/^abc line 2: BTC-USDT: the venue's checksum is 12345/u);
    expect(market!.record.reason).toContain('its book cannot be trusted throughout: line 2');
  });

  it('a checksum of 0 says nothing, since the venue has given it up', () => {
    const got = read(opened().push('update', [['8476', '1']], [], { checksum: 0 }).lines);
    expect([codes(got), got.reader.instrument('BTC-USDT')?.counts.checksums]).toEqual([[], 1]);
  });

  it('a message that is missing is told where it is missed; one twice is left out', () => {
    const { lines } = opened()
      .push('update', [['8476', '1']], [])
      .push('update', [['8475', '1']], []);
    const gap = read([lines[0]!, lines[2]!]);
    expect(codes(gap)).toContain('sequence-gap');
    const twice = read([lines[0]!, lines[1]!, lines[1]!, lines[2]!]);
    expect(codes(twice)).toEqual(['repeated-message']);
    expect(twice.markets[0]!.record.reason).toBe('it has no start to trade before');
  });

  it('a change before any image is left out', () => {
    const { lines } = opened().push('update', [['8476', '1']], []);
    expect(codes(read([lines[1]!, lines[0]!]))).toContain('change-without-image');
  });

  it('instruments of one file are markets of their own', () => {
    const { markets } = read([
      ...opened('BTC-USDT').lines,
      ...opened('ETH-USD-SWAP').lines,
      ...opened('BTC-USD-251226').lines
    ]);
    expect(markets.map(({ record, tape }) => [record.name, record.kind, tape.market.rules.settlement.kind])).toEqual([
      ['BTC-USDT', 'SPOT', 'cash'],
      ['ETH-USD-SWAP perpetual', 'PERPETUAL', 'inverse'],
      ['BTC-USD-251226 future', 'FUTURE', 'inverse']
    ]);
    expect(okxContract('BTC-USDT-SWAP')).toBe('linear');
    expect(okxContract('BTC-USD-251226-90000-C')).toBe('option');
  });

  it('one book is read from one channel', () => {
    const beside = {
      arg: { channel: 'books5', instId: 'BTC-USDT' },
      data: [{ bids: [['1', '1']], asks: [['2', '1']], ts: String(T) }]
    };
    const got = read([...opened().lines, beside]);
    expect(codes(got)).toEqual(['second-book-channel']);
    expect(bookOf(got.markets[0]!).bids).toHaveLength(2);
  });
});

/** As the document of `orderbook.{depth}.{symbol}` writes it. */
const bybitBook = (
  type: string,
  u: number,
  b: readonly string[][],
  a: readonly string[][],
  symbol = 'BTCUSDT'
): object => ({
  topic: `orderbook.50.${symbol}`,
  type,
  ts: T + u * 20,
  data: { s: symbol, b, a, u, seq: 7_961_638_724 + u },
  cts: T + u * 20 - 3
});
const bybitTrade = (side: string, p: string, v: string): object => ({
  topic: 'publicTrade.BTCUSDT',
  type: 'snapshot',
  ts: T + 60,
  data: [{ T: T + 55, s: 'BTCUSDT', S: side, v, p, L: 'PlusTick', i: 'x', BT: false }]
});

describe('Bybit', () => {
  const start = bybitBook(
    'snapshot',
    1,
    [['16493.50', '0.006']],
    [
      ['16611.00', '0.029'],
      ['16612.00', '0.213']
    ]
  );

  it('an image and its changes are a book; the matching engine’s time is the venue’s', () => {
    const { markets } = read(
      [
        start,
        bybitBook(
          'delta',
          2,
          [
            ['16493.50', '0'],
            ['16490.00', '0.1']
          ],
          [['16611.00', '0.032']]
        ),
        bybitTrade('Buy', '16611.00', '0.01')
      ],
      bybit('linear')
    );
    const [market] = markets;
    expect(bookOf(market!)).toEqual({
      bids: [[16490, 0.1]],
      asks: [
        [16611, 0.032],
        [16612, 0.213]
      ]
    });
    expect(market!.record).toMatchObject({
      venue: 'bybit',
      kind: 'PERPETUAL',
      trades: 1,
      firstMillis: T + 17,
      oddities: []
    });
  });

  it('numbers that skip are told, a new image of number 1 is a restart and no loss', () => {
    const deltas = [2, 3, 4].map((u) => bybitBook('delta', u, [['16400.00', String(u)]], []));
    expect(codes(read([start, deltas[0]!, deltas[2]!], bybit('spot')))).toEqual(['sequence-gap']);
    expect(codes(read([start, ...deltas, start, deltas[0]!], bybit('spot')))).not.toContain('sequence-gap');
    expect(codes(read([start, deltas[0]!, deltas[0]!], bybit('spot')))).toEqual(['repeated-message']);
  });

  it('a crossed book is told', () => {
    expect(codes(read([start, bybitBook('delta', 2, [['16611.00', '1']], [])], bybit('spot')))).toEqual([
      'crossed-book'
    ]);
  });

  it('its second version is read: deletes, updates and inserts of levels as objects', () => {
    const topic = 'orderBookL2_25.BCHUSDT';
    const level = (price: string, side: string, size?: number): object => ({
      price,
      symbol: 'BCHUSDT',
      id: price,
      side,
      ...(size === undefined ? {} : { size })
    });
    const { markets } = read(
      [
        {
          topic,
          type: 'snapshot',
          data: { order_book: [level('1053.05', 'Buy', 2.63), level('1054.30', 'Sell', 1)] },
          timestamp_e6: String(T * 1000)
        },
        {
          topic,
          type: 'delta',
          data: {
            delete: [level('1054.30', 'Sell')],
            update: [level('1053.05', 'Buy', 3)],
            insert: [level('1054.65', 'Sell', 5)]
          },
          timestamp_e6: String(T * 1000 + 5)
        }
      ],
      bybit('linear')
    );
    expect(bookOf(markets[0]!)).toEqual({ bids: [[1053.05, 3]], asks: [[1054.65, 5]] });
  });

  it('what does not say whether it is a pair or a contract fits both', () => {
    const kinds = (line: object): readonly string[] =>
      recognise(encoder.encode(`${JSON.stringify(line)}\n`), true).map(({ kind }) => kind);
    expect(kinds(start)).toEqual(['bybit-linear', 'bybit-spot']);
    expect(kinds(bybitBook('snapshot', 1, [], [], 'BTCUSD'))).toEqual(['bybit-inverse']);
    expect(kinds(bybitBook('snapshot', 1, [], [], 'BTCPERP'))).toEqual(['bybit-linear']);
    const address = recognise(
      encoder.encode(`wss://stream.bybit.com/v5/public/spot <-> 1\n${JSON.stringify(start)}\n`),
      true
    );
    expect(address.map(({ kind }) => kind)).toEqual(['bybit-spot']);
  });
});

describe('bad streams', () => {
  const lines = opened()
    .push('update', [['8476', '1']], [['8478', '2']])
    .push('update', [['8475', '1']], [])
    .trade('8477', '1', 'buy')
    .push('update', [['8474', '3']], [['8479', '1.5']])
    .lines.map((line, i) => `17000000${String(10 + i)}.25: ${JSON.stringify(line)}`);
  const text = `${lines.join('\n')}\n`;

  async function imported(bytes: string | Uint8Array<ArrayBuffer>): Promise<readonly ReadMarket[]> {
    const markets: ReadMarket[] = [];
    await readRecording(new File([bytes], 'okx'), {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      onMarket: (market) => {
        markets.push(market);
        return Promise.resolve();
      }
    });
    return markets;
  }

  it('cut at every tenth: the whole messages before the cut, or a clear refusal', async () => {
    const [all] = await imported(text);
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = text.slice(0, Math.round((text.length * tenth) / 10));
      const result = await imported(cut).catch((thrown: unknown) => thrown);
      if (result instanceof Error)
        expect(result).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
      else {
        const [market] = result as readonly ReadMarket[];
        expect([...market!.tape.tick].slice(1, 4)).toHaveLength(Math.min(3, market!.tape.rows - 1));
        expect(market!.record.rows).toBeLessThanOrEqual(all!.record.rows);
      }
    }
  });

  it('one flipped byte: a checksum, a number or a line tells it, or a price or time is another', async () => {
    const bytes = encoder.encode(text);
    let told = 0;
    let flips = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (at % 7);
      flips++;
      const result = await imported(flipped).catch((thrown: unknown) => thrown);
      if (result instanceof Error) {
        expect(result).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
        told++;
      } else if ((result as readonly ReadMarket[]).some(({ record }) => record.oddities.length > 0)) told++;
    }
    // Order counts, times and keys that are not read may change without a word.
    expect(told / flips).toBeGreaterThan(0.3);
  });

  it('a torn line in the middle is located, and marks every book', () => {
    const got = read([lines[0]!, lines[1]!.slice(0, 60), lines[2]!]);
    expect(got.reader.fileOddities).toMatchObject([{ code: 'unreadable-line', count: 1 }]);
    const { record, tape } = got.markets[0]!;
    expect(record.reason).toContain('line 2 could not be read');
    expect(record.oddities.filter(({ code }) => code === 'line-lost')).toMatchObject([{ count: 1 }]);
    expect(marketQuality(record, tape).gaps).toBeGreaterThan(0);
  });

  it('levels that are no numbers are left out one by one', () => {
    const got = read(
      opened().push(
        'update',
        [
          ['NaN', '1'],
          ['8470', '-1'],
          ['8469', '1e3'],
          ['8468', '2']
        ],
        []
      ).lines
    );
    expect(codes(got)).toEqual(expect.arrayContaining(['unreadable-number', 'negative-size']));
    expect(bookOf(got.markets[0]!).bids).toContainEqual([8468, 2]);
  });

  it('lines that are no messages are refused soon', () => {
    expect(() => read(['a', 'b', 'c', 'd', 'e'])).toThrow('expected a recorded OKX stream');
  });
});
