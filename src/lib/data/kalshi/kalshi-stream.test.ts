/** What a Kalshi stream says becomes rows, and what it cannot have said is counted, located and left out. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { MarketState } from '../../market/market-state.ts';
import { MarketStatus, NO_TICK, Outcome } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import type { KalshiStreamOptions } from './kalshi-stream.ts';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';
import { recognise } from '../recognise.ts';
import { KalshiStreamReader } from './kalshi-stream.ts';
import { readTerms } from './metadata.ts';
import type { ParsedKalshiMarket } from './parsed-market.ts';

const T = 1_800_000_000_000;
const encoder = new TextEncoder();

/** Messages as a recorder keeps them, each a millisecond after the other. */
class Lines {
  readonly lines: string[] = [];
  #seq = new Map<number, number>();
  #now = T;

  snapshot(yes: [string, string][], no: [string, string][], ticker = 'K-1'): this {
    return this.add('orderbook_snapshot', 1, {
      market_ticker: ticker,
      ...(yes.length > 0 ? { yes_dollars_fp: yes } : {}),
      ...(no.length > 0 ? { no_dollars_fp: no } : {})
    });
  }

  delta(side: string, price: string, delta: string, more: object = {}, ticker = 'K-1'): this {
    return this.add('orderbook_delta', 1, {
      market_ticker: ticker,
      price_dollars: price,
      delta_fp: delta,
      side,
      ts_ms: this.#now - 20,
      ...more
    });
  }

  trade(taker: string, yes: string, count: string, more: object = {}): this {
    const no = (1 - Number(yes)).toFixed(4);
    return this.add('trade', 2, {
      market_ticker: 'K-1',
      yes_price_dollars: yes,
      no_price_dollars: no,
      count_fp: count,
      taker_side: taker,
      ts_ms: this.#now - 20,
      ...more
    });
  }

  add(type: string, sid: number, msg: object, outer: object = {}): this {
    const seq = (this.#seq.get(sid) ?? 0) + 1;
    this.#seq.set(sid, seq);
    this.lines.push(JSON.stringify({ recv_ms: this.#now++, event: { type, sid, seq, msg, ...outer } }));
    return this;
  }

  skip(messages: number): this {
    this.#seq.set(1, (this.#seq.get(1) ?? 0) + messages);
    return this;
  }

  raw(line: string): this {
    this.lines.push(line);
    return this;
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

function read(
  lines: Lines | string,
  options: Partial<KalshiStreamOptions> = {}
): { reader: KalshiStreamReader; markets: readonly ParsedKalshiMarket[] } {
  const reader = new KalshiStreamReader({ source: 'k.ndjson', ...options });
  const bytes = encoder.encode(typeof lines === 'string' ? lines : lines.text);
  for (let at = 0; at < bytes.length; at += 37) reader.push(bytes.subarray(at, at + 37));
  return { reader, markets: reader.end() };
}

/** Bids and asks of a market at the end, as [price of yes, contracts]. */
function bookOf(market: ParsedKalshiMarket): { bids: number[][]; asks: number[][]; state: MarketState } {
  const tape = market.finish({ fingerprint: '', shared: false });
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  const [book] = state.books as [(typeof state.books)[number]];
  const list = (depth: typeof book.bids): number[][] => {
    const levels: number[][] = [];
    for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) {
      levels.push([book.ladder.priceOf(tick as Ticks), depth.at(tick) / 100]);
    }
    return levels;
  };
  return { bids: list(book.bids), asks: list(book.asks), state };
}

const codes = ({ reader }: { reader: KalshiStreamReader }): Record<string, number> =>
  Object.fromEntries(
    reader.oddities.filter(({ severity }) => severity !== 'note').map(({ code, count }) => [code, count])
  );

const opening = (): Lines =>
  new Lines().snapshot(
    [
      ['0.4000', '10.00'],
      ['0.3900', '5.50']
    ],
    [['0.5500', '7.00']]
  );

describe('a book', () => {
  it('has bids for yes, and bids for no as offers at 1 less their price', () => {
    const { markets } = read(
      opening().delta('yes', '0.4100', '3.25').delta('no', '0.5500', '-7.00').delta('no', '0.5700', '1.00')
    );
    const { bids, asks, state } = bookOf(markets[0]!);
    expect(bids).toEqual([
      [0.39, 5.5],
      [0.4, 10],
      [0.41, 3.25]
    ]);
    expect(asks).toEqual([[0.43, 1]]);
    expect(state.status).toBe(MarketStatus.open);
  });

  it('starts over with an image, and what was traded stays', () => {
    const { markets, reader } = read(
      opening()
        .trade('yes', '0.4500', '2.00')
        .snapshot([['0.4000', '10.00']], [])
    );
    const { bids, asks, state } = bookOf(markets[0]!);
    expect([bids, asks]).toEqual([[[0.4, 10]], []]);
    expect(state.books[0]!.totalTraded).toBe(200);
    expect(codes({ reader })).toEqual({ 'image-differs': 1 });
  });

  it('is read the same whatever the pieces its bytes come in', () => {
    const lines = opening().delta('yes', '0.4100', '3.25').trade('no', '0.4000', '1.00');
    const whole = new KalshiStreamReader({ source: 'k.ndjson' });
    whole.push(encoder.encode(lines.text));
    const [one] = whole.end() as [ParsedKalshiMarket];
    const columns = (market: ParsedKalshiMarket): number[][] => {
      const { kind, tick, lots, exchange, received } = market.finish({ fingerprint: '', shared: false });
      return [kind, tick, lots, exchange, received].map((column) => [...column]);
    };
    expect(columns(one)).toEqual(columns(read(lines).markets[0]!));
  });

  it('goes on in the next file', () => {
    const reader = new KalshiStreamReader({ source: 'one' });
    const lines = opening().delta('yes', '0.4100', '3.00').lines;
    reader.push(encoder.encode(lines[0]));
    reader.nextFile('two');
    reader.push(encoder.encode(`${lines[1]!}\n`));
    expect(bookOf((reader.end() as [ParsedKalshiMarket])[0]).bids).toHaveLength(3);
  });

  it('of each market stands apart where one subscription has several', () => {
    const lines = opening()
      .snapshot([['0.1000', '1.00']], [], 'K-2')
      .delta('yes', '0.1000', '1.00', {}, 'K-2');
    const { markets } = read(lines, { wholeSubscriptions: true });
    expect(markets.map(({ id }) => id)).toEqual(['K-1', 'K-2']);
    expect(bookOf(markets[1]!).bids).toEqual([[0.1, 2]]);
  });
});

describe('prices', () => {
  it('are on the coarsest ladder that holds them where the venue’s own is not known', () => {
    const size = (...prices: string[]): number => {
      const lines = prices.reduce((made, price) => made.delta('yes', price, '1.00'), new Lines().snapshot([], []));
      return bookOf(read(lines).markets[0]!).state.books[0]!.ladder.size;
    };
    expect(size('0.0100', '0.5000')).toBe(101);
    expect(size('0.0150', '0.5000')).toBe(281);
    expect(size('0.0150', '0.5050')).toBe(1_001);
    expect(size('0.0155', '0.5050')).toBe(10_001);
  });
});

const terms = readTerms(
  JSON.stringify({
    response: {
      event: { title: 'Gold' },
      markets: [
        {
          ticker: 'K-1',
          title: 'Up?',
          price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
          open_time: new Date(T).toISOString(),
          close_time: new Date(T + 2).toISOString(),
          settlement_ts: new Date(T + 5_000).toISOString(),
          result: 'no'
        }
      ]
    }
  }),
  'terms.json'
);

describe('what the venue says of a market', () => {
  it('closes it in time, and ends it with its answer', () => {
    const { markets } = read(
      opening()
        .delta('yes', '0.4100', '1.00', { ts_ms: T + 1 })
        .delta('yes', '0.4100', '-1.00', { ts_ms: T + 2 }),
      { terms }
    );
    const tape = markets[0]!.finish({ fingerprint: '', shared: false });
    const { state } = bookOf(markets[0]!);
    expect([state.status, state.outcome[0]]).toEqual([MarketStatus.closed, Outcome.loser]);
    expect(tape.market.scheduledMillis).toBe(T + 2);
    expect(tape.exchange[tape.rows - 1]).toBe(5_000 * 1e6);
  });

  it('knows no close without it, and features see nothing of how long the recording goes on', () => {
    const features = (lines: Lines): readonly number[] => {
      const tape = read(lines).markets[0]!.finish({ fingerprint: '', shared: false });
      expect(tape.market.scheduledMillis).toBe(0);
      const state = new MarketState(tape.market);
      const tracker = new FeatureTracker(tape.market, 'all');
      for (let row = 0; row < tape.messageStart[2]!; row++) {
        state.apply(tape, row);
        tracker.onRow(tape, row, state);
      }
      tracker.onMessageEndAt(tape, tape.messageStart[2]! - 1);
      const into = new Float32Array(tracker.marketNames.length);
      tracker.writeMarket(state, into, 0);
      return [...into];
    };
    const short = opening().delta('yes', '0.4100', '1.00', { ts_ms: T + 1 });
    const long = opening()
      .delta('yes', '0.4100', '1.00', { ts_ms: T + 1 })
      .delta('yes', '0.4100', '-1.00', { ts_ms: T + 600_000 });
    expect(features(short)).toEqual(features(long));
  });

  it('refuses a response that is none', () => {
    expect(() => readTerms('{"markets":[{"ticker":"K"}]}', 'x.json')).toThrow('price_ranges');
    expect(() => readTerms('[', 'x.json')).toThrow('no JSON');
    expect(() => readTerms('{"error":1}', 'x.json')).toThrow('no market in it');
  });
});

describe("the venue's time of a message", () => {
  const HOUR_SIXTH = 600_000;
  /** Exchange times of the rows that follow the image, in milliseconds since T. */
  const timesOf = ({ markets }: ReturnType<typeof read>): number[] => {
    const tape = markets[0]!.finish({ fingerprint: '', shared: false });
    const start = Number(tape.startEpochNanos / 1_000_000n) - T;
    return [...tape.exchange].map((time) => start + time / 1e6).slice(-3);
  };
  const around = (ts_ms: number) =>
    read(
      opening()
        .delta('yes', '0.4100', '1.00', { ts_ms: T + 1 })
        .delta('yes', '0.4100', '1.00', { ts_ms })
        .delta('yes', '0.4100', '1.00', { ts_ms: T + 3 })
    );

  it.each([
    ['ten minutes ahead', T + HOUR_SIXTH, 'venue-time-ahead', 'ms after its reception'],
    ['ten minutes back', T - HOUR_SIXTH, 'venue-time-went-back', 'ts_ms went back by 600001 ms'],
    ['a millisecond back', T, 'venue-time-went-back', 'ts_ms went back by 1 ms'],
    ['two hours back', T - 12 * HOUR_SIXTH, 'venue-time-behind', 'ms before its reception']
  ])('%s costs that message its own time alone, and is told', (_, ts_ms, code, clause) => {
    const one = around(ts_ms);
    expect(timesOf(one)).toEqual([1, 1, 3]);
    const told = one.reader.oddities.find((oddity) => oddity.code === code);
    expect([told?.severity, told?.count]).toEqual(['warning', 1]);
    expect(told?.example).toMatch(/^k\.ndjson line 3: /);
    expect(told?.example).toContain(clause);
  });

  it('is believed, however far ahead, once it stays so: the recorder’s clock was set', () => {
    const lines = opening();
    for (let message = 1; message <= 10; message++) {
      lines.delta('yes', '0.4100', '1.00', { ts_ms: T + HOUR_SIXTH + message });
    }
    const one = read(lines);
    expect(timesOf(one)).toEqual([8, 9, 10].map((message) => HOUR_SIXTH + message));
    expect(one.reader.oddities.find(({ code }) => code === 'venue-time-ahead')?.count).toBe(7);
  });
});

interface Damage {
  readonly code: string;
  readonly damage: (lines: Lines) => Lines;
  /** What it is told as, in part. */
  readonly clause?: string;
  readonly options?: Partial<KalshiStreamOptions>;
}

describe('a book that cannot be is taken down until the next image', () => {
  const damaged: readonly Damage[] = [
    { code: 'negative-size', damage: (lines) => lines.delta('yes', '0.4000', '-10.01') },
    { code: 'crossed-book', damage: (lines) => lines.delta('yes', '0.4500', '1.00') },
    { code: 'off-ladder-price', damage: (lines) => lines.delta('yes', '0.3850', '1.00'), options: { terms } },
    { code: 'off-ladder-price', damage: (lines) => lines.snapshot([['0.4050', '1.00']], []), options: { terms } },
    { code: 'crossed-book', damage: (lines) => lines.snapshot([['0.6000', '1.00']], [['0.4000', '1.00']]) },
    { code: 'lost-change', damage: (lines) => lines.delta('both', '0.4000', '1.00') },
    { code: 'lost-change', damage: (lines) => lines.delta('yes', '0.4000', '1e3') },
    { code: 'lost-change', damage: (lines) => lines.delta('yes', '0.40001', '1.00'), clause: 'off the ladder' },
    { code: 'lost-change', damage: (lines) => lines.delta('yes', '1.0000', '1.00'), clause: 'not between 0 and 1' },
    { code: 'lost-change', damage: (lines) => lines.delta('yes', '0.4000', '1.005') },
    { code: 'lost-change', damage: (lines) => lines.raw('{"recv_ms":1') },
    { code: 'sequence-went-back', damage: (lines) => lines.skip(-2).delta('yes', '0.4000', '1.00') },
    {
      code: 'sequence-gap',
      damage: (lines) => lines.skip(1).delta('yes', '0.4000', '1.00'),
      options: { wholeSubscriptions: true }
    }
  ];

  it.each(damaged)('$code', ({ code, damage, options, clause = '' }) => {
    const hurt = read(damage(opening()).trade('yes', '0.4500', '1.00').delta('yes', '0.4000', '1.00'), options);
    const { bids, asks, state } = bookOf(hurt.markets[0]!);
    expect([bids, asks]).toEqual([[], []]);
    expect(state.status).not.toBe(MarketStatus.open);
    expect(codes(hurt)).toMatchObject({ [code]: 1 });
    expect(hurt.reader.oddities.find((oddity) => oddity.code === code)?.example).toMatch(/k\.ndjson line [234]: /);
    expect(hurt.reader.oddities.find((oddity) => oddity.code === code)?.example).toContain(clause);
    expect(hurt.markets[0]!.record({ dataset: '', fingerprint: '' }).reason).toMatch('cannot be trusted');

    const healed = read(
      damage(opening())
        .snapshot([['0.4000', '2.00']], [])
        .delta('yes', '0.4000', '1.00'),
      options
    );
    expect(bookOf(healed.markets[0]!).bids).toEqual([[0.4, 3]]);
  });

  it('before its first image too', () => {
    const found = read(new Lines().delta('yes', '0.4000', '1.00').snapshot([['0.4000', '2.00']], []));
    expect(codes(found)).toEqual({ 'delta-without-book': 1 });
    expect(bookOf(found.markets[0]!).bids).toEqual([[0.4, 2]]);
  });
});

describe('a line', () => {
  it('that is cut off at the end, or a trade that cannot be, is told and harms no book', () => {
    const cut = read(opening().text + '{"recv_ms":18');
    expect(codes(cut)).toEqual({ 'last-line-cut': 1 });
    const trade = read(
      opening()
        .trade('yes', '0.4500', '-1.00')
        .trade('yes', '0.4500', '1.00', { no_price_dollars: '0.5600' })
        .trade('neither', '0.4500', '1.00')
    );
    expect(codes(trade)).toEqual({ 'unreadable-line': 3, 'line-lost': 3 });
    for (const one of [cut, trade]) expect(bookOf(one.markets[0]!).bids).toHaveLength(2);
  });

  it('that comes twice counts once', () => {
    const lines = opening().delta('yes', '0.4100', '1.00');
    const twice = read(lines.raw(lines.lines.at(-1)!));
    expect(codes(twice)).toEqual({ 'repeated-message': 1 });
    expect(bookOf(twice.markets[0]!).bids).toContainEqual([0.41, 1]);
    expect(twice.markets[0]!.texts().text).toHaveLength(twice.markets[0]!.counts.messages);
  });

  it('of another channel is left out', () => {
    const { reader, markets } = read(opening().add('ticker', 3, { market_ticker: 'K-1' }));
    expect(codes({ reader })).toEqual({});
    expect(markets[0]!.counts.messages).toBe(1);
  });

  it('received earlier than the one before is kept at the later time, and told', () => {
    const early = opening().raw(
      JSON.stringify({
        recv_ms: T - 50,
        event: {
          type: 'orderbook_delta',
          sid: 1,
          seq: 2,
          msg: { market_ticker: 'K-1', price_dollars: '0.4', delta_fp: '1', side: 'yes', ts_ms: T - 60 }
        }
      })
    );
    const found = read(early);
    expect(codes(found)).toEqual({ 'time-went-back': 1 });
    const tape = found.markets[0]!.finish({ fingerprint: '', shared: false });
    expect([...tape.received].every((time, row) => row === 0 || time >= tape.received[row - 1]!)).toBe(true);
  });
});

describe('a file', () => {
  it('that is no such recording is refused', () => {
    expect(() => read('{"op":"mcm"}\n')).toThrow('recorded Kalshi stream');
    expect(() => read('hello\n')).toThrow('no JSON');
    expect(() => read('')).toThrow('at least one market');
    expect(() => read(new Lines().add('ticker', 1, {}))).toThrow('at least one market');
  });

  it.each(['plain', 'gzip'] as const)('is known to an import by its bytes, %s', async (container) => {
    const text = opening().delta('yes', '0.4100', '3.25').trade('yes', '0.4500', '2.00').text;
    const bytes = container === 'gzip' ? gzipSync(text) : encoder.encode(text);
    const found: ReadMarket[] = [];
    const recording = await readRecording(new File([new Uint8Array(bytes)], 'any.name'), {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      onMarket: (market) => {
        found.push(market);
        return Promise.resolve();
      }
    });
    expect(recording).toMatchObject({ container, messages: 3, markets: 1 });
    const [market] = found as [ReadMarket];
    expect(market.tape.market.rules.settlement).toEqual({ kind: 'yesNo', payout: 1 });
    expect(market.record).toMatchObject({ id: 'K-1', venue: 'kalshi', trades: 1, matched: 2, status: 'open' });
    expect(market.bronze.text.join('\n')).toBe(text.trimEnd());
    expect(rulesFrom(market.tape.market.rules.spec).ladder.id).toBe(market.tape.market.rules.ladder.id);
  });

  it('is known by its beginning', () => {
    expect(recognise(new TextEncoder().encode(opening().text), true)).toMatchObject([{ kind: 'kalshi' }]);
  });
});
