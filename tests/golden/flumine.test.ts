/**
 * Strategies of `flumine.json` on every market it has: each order's matches with time, price and size, what was
 * cancelled, lapsed or voided, its status, average price and profit, to the penny, and the count of transactions. The
 * golden file says how its figures are defined; `flumine-strategies.ts` plays its strategies, and says in `AS_THE_GOLDEN`
 * where we hold another rule to be right and which option reproduces the golden's.
 */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Nanos } from '../../src/lib/core/units.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { Outcome, RowKind, epochMillis } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { OrderStatus } from '../../src/lib/env/matching/order.ts';
import { everyMessage } from '../support/every-message.ts';
import { STRATEGIES, playStrategy } from '../support/flumine-strategies.ts';
import type { GoldenFill, PlayOptions, Played } from '../support/flumine-strategies.ts';
import { fileAt, readStream } from '../support/read-stream.ts';
import { betfairStreams, goldens, orSkipped, readGolden, recordings } from '../support/recordings.ts';

interface GoldenStrategy {
  readonly orders: number;
  readonly ordersMatched: number;
  readonly sizeMatched: number;
  readonly profit: number;
  readonly fills: readonly GoldenFill[];
}
type GoldenStrategies = Readonly<Record<string, GoldenStrategy>>;
interface GoldenMarket {
  readonly transactions: number;
  readonly transactionsHtoO: number;
  readonly winners: readonly number[];
  readonly strategies: GoldenStrategies;
}
interface GoldenRemovals {
  readonly removals: readonly {
    readonly publishTime: number;
    readonly selectionId: number;
    readonly adjustmentFactor: number;
  }[];
  readonly runs: readonly { readonly anchorPublishTime: number; readonly strategies: GoldenStrategies }[];
}
interface Golden {
  readonly markets: Readonly<Record<string, GoldenMarket>>;
  readonly removals?: { readonly markets: Readonly<Record<string, GoldenRemovals>> };
  readonly place?: {
    readonly market: string;
    readonly numberOfWinners: number;
    readonly winners: readonly number[];
    readonly profitByRunner: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

const tapes = new Map<string, Promise<Tape>>();

function tapeOf(market: string): Promise<Tape> {
  let tape = tapes.get(market);
  if (tape === undefined) tapes.set(market, (tape = read(market)));
  return tape;
}

/** A market's key is its file's name without ending. */
const ENDINGS = ['.bz2', '.gz', '.zst', '.zip'];

async function read(market: string): Promise<Tape> {
  const names = [market, ...ENDINGS.map((ending) => market + ending)];
  const path = names.flatMap((name) => betfairStreams().filter((one) => basename(one) === name))[0];
  if (path === undefined)
    throw new Error(`flumine.json has market ${market}: expected its recording in ${recordings.path}`);
  const { markets } = await readStream(fileAt(path), { keepTexts: false });
  const parsed = markets[0]!;
  return everyMessage(parsed.finish({ fingerprint: '', shared: false }), parsed.publishMillis());
}

/** By runner; those of one runner as they were placed. */
const sorted = (fills: readonly GoldenFill[]): GoldenFill[] => [...fills].sort((a, b) => a.selectionId - b.selectionId);

/** What the golden gives of an order; the first strategies give less. -0 is 0, and sizes are to a millionth of a penny. */
function comparable(fill: GoldenFill, like: GoldenFill): Record<string, unknown> {
  const entries = Object.entries(fill).filter(([name]) => name in like);
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]));
}
const plain = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 1e8) / 1e8 + 0 : value);

/** A sum in whole pennies. */
const pennies = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value, 0) * 100) / 100 + 0;

function play(tape: Tape, name: string, options: PlayOptions = {}): Played {
  const strategy = STRATEGIES[name];
  if (strategy === undefined) throw new Error(`flumine.json has strategy ${name}: flumine-strategies.ts knows none`);
  return playStrategy(tape, strategy, options);
}

/** Plays every strategy that the golden has and compares; the number of transactions of each. */
function check(tape: Tape, strategies: GoldenStrategies, anchorMillis?: number): Map<string, Played> {
  const all = new Map<string, Played>();
  for (const [name, want] of Object.entries(strategies)) {
    const played = play(tape, name, anchorMillis === undefined ? {} : { anchorMillis });
    all.set(name, played);
    const expected = sorted(want.fills);
    const own = sorted(played.fills);
    expect(
      own.map((fill, i) => comparable(fill, expected[i] ?? fill)),
      `strategy ${name}`
    ).toEqual(expected.map((fill) => comparable(fill, fill)));
    expect(
      {
        orders: own.length,
        ordersMatched: own.filter((fill) => fill.sizeMatched > 0).length,
        sizeMatched: pennies(own.map((fill) => fill.sizeMatched)),
        profit: pennies(own.map((fill) => fill.profit))
      },
      `strategy ${name}`
    ).toEqual({
      orders: want.orders,
      ordersMatched: want.ordersMatched,
      sizeMatched: pennies([want.sizeMatched]),
      profit: pennies([want.profit])
    });
    settlesAs(played, name);
  }
  return all;
}

/**
 * The account pays in exact points and rounds once; the golden rounds the average price and the profit of every order to
 * a hundredth. Nothing else may lie between the two.
 */
function settlesAs(played: Played, strategy: string): void {
  const { gross, commission, net } = played.settle();
  const rounding = played.fills.reduce(
    (sum, { sizeMatched }) => sum + (sizeMatched > 0 ? 0.5 * sizeMatched + 0.5 : 0),
    0.5
  );
  const profit = 100 * played.fills.reduce((sum, fill) => sum + fill.profit, 0);
  expect(Math.abs(gross - profit), `settlement of strategy ${strategy}`).toBeLessThanOrEqual(rounding + 1e-6);
  expect([net + commission, commission > 0]).toEqual([gross, gross >= 10]);
}

function removalsOf(tape: Tape): GoldenRemovals['removals'] {
  const removals: GoldenRemovals['removals'][number][] = [];
  const gone = new Set<number>();
  for (let row = 0; row < tape.rows; row++) {
    const slot = tape.slot[row]!;
    if (tape.kind[row] !== RowKind.removal || gone.has(slot)) continue;
    gone.add(slot);
    removals.push({
      publishTime: epochMillis(tape, tape.exchange[row]! as Nanos),
      selectionId: Number(tape.market.runners[slot]!.id),
      adjustmentFactor: tape.lots[row]! / 100
    });
  }
  return removals;
}

function winnersOf(tape: Tape): number[] {
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  const won = tape.market.runners.filter(({ slot }) => {
    const outcome = state.outcome[slot]!;
    return outcome === Outcome.winner || outcome === Outcome.placed;
  });
  return won.map((runner) => Number(runner.id)).sort((a, b) => a - b);
}

/** The golden counts transactions over the strategies of one letter from one to another: over all of them, or not at all. */
function checkTransactions(all: ReadonlyMap<string, Played>, from: string, to: string, want: number): void {
  const counted = Object.keys(STRATEGIES).filter((name) => name.length === 1 && name >= from && name <= to);
  const sum = counted.reduce((total, name) => total + (all.get(name)?.transactions ?? 0), 0);
  if (counted.every((name) => all.has(name))) expect(sum, `transactions of ${from} to ${to}`).toBe(want);
  else expect(sum, `transactions of some of ${from} to ${to}`).toBeLessThanOrEqual(want);
}

const ready = goldens.present && recordings.present && betfairStreams().length > 0;

describe.skipIf(!ready)('flumine, to the penny', () => {
  const golden = ready ? (readGolden('flumine.json') as Golden) : undefined;
  const markets = ready ? orSkipped('markets of flumine.json', goldens.path, Object.keys(golden!.markets)) : [];
  it.skipIf(markets.length === 0)('the golden has markets, and all of them were recorded', async () => {
    for (const market of markets) expect((await tapeOf(market)).rows).toBeGreaterThan(0);
  });
  for (const [market, want] of Object.entries(golden?.markets ?? {})) {
    it(`market ${market}: strategies ${Object.keys(want.strategies).join(', ')}`, async () => {
      const tape = await tapeOf(market);
      expect(winnersOf(tape)).toEqual([...want.winners].sort((a, b) => a - b));
      const all = check(tape, want.strategies);
      expect(all.size, 'strategies in the golden').toBeGreaterThan(0);
      checkTransactions(all, 'A', 'G', want.transactions);
      checkTransactions(all, 'H', 'O', want.transactionsHtoO);
    });
  }
  for (const [market, { removals, runs }] of Object.entries(golden?.removals?.markets ?? {})) {
    for (const { anchorPublishTime, strategies } of runs) {
      it(`market ${market} from ${String(anchorPublishTime)}: removals under ${Object.keys(strategies).join(', ')}`, async () => {
        check(await tapeOf(market), strategies, anchorPublishTime);
      });
    }
    it(`market ${market}: who left when, by which factor`, async () => {
      expect(removalsOf(await tapeOf(market))).toEqual(removals);
    });
  }
  it.each(Object.keys(golden?.markets ?? {}))(
    'market %s by our own rules: the parts of every order add up',
    async (market) => {
      const tape = await tapeOf(market);
      for (const name of Object.keys(golden!.markets[market]!.strategies)) {
        const { orders } = play(tape, name, { rules: {} });
        for (const order of orders) {
          const parts = order.matched + order.cancelled + order.lapsed + order.voided;
          const whole = order.status === OrderStatus.complete ? parts === order.lots : parts <= order.lots;
          expect(whole && order.rest >= 0, `strategy ${name}, order ${String(order.id)}`).toBe(true);
        }
      }
    }
  );
  it.skipIf(golden?.place === undefined)('a market with several winners pays each in full, by runner', async () => {
    const { market, numberOfWinners, winners, profitByRunner } = golden!.place!;
    const tape = await tapeOf(market);
    const { settlement } = tape.market.rules;
    expect(settlement.kind === 'backLay' && settlement.winners).toBe(numberOfWinners);
    expect(winnersOf(tape)).toEqual([...winners].sort((a, b) => a - b));
    const played = new Map<string, Played>();
    for (const [runner, profits] of Object.entries(profitByRunner)) {
      for (const [name, profit] of Object.entries(profits)) {
        const all = played.get(name) ?? play(tape, name);
        played.set(name, all);
        const own = all.fills.filter((fill) => String(fill.selectionId) === runner);
        expect(pennies(own.map((fill) => fill.profit)), `runner ${runner}, strategy ${name}`).toBe(pennies([profit]));
      }
    }
  });
});
