/**
 * The strategies of `flumine.json` on our exchange, and their orders in the golden's own figures: see its `engine` and
 * `strategies` for what each number means. `AS_THE_GOLDEN` names the options that reproduce it where we differ.
 */
import { Random } from '../../src/lib/core/random.ts';
import { lots, seconds } from '../../src/lib/core/units.ts';
import type { Nanos, Seed, Ticks } from '../../src/lib/core/units.ts';
import type { MarketSettlement } from '../../src/lib/env/account/payout.ts';
import type { ExchangeOptions } from '../../src/lib/env/matching/exchange-options.ts';
import { SimulatedExchange } from '../../src/lib/env/matching/exchange.ts';
import { constantLatency } from '../../src/lib/env/matching/latency.ts';
import { OrderStatus, Side } from '../../src/lib/env/matching/order.ts';
import type { Fill, Order, OrderRequest } from '../../src/lib/env/matching/order.ts';
import { fullQueue } from '../../src/lib/env/matching/queue/full-queue.ts';
import { fullQueueBinary, roundHundredth } from '../../src/lib/env/matching/queue/full-queue-binary.ts';
import type { Book } from '../../src/lib/market/book.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { MarketStatus, NO_TICK, Outcome, epochMillis, messageCount } from '../../src/lib/market/tape.ts';

export interface Strategy {
  /** Seconds before the scheduled start from which it acts; undefined where the golden gives a moment instead. */
  readonly before?: number;
  /** Largest loss on a runner, currency; Infinity where the golden set it out of reach. */
  readonly selectionLimit: number;
  /** Its order on a runner, or undefined while the price it needs is not there. */
  readonly request: (
    book: Book
  ) => (Omit<OrderRequest, 'slot' | 'tick' | 'lots'> & { tick: number; lots: number }) | undefined;
  /** Its own rule for one of its orders, at every open book before the off. */
  readonly manage?: (order: Order, play: Play) => void;
  /** Asks, and is refused, where the price it needs is not there or the market is suspended. */
  readonly insistent?: boolean;
  /** Acts in play, whenever this holds of a runner, instead of once before the off. */
  readonly inPlay?: (book: Book) => boolean;
}

const back = (book: Book): number => book.bestBid;
const lay = (book: Book): number => book.bestAsk;
const there = (tick: number): boolean => tick !== NO_TICK;
const TOP = 349;

function limit(
  side: Side,
  stake: number,
  tick: (book: Book) => number,
  more: Partial<Pick<OrderRequest, 'persistence' | 'kind' | 'fillOrKillMinimum'>> = {}
): Strategy['request'] {
  return (book) => {
    const at = tick(book);
    return there(at) ? { side, tick: at, lots: stake, ...more } : undefined;
  };
}

const away = (from: number, steps: number): number =>
  there(from) ? Math.max(0, Math.min(TOP, from + steps)) : NO_TICK;

const early = { before: 100, selectionLimit: 105, insistent: true };
const late = { before: 100, selectionLimit: Infinity };
const anchored = { selectionLimit: Infinity };

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  A: { ...early, request: limit(Side.back, 200, back) },
  B: {
    ...early,
    request: limit(Side.back, 200, () => TOP),
    manage: (order, { exchange }) => {
      if (order.tick === TOP && order.status === OrderStatus.executable && !order.cancelling) {
        exchange.replace(order, 0 as Ticks);
      }
    }
  },
  C: {
    selectionLimit: 105,
    insistent: true,
    request: limit(Side.lay, 200, lay),
    inPlay: (book) => book.lastTradedPrice < 2,
    manage: (order, { exchange, acceptedAt }) => {
      const at = acceptedAt.get(order);
      if (at === undefined || order.status !== OrderStatus.executable || order.cancelling) return;
      if (exchange.now - at > seconds(2)) exchange.cancel(order);
    }
  },
  D: { ...early, request: limit(Side.back, 1000, back, { kind: 'limitOnClose' }) },
  E: { ...early, request: limit(Side.lay, 10_000, () => 0, { kind: 'marketOnClose' }) },
  F: { ...early, request: limit(Side.back, 200, lay) },
  G: { ...early, request: limit(Side.lay, 200, back) },
  H: {
    before: 600,
    selectionLimit: Infinity,
    request: limit(Side.back, 500, (book) => away(lay(book), 3)),
    manage: (order, { exchange, secondsToStart }) => {
      if (secondsToStart < 60 && order.status === OrderStatus.executable && !order.cancelling) exchange.cancel(order);
    }
  },
  I: {
    before: 300,
    selectionLimit: Infinity,
    request: limit(Side.lay, 5000, back),
    manage: (order, { exchange, secondsToStart }) => {
      if (secondsToStart >= 240 || order.tag === 1 || order.status !== OrderStatus.executable) return;
      order.tag = 1;
      exchange.cancel(order, Math.min(2000, order.rest));
    }
  },
  J: { ...late, request: limit(Side.back, 1000, (book) => away(lay(book), 2), { persistence: 'marketOnClose' }) },
  K: { ...late, request: limit(Side.back, 500, (book) => away(lay(book), 10), { persistence: 'persist' }) },
  L: { ...late, request: limit(Side.back, 50_000, () => 0) },
  M: { ...late, request: limit(Side.lay, 1000, (book) => away(back(book), -2), { persistence: 'marketOnClose' }) },
  N: { ...late, request: limit(Side.lay, 500, (book) => away(back(book), -10), { persistence: 'persist' }) },
  O: { ...late, request: limit(Side.lay, 50_000, () => TOP, { fillOrKillMinimum: lots(100) }) },
  R1: { ...anchored, request: limit(Side.back, 200, back) },
  R2: { ...anchored, request: limit(Side.lay, 200, lay) },
  R3: { ...anchored, request: limit(Side.back, 200, lay, { persistence: 'persist' }) },
  R4: { ...anchored, request: limit(Side.lay, 10_000, () => 0, { kind: 'marketOnClose' }) },
  R5: { ...anchored, request: limit(Side.back, 1000, back, { kind: 'limitOnClose' }) },
  R6: { ...anchored, request: limit(Side.lay, 2000, back, { persistence: 'marketOnClose' }) }
};

type Match = readonly [millis: number, price: number, size: number];

export interface GoldenFill {
  readonly selectionId: number;
  readonly side: string;
  readonly price: number | null;
  readonly sizeMatched: number;
  readonly averagePriceMatched: number;
  readonly profit: number;
  readonly status: string;
  readonly sizeCancelled?: number;
  readonly sizeLapsed?: number;
  readonly sizeVoided?: number;
  readonly matches?: readonly Match[];
  readonly matchesWhenMade?: readonly Match[];
  readonly liabilityAtEnd?: number;
}

/** One strategy at work on one market. */
interface Play {
  readonly exchange: SimulatedExchange;
  readonly strategy: Strategy;
  /** Milliseconds since the epoch from which it acts, where the golden gives one. */
  readonly anchorMillis: number;
  /** Runners that have their order. */
  readonly placed: Set<number>;
  readonly live: Order[];
  /** The message at which an order was first seen at the venue. */
  readonly acceptedAt: Map<Order, number>;
  /** Runners that left, in the order they did. */
  readonly removed: number[];
  /** Where the tape begins, milliseconds since the epoch. */
  readonly startMillis: number;
  secondsToStart: number;
  /** Place, replace and cancel calls, refused ones too, and the orders placed by a replacement. */
  transactions: number;
}

export interface Played {
  readonly fills: readonly GoldenFill[];
  readonly transactions: number;
  /** Our own records, every order of the market. */
  readonly orders: readonly Order[];
  /** What the market paid our account, all bets together. */
  readonly settle: () => MarketSettlement;
}

/**
 * Where the golden and we differ, what reproduces it. Our own rules are the defaults, and these are the reasons:
 * - `queue`: the golden halves trades in binary doubles of the currency and rounds each fill to the nearest penny, so
 *   that half a traded penny may fill a whole one; `fullQueue` never fills more than traded.
 * - `takenLiquidity`: what an order took is there again for the strategy's next order.
 * - `tradeCounting`: a traded size that sinks and rises again with an exchange rate (a recording in another currency
 *   than its bets is restated whole, some eighty levels in one message) is a trade to the golden.
 * - `sizeAccounting`: a limit-on-close order that misses its limit lapses nothing, and a void bet is void in whole
 *   though a part had lapsed: 1.80 lapsed and 2.00 void of 2.00.
 */
export const AS_THE_GOLDEN: Partial<ExchangeOptions> = {
  queue: fullQueueBinary,
  takenLiquidity: 'ignored',
  tradeCounting: 'stated',
  sizeAccounting: 'loose'
};

export interface PlayOptions {
  /** Milliseconds since the epoch from which it acts, where the golden gives one. */
  readonly anchorMillis?: number;
  readonly rules?: Partial<ExchangeOptions>;
}

/** Plays one strategy over a tape; its orders in the order they were placed, as the golden writes them. */
export function playStrategy(
  tape: Tape,
  strategy: Strategy,
  { anchorMillis = -Infinity, rules = AS_THE_GOLDEN }: PlayOptions = {}
): Played {
  const exchange = new SimulatedExchange(tape, {
    queue: fullQueue,
    latency: constantLatency({ place: 120, cancel: 170, replace: 280 }),
    random: new Random(0 as Seed),
    bankroll: Infinity,
    history: true,
    ...rules
  });
  const play: Play = {
    exchange,
    strategy,
    anchorMillis,
    placed: new Set(),
    live: [],
    acceptedAt: new Map(),
    removed: [],
    startMillis: epochMillis(tape, 0 as Nanos),
    secondsToStart: Infinity,
    transactions: 0
  };
  const open = (): boolean => !exchange.closed;
  for (let message = 0; message < messageCount(tape) && open(); message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    exchange.advanceTo(tape.exchange[row]! as Nanos, message + 1);
    if (open()) decide(play);
  }
  const { orders } = exchange;
  const replaced = orders.filter((order) => order.end === 'replaced').length;
  return {
    fills: orders.filter((order) => order.end !== 'nothingToReplace').map((order) => golden(order, play)),
    transactions: play.transactions + exchange.transactions + replaced,
    orders,
    settle: () => exchange.settle()
  };
}

function decide(play: Play): void {
  const { exchange, strategy, live, acceptedAt, removed } = play;
  const { state } = exchange;
  if (removed.length + state.activeRunners !== state.removed.length) {
    for (let slot = 0; slot < state.removed.length; slot++) {
      if (state.removed[slot] === 1 && !removed.includes(slot)) removed.push(slot);
    }
  }
  for (let i = live.length - 1; i >= 0; i--) {
    const order = live[i]!;
    if (order.status === OrderStatus.complete) live.splice(i, 1);
    else if (order.status === OrderStatus.executable && !acceptedAt.has(order)) acceptedAt.set(order, exchange.now);
  }
  if (strategy.inPlay !== undefined) {
    for (const order of exchange.orders) strategy.manage?.(order, play);
    if (!state.inPlay) return;
    for (let slot = 0; slot < exchange.books.length; slot++) {
      if (state.removed[slot] === 0 && strategy.inPlay(exchange.books[slot]!)) place(play, slot);
    }
    return;
  }
  if (state.inPlay) return;
  const millis = play.startMillis + exchange.now / 1e6;
  play.secondsToStart = (state.scheduledMillis - millis) / 1000;
  if (state.status === MarketStatus.open) for (const order of exchange.orders) strategy.manage?.(order, play);
  if (play.secondsToStart >= (strategy.before ?? Infinity) || millis < play.anchorMillis) return;
  for (let slot = 0; slot < exchange.books.length; slot++) {
    if (play.placed.has(slot) || state.removed[slot] === 1) continue;
    if (place(play, slot)) play.placed.add(slot);
  }
}

/** Asks to place, within the golden's limits. Returns whether an order went out. */
function place(play: Play, slot: number): boolean {
  const { exchange, strategy, live } = play;
  const request = strategy.request(exchange.books[slot]!);
  const open = exchange.state.status === MarketStatus.open;
  if (!open || request === undefined || live.some((order) => order.slot === slot)) {
    if (strategy.insistent === true) play.transactions++;
    return false;
  }
  const price = exchange.points[request.tick]! / 100;
  const risk = (request.side === Side.back || request.kind !== undefined ? 1 : price - 1) * (request.lots / 100);
  if (risk + matchedLoss(exchange, slot, request.side) > strategy.selectionLimit) {
    play.transactions++;
    return false;
  }
  live.push(exchange.place({ ...request, slot, tick: request.tick as Ticks, lots: lots(request.lots) }));
  return true;
}

/** What the matches on a runner lose if it wins (a lay is asked for) or loses (a back); a profit counts as negative. */
function matchedLoss(exchange: SimulatedExchange, slot: number, side: Side): number {
  let loss = 0;
  for (const order of exchange.orders) {
    if (order.slot !== slot) continue;
    const profit = side === Side.lay ? (order.matchedPoints - 100 * order.matched) / 1e4 : -order.matched / 100;
    loss -= order.side === Side.back ? profit : -profit;
  }
  return loss;
}

function golden(order: Order, play: Play): GoldenFill {
  const { exchange } = play;
  const { outcome, removed } = exchange.state;
  const gone = removed[order.slot] === 1;
  const fills = exchange.fillsOf(order);
  const matches = fills.map((fill) => matchOf(exchange, fill, fill.standingPoints));
  const size = order.matched / 100;
  const value = matches.reduce((total, [, price, matched]) => total + price * matched, 0);
  const volume = matches.reduce((total, [, , matched]) => total + matched, 0);
  const average = order.matched === 0 ? 0 : roundHundredth(value / volume);
  const won = outcome[order.slot] === Outcome.winner || outcome[order.slot] === Outcome.placed;
  const backed = won ? size * (average - 1) : -size;
  const profit = gone ? 0 : roundHundredth(order.side === Side.back ? backed : -backed);
  const closing = order.kind === 'marketOnClose' && order.side === Side.lay;
  return {
    selectionId: Number(exchange.tape.market.runners[order.slot]!.id),
    side: order.side === Side.back ? 'BACK' : 'LAY',
    price: order.kind === 'marketOnClose' ? null : order.points / 100,
    sizeMatched: size,
    averagePriceMatched: average,
    profit,
    // A voided bet has nothing left to execute and is complete; the golden keeps on-close orders as they were.
    status:
      order.status === OrderStatus.executable || (gone && order.kind !== 'limit') ? 'Executable' : 'Execution complete',
    sizeCancelled: order.cancelled / 100,
    sizeLapsed: order.lapsed / 100,
    // Our orders hold whole pennies, and the liability beside them the fractions that removals leave.
    sizeVoided: closing && gone ? order.liability / 100 : order.voided / 100,
    matches: gone ? [] : matches,
    matchesWhenMade: fills.map((fill) => matchOf(exchange, fill, fill.points)),
    ...(closing ? { liabilityAtEnd: liabilityAtEnd(order, play) } : {})
  };
}

/** A starting price may have more decimals than a tick: back from hundredths to the price as it was written. */
const matchOf = (exchange: SimulatedExchange, fill: Fill, points: number): Match => [
  epochMillis(exchange.tape, fill.time),
  Math.round(points * 1e4) / 1e6,
  fill.lots / 100
];

/** In currency. The golden goes on shrinking the liability of bets that a removal had voided already. */
function liabilityAtEnd(order: Order, { exchange, removed }: Play): number {
  const { state } = exchange;
  const own = removed.indexOf(order.slot);
  const later = own < 0 ? [] : removed.slice(own + 1);
  const { settlement } = exchange.tape.market.rules;
  const oneWinner = settlement.kind === 'backLay' && settlement.winners === 1;
  const whole = oneWinner ? 100 - state.reductionPercent[order.slot]! : 100;
  return later.reduce((left, slot) => left * (1 - state.reductionPercent[slot]! / whole), order.liability / 100);
}
