/**
 * Every feature once more, plainly: from the whole history of the market at each moment, by the formulas that its file
 * gives, with nothing kept from one moment to the next.
 */
import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import type { Nanos, Ticks } from '../../core/units.ts';
import { millis, seed } from '../../core/units.ts';
import { miniBuilder, miniMarket } from '../../../../tests/support/mini-tape.ts';
import { MarketState } from '../market-state.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind, messageCount } from '../tape.ts';
import type { Tape } from '../tape.ts';
import { FeatureTracker } from './feature-tracker.ts';

const SLOTS = 3;
const market = miniMarket({ runners: SLOTS, scheduledSeconds: 900 });
const { ladder, lotSize } = market.rules;

function randomTape(messages: number): Tape {
  const random = new Random(seed(11));
  const builder = miniBuilder();
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  builder.row(RowKind.scheduledStart, NO_SLOT, NO_TICK, market.scheduledMillis);
  let time = 0;
  for (let message = 0; message < messages; message++) {
    // Longer than the moments after a message that are asked for: a clock does not go back.
    time += 2_001 + random.below(4_000);
    builder.message(millis(time));
    for (let rows = 1 + random.below(5); rows > 0; rows--) {
      const slot = random.below(SLOTS);
      const middle = 70 + 40 * slot + Math.round(4 * Math.sin(message / 20));
      const kind = random.below(5);
      if (kind < 2) builder.row(RowKind.bid, slot, middle - random.below(14), random.below(4) * random.below(90_000));
      else if (kind < 4) {
        builder.row(RowKind.ask, slot, middle + 1 + random.below(14), random.below(4) * random.below(90_000));
      } else {
        const tick = middle - 4 + random.below(9);
        builder.row(RowKind.trade, slot, tick, 1 + random.below(50_000));
        builder.row(RowKind.lastTraded, slot, tick, 0);
      }
    }
  }
  return builder.build(market, { shared: false });
}

/** [tick, lots], best first. */
type Levels = readonly (readonly [tick: number, lots: number])[];
interface Quote {
  readonly bids: Levels;
  readonly asks: Levels;
}
interface Trade {
  readonly time: number;
  readonly tick: number;
  readonly lots: number;
  readonly sign: number;
}
/** What there is to know of a runner: its quotes after each message, its trades. Times in seconds. */
interface History {
  readonly quotes: { readonly time: number; readonly quote: Quote }[];
  readonly trades: Trade[];
}

const EMPTY: Quote = { bids: [], asks: [] };
const sum = <T>(of: readonly T[], value: (one: T) => number): number => of.reduce((all, one) => all + value(one), 0);
const price = (tick: number): number => ladder.priceOf(tick as Ticks);
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const lastOf = <T>(of: readonly T[]): T | undefined => of[of.length - 1];
const money = (lots: number): number => Math.log10(1 + lots * lotSize) / 6;

const logMid = ({ bids: [bid], asks: [ask] }: Quote): number =>
  bid === undefined || ask === undefined ? Number.NaN : Math.log(price(bid[0]) * price(ask[0])) / 2;

/** ln(mid) each time that it became another, NaN left out. */
function mids({ quotes }: History): { readonly time: number; readonly value: number }[] {
  const found: { time: number; value: number }[] = [];
  for (const { time, quote } of quotes) {
    const value = logMid(quote);
    if (!Number.isNaN(value) && lastOf(found)?.value !== value) found.push({ time, value });
  }
  return found;
}

/** The last value less its average, each weighted by how long it stood: the first as if it always had. */
function drift(path: readonly { readonly time: number; readonly value: number }[], now: number, tau: number): number {
  const last = lastOf(path);
  if (last === undefined) return 0;
  const weight = (time: number): number => Math.exp((time - now) / tau);
  const average = sum(
    path.map((one, i) => {
      const until = path[i + 1]?.time ?? now;
      return one.value * (weight(until) - (i === 0 ? 0 : weight(one.time)));
    }),
    (part) => part
  );
  return last.value - average;
}

function flows({ quotes }: History): { readonly time: number; readonly flow: number }[] {
  return quotes.slice(1).map(({ time, quote }, i) => {
    const former = quotes[i]!.quote;
    const side = (now: Levels, before: Levels, better: (a: number, b: number) => boolean): number => {
      const [a, b] = [now[0], before[0]];
      if (a === undefined || b === undefined) return 0;
      return (better(a[0], b[0]) ? a[1] : 0) - (better(b[0], a[0]) ? b[1] : 0);
    };
    const bid = side(quote.bids, former.bids, (a, b) => a >= b);
    const ask = side(quote.asks, former.asks, (a, b) => a <= b);
    return { time, flow: bid - ask };
  });
}

/** @param side whose queue it is; `hit` the sign of trades against it */
function queue({ quotes, trades }: History, side: 'bids' | 'asks', hit: number, now: number): number[] {
  const best = (at: number): readonly [number, number] | undefined => quotes[at]?.quote[side][0];
  const here = best(quotes.length - 1);
  if (here === undefined) return [0, 0, 0];
  let since = 0;
  let left = 0;
  for (let i = 0; i < quotes.length; i++) {
    const [is, was] = [best(i), best(i - 1)];
    const { time } = quotes[i]!;
    if (is?.[0] !== was?.[0]) since = time;
    const worse = was !== undefined && (is === undefined || (side === 'bids' ? is[0] < was[0] : is[0] > was[0]));
    const gone = worse ? was[1] : is !== undefined && is[0] === was?.[0] ? Math.max(0, was[1] - is[1]) : 0;
    left += gone * Math.exp((time - now) / 60);
  }
  const hits = sum(
    trades.filter(({ sign }) => sign === hit),
    ({ lots, time }) => lots * Math.exp((time - now) / 60)
  );
  return [
    Math.log1p(now - since) / 6,
    hits < 0.01 ? 1 : clamp(Math.log1p((here[1] * 60) / hits) / 8, 0, 1),
    left < 0.01 ? 0 : clamp(hits / left, 0, 1)
  ];
}

/** By name, of one runner. */
function plainly(all: readonly History[], slot: number, now: number): Record<string, number> {
  const history = all[slot]!;
  const { trades } = history;
  const { bids, asks } = lastOf(history.quotes)?.quote ?? EMPTY;
  const [bid, ask] = [bids[0], asks[0]];
  const both = bid !== undefined && ask !== undefined;
  const decayed = (tau: number, value: (trade: Trade) => number): number =>
    sum(trades, (trade) => value(trade) * Math.exp((trade.time - now) / tau));
  const logOf = ({ quotes, trades: traded }: History): number => {
    const mid = logMid(lastOf(quotes)?.quote ?? EMPTY);
    const last = lastOf(traded);
    return Number.isNaN(mid) && last !== undefined ? Math.log(price(last.tick)) : mid;
  };
  const log = logOf(history);
  const logs = all.map(logOf);
  const known = logs.filter((one) => !Number.isNaN(one));
  const isKnown = !Number.isNaN(log);
  const p = Math.exp(-log);
  const kept = clamp(p, 1e-3, 1 - 1e-3);
  const out: Record<string, number> = {
    runner_active: 1,
    has_best_back: bid === undefined ? 0 : 1,
    has_best_lay: ask === undefined ? 0 : 1,
    implied_probability: isKnown ? p : 0,
    log_odds: isKnown ? Math.log(kept / (1 - kept)) / 4 : 0,
    log_price: isKnown ? log / Math.log(1000) : 0,
    favourite_rank: isKnown
      ? logs.filter((one, i) => one < log || (one === log && i < slot)).length / Math.max(1, known.length - 1)
      : 0,
    probability_share: isKnown ? p / sum(known, (one) => Math.exp(-one)) : 0,
    spread_ticks: both ? Math.log(Math.max(1, ask[0] - bid[0])) / 5 : 0,
    microprice_less_mid: both
      ? Math.asinh((bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1]) - (bid[0] + ask[0]) / 2)
      : 0,
    traded_total: money(sum(trades, ({ lots }) => lots)),
    since_trade: trades.length === 0 ? 1.5 : Math.log1p(now - lastOf(trades)!.time) / 6,
    last_traded_less_mid: both && trades.length > 0 ? Math.asinh(lastOf(trades)!.tick - (bid[0] + ask[0]) / 2) : 0
  };
  for (const n of [1, 3, 5, 10]) {
    const [b, a] = [bids, asks].map((levels) => sum(levels.slice(0, n), ([, lots]) => lots)) as [number, number];
    out[`imbalance_${String(n)}`] = a + b > 0 ? (b - a) / (b + a) : 0;
    out[`back_depth_${String(n)}`] = money(b);
    out[`lay_depth_${String(n)}`] = money(a);
  }
  for (const tau of [5, 30, 120]) {
    const weighted = flows(history).map(({ time, flow }) => flow * Math.exp((time - now) / tau));
    const gross = sum(weighted, Math.abs);
    out[`order_flow_${String(tau)}s`] = gross < 0.01 ? 0 : sum(weighted, (one) => one) / gross;
  }
  for (const tau of [10, 60]) {
    const volume = decayed(tau, ({ lots }) => lots);
    out[`traded_rate_${String(tau)}s`] = Math.log10(1 + (volume * lotSize) / tau) / 3;
    out[`trade_balance_${String(tau)}s`] = volume < 0.01 ? 0 : decayed(tau, ({ lots, sign }) => lots * sign) / volume;
  }
  const path = mids(history);
  const changes = path.slice(1).map(({ time, value }, i) => ({ time, r: value - path[i]!.value }));
  for (const tau of [10, 60, 300]) out[`momentum_${String(tau)}s`] = Math.asinh(25 * drift(path, now, tau));
  for (const tau of [60, 300]) {
    const power = (k: number): number => sum(changes, ({ time, r }) => r ** k * Math.exp((time - now) / tau));
    const count = power(0);
    out[`volatility_${String(tau)}s`] = Math.asinh(25 * Math.sqrt((power(2) / tau) * 60));
    out[`skewness_${String(tau)}s`] = count < 2 ? 0 : Math.asinh((Math.sqrt(count) * power(3)) / power(2) ** 1.5);
    out[`kurtosis_${String(tau)}s`] = count < 2 ? 0 : Math.asinh((count * power(4)) / power(2) ** 2 - 3);
    const traded = trades.map(({ time, tick }) => ({ time, value: Math.log(price(tick)) }));
    out[`last_traded_drift_${String(tau)}s`] = Math.asinh(25 * drift(traded, now, tau));
  }
  const mid = both ? (bid[0] + ask[0]) / 2 : 0;
  const five = [...bids.slice(0, 5), ...asks.slice(0, 5)];
  const weight = sum(five, ([, lots]) => lots);
  out['weighted_price_less_mid'] = both ? Math.asinh(sum(five, ([tick, lots]) => lots * (tick - mid)) / weight) : 0;
  const gaps = all.map(({ quotes }) => {
    const {
      bids: [b],
      asks: [a]
    } = lastOf(quotes)?.quote ?? EMPTY;
    return b === undefined || a === undefined || a[0] <= b[0] ? 0 : 1 / price(b[0]) - 1 / price(a[0]);
  });
  out['overround_share'] = gaps[slot] === 0 ? 0 : gaps[slot]! / sum(gaps, (gap) => gap);
  const told = both && trades.length > 0;
  const volume = sum(trades, ({ lots }) => lots);
  const share = (where: (tick: number) => boolean): number =>
    told
      ? sum(
          trades.filter(({ tick }) => where(tick)),
          ({ lots }) => lots
        ) / volume
      : 0;
  out['traded_mean_less_mid'] = told ? Math.asinh(sum(trades, ({ tick, lots }) => lots * (tick - mid)) / volume) : 0;
  out['traded_at_back'] = share((tick) => tick === bid?.[0]);
  out['traded_at_lay'] = share((tick) => tick === ask?.[0]);
  out['traded_near'] = share((tick) => Math.abs(tick - mid) <= 3);
  for (const [name, side, hit] of [
    ['back', 'bids', -1],
    ['lay', 'asks', 1]
  ] as const) {
    const [age, wait, filled] = queue(history, side, hit, now);
    Object.assign(out, { [`${name}_queue_age`]: age, [`${name}_queue_wait`]: wait, [`${name}_queue_filled`]: filled });
  }
  return out;
}

test('every feature of a runner is what its formula gives from the whole history', () => {
  const tape = randomTape(260);
  const state = new MarketState(market);
  const tracker = new FeatureTracker(market, 'all');
  const all: History[] = Array.from({ length: SLOTS }, () => ({ quotes: [], trades: [] }));
  const into = new Float32Array(tracker.names.length);
  const nonzero = new Set<string>();
  for (let message = 0; message < messageCount(tape); message++) {
    const end = tape.messageStart[message + 1]!;
    const time = tape.exchange[end - 1]! / 1e9;
    for (let row = tape.messageStart[message]!; row < end; row++) {
      state.apply(tape, row);
      tracker.onRow(tape, row, state);
      if (tape.kind[row] !== RowKind.trade) continue;
      const { quotes, trades } = all[tape.slot[row]!]!;
      const {
        bids: [bid],
        asks: [ask]
      } = lastOf(quotes)?.quote ?? EMPTY;
      const tick = tape.tick[row]!;
      const sign = ask !== undefined && tick >= ask[0] ? 1 : bid !== undefined && tick <= bid[0] ? -1 : 0;
      trades.push({ time, tick, lots: tape.lots[row]!, sign });
    }
    tracker.onMessageEnd(tape.exchange[end - 1]! as Nanos);
    for (const [slot, { bids, asks }] of state.books.entries()) {
      const levels = (depth: typeof bids): Levels =>
        Array.from({ length: ladder.size }, (_, tick) => [tick, depth.at(tick)] as const).filter(
          ([, lots]) => lots > 0
        );
      all[slot]!.quotes.push({ time, quote: { bids: levels(bids).toReversed(), asks: levels(asks) } });
    }
    if (message % 7 !== 0) continue;
    const now = time + (message % 3);
    tracker.onMessageEnd((now * 1e9) as Nanos);
    for (let slot = 0; slot < SLOTS; slot++) {
      const expected = plainly(all, slot, now);
      expect(Object.keys(expected).sort()).toEqual([...tracker.names].sort());
      tracker.write(state, slot, into, 0);
      for (const [i, name] of tracker.names.entries()) {
        const told = `${name} of runner ${String(slot)} after message ${String(message)}`;
        expect(Math.abs(into[i]! - expected[name]!), told).toBeLessThan(2e-5);
        if (expected[name] !== 0) nonzero.add(name);
      }
    }
  }
  expect([...nonzero].sort()).toEqual([...tracker.names].sort());
});
