import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Ticks } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import { MarketStatus, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { LINE_LOST } from '../oddities.ts';
import { ExchangeStreamReader } from './exchange-stream.ts';
import type { ExchangeStreamOptions } from './exchange-stream.ts';
import type { ParsedMarket } from './parsed-market.ts';

const START = 1_700_000_000_000;
const OFF = new Date(START + 600_000).toISOString();
const encoder = new TextEncoder();

interface RunnerText {
  readonly id: number;
  readonly hc?: number;
  readonly status?: string;
  readonly name?: string;
  readonly adjustmentFactor?: number;
  readonly bsp?: number | string;
}

function definition(
  options: { status?: string; inPlay?: boolean; runners?: readonly RunnerText[]; more?: object } = {}
): object {
  const runners = options.runners ?? [{ id: 11 }, { id: 22 }];
  return {
    status: options.status ?? 'OPEN',
    inPlay: options.inPlay ?? false,
    betDelay: options.inPlay === true ? 5 : 0,
    marketType: 'WIN',
    bettingType: 'ODDS',
    marketTime: OFF,
    numberOfWinners: 1,
    marketBaseRate: 7,
    countryCode: 'AU',
    name: 'R1',
    eventName: 'Somewhere',
    version: 1,
    ...options.more,
    runners: runners.map((runner, index) => ({ status: 'ACTIVE', sortPriority: index + 1, ...runner }))
  };
}

interface Entry {
  readonly id?: string;
  readonly img?: boolean;
  readonly marketDefinition?: object;
  readonly rc?: readonly object[];
}

const line = (pt: number, ...entries: readonly Entry[]): string =>
  JSON.stringify({ op: 'mcm', clk: String(pt), pt: START + pt, mc: entries.map((entry) => ({ id: '1.5', ...entry })) });

const first = (rc: readonly object[] = []): string => line(0, { marketDefinition: definition(), rc });

interface Read {
  readonly reader: ExchangeStreamReader;
  readonly markets: readonly ParsedMarket[];
}

function read(lines: readonly string[] | string, options: Partial<ExchangeStreamOptions> = {}, piece = 1 << 20): Read {
  const reader = new ExchangeStreamReader({ source: 'test', ...options });
  const bytes = encoder.encode(typeof lines === 'string' ? lines : `${lines.join('\n')}\n`);
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return { reader, markets: reader.end() };
}

const tapeOf = (market: ParsedMarket | undefined): Tape => market!.finish({ fingerprint: 'f', shared: false });

function replay(tape: Tape): MarketState {
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  return state;
}

function stateOf(lines: readonly string[] | string): MarketState {
  return replay(tapeOf(read(lines).markets[0]));
}

/** `price:lots` from the lowest tick. */
function levels(state: MarketState, slot: number, side: 'bids' | 'asks' | 'traded'): string {
  const depth = state.books[slot]![side];
  const found: string[] = [];
  for (let tick = depth.lowest; tick !== NO_TICK; tick = depth.above(tick)) {
    found.push(`${String(state.books[slot]!.ladder.priceOf(tick as Ticks))}:${String(depth.at(tick))}`);
  }
  return found.join(' ');
}

const codes = ({ reader }: Read): string[] => reader.oddities.map((oddity) => oddity.code);

function failure(run: () => unknown): AppError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('expected an AppError');
}

describe('an Exchange Stream', () => {
  test('becomes books: sizes are absolute, 0 removes, atb are bids and atl are asks', () => {
    const state = stateOf([
      first([
        {
          id: 11,
          atb: [
            [2, 10.5],
            [1.99, 3]
          ],
          atl: [[2.04, 7]]
        }
      ]),
      line(10, {
        rc: [
          {
            id: 11,
            atb: [
              [2, 0],
              [1.98, 4]
            ]
          }
        ]
      }),
      line(20, { rc: [{ id: 22, atl: [[5, 0.01]] }] })
    ]);
    expect(levels(state, 0, 'bids')).toBe('1.98:400 1.99:300');
    expect(levels(state, 0, 'asks')).toBe('2.04:700');
    expect(levels(state, 1, 'asks')).toBe('5:1');
    expect(state.status).toBe(MarketStatus.open);
  });

  test('a trade is what a traded level grows beyond the most it ever showed', () => {
    const { markets } = read([
      first([{ id: 11, trd: [[2, 10]], ltp: 2 }]),
      line(1, { rc: [{ id: 11, trd: [[2, 9.98]] }] }),
      line(2, { rc: [{ id: 11, trd: [[2, 9.99]] }] }),
      line(3, {
        rc: [
          {
            id: 11,
            trd: [
              [2, 12],
              [2.02, 4]
            ],
            ltp: 2.02
          }
        ]
      })
    ]);
    const tape = tapeOf(markets[0]);
    const trades: number[] = [];
    for (let row = 0; row < tape.rows; row++) if (tape.kind[row] === RowKind.trade) trades.push(tape.lots[row]!);
    expect(trades).toEqual([1_000, 200, 400]);
    expect(markets[0]!.counts).toMatchObject({ trades: 3, matchedLots: 1_600 });
    expect(levels(replay(tape), 0, 'traded')).toBe('2:1200 2.02:400');
    expect(replay(tape).books[0]!.lastTradedPrice).toBe(2.02);
  });

  test('what shows at a level that the venue took to nothing is new, though it is not its largest', () => {
    const { markets } = read([
      first([{ id: 11, trd: [[2, 10]] }]),
      line(1, { rc: [{ id: 11, trd: [[2, 0]] }] }),
      line(2, { rc: [{ id: 11, trd: [[2, 4]] }] }),
      line(3, { rc: [{ id: 11, trd: [[2, 3.98]] }] }),
      line(4, { rc: [{ id: 11, trd: [[2, 3.99]] }] }),
      line(5, { rc: [{ id: 11, trd: [[2, 13]] }] })
    ]);
    const tape = tapeOf(markets[0]);
    const rows = Array.from(tape.kind, (kind, row) => [kind, tape.lots[row]!] as const);
    const sizes = (kind: RowKind): number[] => rows.flatMap(([one, size]) => (one === kind ? [size] : []));
    expect(sizes(RowKind.trade)).toEqual([1_000, 300]);
    expect(sizes(RowKind.freshTrade)).toEqual([400, 600]);
    expect(markets[0]!.counts).toMatchObject({ trades: 2, matchedLots: 1_300 });
    expect(levels(replay(tape), 0, 'traded')).toBe('2:1300');
  });

  test('an image in mid-file replaces the book and restates what was traded without new trades', () => {
    const { reader, markets } = read([
      first([
        {
          id: 11,
          atb: [[2, 10]],
          trd: [
            [2, 10],
            [3, 5]
          ],
          ltp: 3
        }
      ]),
      line(5, { img: true, marketDefinition: definition(), rc: [{ id: 11, atb: [[1.5, 1]], trd: [[2, 10.5]] }] })
    ]);
    const state = replay(tapeOf(markets[0]));
    expect([levels(state, 0, 'bids'), levels(state, 0, 'traded')]).toEqual(['1.5:100', '2:1050']);
    expect(state.books[0]!.lastTradedPrice).toBeNaN();
    expect(markets[0]!.counts).toMatchObject({ trades: 3, images: 1 });
    expect(reader.oddities.map((oddity) => [oddity.code, oddity.severity])).toEqual([['mid-file-image', 'note']]);
  });

  test('an empty trd list empties the traded ladder', () => {
    const state = stateOf([first([{ id: 11, trd: [[2, 10]] }]), line(1, { rc: [{ id: 11, trd: [] }] })]);
    expect(levels(state, 0, 'traded')).toBe('');
  });

  test('a starting price stands once it is reconciled, a factor of a runner that runs as soon as it is said', () => {
    const shown = (reconciled: boolean): object =>
      definition({
        more: { bspReconciled: reconciled },
        runners: [{ id: 11, bsp: 4.2, adjustmentFactor: 12.34 }, { id: 22 }]
      });
    const before = stateOf([first(), line(10, { marketDefinition: shown(false) })]);
    expect([before.startingPrice[0], before.adjustmentPercent[0]]).toEqual([Number.NaN, 12.34]);
    const after = stateOf([
      first(),
      line(10, { marketDefinition: shown(false) }),
      line(20, { marketDefinition: shown(true) })
    ]);
    expect([after.startingPrice[0], after.activeRunners]).toEqual([4.2, 2]);
  });

  test('removal, turning in play, starting prices and outcomes become rows', () => {
    const removed = [{ id: 11, name: 'One' }, { id: 22, status: 'REMOVED', adjustmentFactor: 12.5 }, { id: 33 }];
    const closed = [
      { id: 11, status: 'WINNER', bsp: 3.4567 },
      { id: 22, status: 'REMOVED', bsp: 'NaN' },
      { id: 33, status: 'LOSER', bsp: 'Infinity' }
    ];
    const { markets } = read([
      line(0, { marketDefinition: definition({ runners: [{ id: 11 }, { id: 22 }, { id: 33 }] }) }),
      line(10, { marketDefinition: definition({ status: 'SUSPENDED', runners: removed }) }),
      line(20, { marketDefinition: definition({ inPlay: true, runners: removed }) }),
      line(30, { marketDefinition: definition({ status: 'CLOSED', inPlay: true, runners: closed }) })
    ]);
    const tape = tapeOf(markets[0]);
    const state = replay(tape);
    expect([state.status, state.inPlay, state.betDelaySeconds]).toEqual([MarketStatus.closed, true, 5]);
    expect([state.reductionPercent[1], state.activeRunners]).toEqual([12.5, 2]);
    expect([...state.outcome]).toEqual([Outcome.winner, Outcome.removed, Outcome.loser]);
    expect([...state.startingPrice]).toEqual([3.4567, Number.NaN, Number.NaN]);
    expect(state.scheduledMillis).toBe(START + 600_000);
    const record = markets[0]!.record({ dataset: 'd', fingerprint: 'f' });
    expect(record).toMatchObject({ winners: ['11'], status: 'closed', inPlayMillis: START + 20, definitions: 4 });
    expect(tape.market.runners.map((runner) => runner.name)).toEqual(['One', '22', '33']);
  });

  test('runners are told apart by handicap', () => {
    const runners = [
      { id: 11, hc: -1.5 },
      { id: 11, hc: 1.5 }
    ];
    const more = { priceLadderDefinition: { type: 'FINEST' } };
    const state = stateOf([
      line(0, { marketDefinition: definition({ runners, more }), rc: [{ id: 11, hc: 1.5, atb: [[12.49, 2.92]] }] }),
      line(1, { rc: [{ atb: [[12.48, 1]], id: 11, hc: -1.5 }] })
    ]);
    expect([levels(state, 0, 'bids'), levels(state, 1, 'bids')]).toEqual(['12.48:100', '12.49:292']);
  });

  test('several markets in a message are kept apart, and texts hold each its own part', () => {
    const { markets } = read([
      line(
        0,
        { marketDefinition: definition() },
        { id: '1.6', marketDefinition: definition(), rc: [{ id: 22, atb: [[3, 1]] }] }
      ),
      line(1, { id: '1.6', rc: [{ id: 22, atb: [[3, 2]] }] }, { rc: [{ id: 11, atb: [[4, 1]] }] })
    ]);
    expect(markets.map((market) => [market.id, market.counts.messages])).toEqual([
      ['1.5', 2],
      ['1.6', 2]
    ]);
    const texts = markets[1]!.texts();
    expect([...texts.published]).toEqual([START, START + 1]);
    expect(texts.text[1]).toBe(line(1, { id: '1.6', rc: [{ id: 22, atb: [[3, 2]] }] }));
    expect(texts.text.every((text) => (JSON.parse(text) as { mc: unknown[] }).mc.length === 1)).toBe(true);
  });

  test('closed markets can be taken early; what follows for them is counted, not lost in silence', () => {
    const reader = new ExchangeStreamReader({ source: 'test' });
    reader.push(encoder.encode(`${line(0, { marketDefinition: definition({ status: 'CLOSED' }) })}\n`));
    expect(reader.takeClosed().map((market) => market.id)).toEqual(['1.5']);
    reader.push(encoder.encode(`${line(1, { rc: [] })}\n`));
    expect(reader.end()).toEqual([]);
    expect(reader.oddities).toMatchObject([{ code: 'after-close', count: 1, severity: 'warning' }]);
  });

  test('best prices by position stand in where there is no depth', () => {
    const state = stateOf([
      first([
        {
          id: 11,
          batb: [
            [0, 2, 10],
            [1, 1.99, 5]
          ],
          batl: [[0, 2.02, 1]]
        }
      ]),
      line(1, {
        rc: [
          {
            id: 11,
            batb: [
              [0, 2.02, 3],
              [1, 2, 10],
              [2, 1.99, 5]
            ],
            batl: [[0, 0, 0]]
          }
        ]
      })
    ]);
    expect([levels(state, 0, 'bids'), levels(state, 0, 'asks')]).toEqual(['1.99:500 2:1000 2.02:300', '']);
  });

  test('full depth takes over from best prices and leaves nothing of them', () => {
    const lines = [
      first([{ id: 11, bdatb: [[0, 2, 10]] }]),
      line(1, { rc: [{ id: 11, atb: [[1.5, 1]], bdatb: [[0, 2, 11]] }] })
    ];
    expect(levels(stateOf(lines), 0, 'bids')).toBe('1.5:100');
  });

  test('is read the same in pieces of any size, with blank lines, and without a last line end', () => {
    const lines = [first([{ id: 11, atb: [[2, 10]] }]), '', line(1, { rc: [{ id: 11, atb: [[2, 11]] }] })];
    const whole = tapeOf(read(lines).markets[0]);
    for (const piece of [1, 7, 64]) expect(tapeOf(read(lines, {}, piece).markets[0])).toEqual(whole);
    const ended = read(lines.join('\r\n'));
    expect(tapeOf(ended.markets[0])).toEqual(whole);
    expect(codes(ended)).toEqual([]);
  });

  test('heartbeats, connection and status messages are no market messages', () => {
    const { reader, markets } = read([
      '{"op":"connection","connectionId":"1"}',
      first(),
      '{"op":"mcm","id":1,"clk":"AA","pt":1,"ct":"HEARTBEAT"}',
      '{"op":"status","statusCode":"SUCCESS"}',
      '{"op":"ocm","pt":1}'
    ]);
    expect([reader.messages, reader.heartbeats, markets[0]!.counts.messages]).toEqual([1, 1, 1]);
    expect(reader.oddities.map((oddity) => oddity.code)).toEqual(['status-message', 'other-operation']);
  });
});

describe('bad input', () => {
  test('that is no stream at all is refused at once', () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a);
    const refusals: (Uint8Array | string)[] = [
      png,
      'time,price\n1,2\n',
      '<html></html>',
      '[1,2]\n',
      '{"a":1}\n',
      '{\n  "op": "mcm"\n}\n'
    ];
    for (const input of refusals) {
      const reader = new ExchangeStreamReader({ source: 'x' });
      const error = failure(() => {
        reader.push(typeof input === 'string' ? encoder.encode(input) : input);
        reader.end();
      });
      expect([error.code, error.subject]).toEqual(['data.kind', 'x']);
      expect(error.message).toContain('Exchange Stream');
    }
  });

  test('that holds no market message is told empty', () => {
    expect(failure(() => read('')).code).toBe('data.empty');
    expect(failure(() => read(['{"op":"connection"}'])).code).toBe('data.empty');
  });

  test('a line that is not JSON is counted, and books after it are not trusted until an image', () => {
    const torn = [first(), '{"op":"mcm","clk":"1","pt":17', line(2, { rc: [{ id: 11, atb: [[2, 1]] }] })];
    const result = read(torn);
    expect(result.reader.fileOddities).toMatchObject([{ code: 'unreadable-line', severity: 'error', count: 1 }]);
    expect(result.reader.fileOddities[0]!.example).toContain('test line 2');
    const record = result.markets[0]!.record({ dataset: 'd', fingerprint: 'f' });
    expect([record.trainable, record.reason]).toEqual([false, expect.stringContaining('line 2')]);
    const healed = read([...torn.slice(0, 2), line(2, { img: true, marketDefinition: definition() })]);
    expect(healed.markets[0]!.record({ dataset: 'd', fingerprint: 'f' }).reason).not.toContain('trusted');
  });

  test('a cut-off last line is told and leaves the rest as it is', () => {
    const result = read(`${first([{ id: 11, atb: [[2, 1]] }])}\n{"op":"mcm","clk":"5","pt":170000`);
    expect(codes(result)).toEqual(['last-line-cut']);
    expect(result.markets[0]!.counts.messages).toBe(1);
  });

  test('prices off the ladder, sizes that are none, unknown runners: each counted, none in the book', () => {
    const result = read([
      first(),
      line(1, { rc: [{ id: 11, atb: [[2.015, 5]], atl: [[3, -1]] }] }),
      line(2, { rc: [{ id: 99, atb: [[2, 5]] }] }),
      line(3, { rc: [{ id: 11, atb: [[2, 5.005]] }] })
    ]);
    const found = Object.fromEntries(result.reader.oddities.map((oddity) => [oddity.code, oddity]));
    expect(Object.keys(found).sort()).toEqual([
      'negative-size',
      'off-ladder-price',
      'size-finer-than-a-lot',
      'unknown-runner'
    ]);
    expect(found['off-ladder-price']!.example).toBe(
      'test line 2: market 1.5: price 2.015 is not on the ladder betfair-classic'
    );
    const state = replay(tapeOf(result.markets[0]));
    expect([levels(state, 0, 'asks'), levels(state, 2, 'bids')]).toEqual(['', '2:500']);
    expect(result.markets[0]!.record({ dataset: 'd', fingerprint: 'f' }).reason).toContain('trusted');
  });

  test('time and clock that go back are told; rows never do', () => {
    const result = read([first(), line(50, { rc: [] }), line(20, { rc: [{ id: 11, atb: [[2, 1]] }] })]);
    expect(codes(result).sort()).toEqual(['clock-went-back', 'time-went-back']);
    const tape = tapeOf(result.markets[0]);
    expect(tape.exchange.at(-1)).toBe(50e6);
  });

  test('a traded price off the ladder is kept exactly', () => {
    const result = read([first([{ id: 11, trd: [[2.27, 5.41]], ltp: 2.27 }])]);
    const [book] = replay(tapeOf(result.markets[0])).books;
    expect([book!.offLadder, book!.lastTradedPrice]).toEqual([[{ price: 2.27, lots: 541 }], 2.27]);
    expect(result.reader.oddities).toMatchObject([{ code: 'off-ladder-trade', severity: 'note', count: 2 }]);
  });
});

describe('the byte scanner', () => {
  const price = fc.constantFrom(1.01, 1.5, 2, 2.02, 3.05, 10, 55, 1000);
  const size = fc.oneof(
    fc.constant(0),
    fc.nat(50_000_000).map((cents) => cents / 100),
    fc.constant(1.2345678901234567e5)
  );
  const pairs = fc.array(fc.tuple(price, size), { maxLength: 4 });
  const triples = fc.array(fc.tuple(fc.nat(9), price, size), { maxLength: 3 });
  const runner = fc.record(
    {
      id: fc.constantFrom(11, 22, 2_147_483_653),
      hc: fc.constantFrom(0, -1.25, 2),
      atb: pairs,
      atl: pairs,
      trd: pairs,
      ltp: price,
      tv: size,
      spn: fc.constantFrom('NaN', 'Infinity', 2.5, 1e21),
      bdatb: triples,
      batl: triples,
      name: fc.string()
    },
    { requiredKeys: ['id'] }
  );
  const entry = fc.record(
    {
      rc: fc.array(runner, { maxLength: 4 }),
      img: fc.boolean(),
      con: fc.boolean(),
      id: fc.constantFrom('1.5', '1.6'),
      tv: size,
      marketDefinition: fc.constant(definition({ runners: [{ id: 11, name: 'A "quoted" } name' }, { id: 22 }] }))
    },
    { requiredKeys: ['id'] }
  );
  const message = fc.record({
    mc: fc.array(entry, { minLength: 1, maxLength: 3 }),
    gap: fc.nat(1_000),
    indent: fc.nat(2)
  });

  test('reads every message as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (list) => {
        let pt = START;
        const lines = list.map(({ mc, gap, indent }) => {
          pt += gap;
          const text = JSON.stringify({ op: 'mcm', clk: 'AL+b', pt, mc }, undefined, indent);
          return text.replaceAll('\n', ' ');
        });
        const scanned = read(lines);
        const parsed = read(lines, { scan: false });
        expect(scanned.reader.oddities).toEqual(parsed.reader.oddities);
        expect(scanned.markets.map(tapeOf)).toEqual(parsed.markets.map(tapeOf));
        const definitions = (result: Read): unknown =>
          result.markets.map((market) =>
            market.definitions.map((one) => [one.message, one.line, JSON.parse(one.json) as unknown])
          );
        expect(definitions(scanned)).toEqual(definitions(parsed));
        expect(scanned.markets.map((market) => market.texts().text.map((text) => JSON.parse(text) as unknown))).toEqual(
          scanned.markets.map((market) =>
            lines
              .map((text) => JSON.parse(text) as { mc: { id: string }[] })
              .flatMap((whole) =>
                whole.mc.filter((one) => one.id === market.id).map((one) => ({ ...whole, mc: [one] }))
              )
          )
        );
      })
    );
  });

  test('reads no line that JSON.parse refuses: whatever is cut off or put in', () => {
    const good = line(1, { rc: [{ id: 11, atb: [[2, 5.25]], trd: [], ltp: 2 }], img: false });
    for (let cut = 1; cut < good.length; cut++) {
      const result = read([first(), good.slice(0, cut), line(3, { rc: [] })]);
      expect(codes(result), good.slice(0, cut)).toEqual(['unreadable-line', LINE_LOST]);
    }
  });
});
