/**
 * The strategies of `flumine.json` on our exchange, and their orders in the golden's own figures: see its `engine` and
 * `strategies` for what each number means. Options that reproduce the golden where we differ are named here.
 */
import { Random } from '../../src/lib/core/random.ts';
import { lots } from '../../src/lib/core/units.ts';
import type { Nanos, Seed, Ticks } from '../../src/lib/core/units.ts';
import { SimulatedExchange } from '../../src/lib/env/matching/exchange.ts';
import { constantLatency } from '../../src/lib/env/matching/latency.ts';
import { OrderStatus, Side } from '../../src/lib/env/matching/order.ts';
import type { Order, OrderRequest } from '../../src/lib/env/matching/order.ts';
import { fullQueueBinary, roundHundredth } from '../../src/lib/env/matching/queue/full-queue-binary.ts';
import type { Book } from '../../src/lib/market/book.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { MarketStatus, NO_TICK, Outcome, epochMillis } from '../../src/lib/market/tape.ts';

export interface Strategy {
  /** Seconds before the scheduled start from which it acts. */
  readonly before: number;
  /** Largest loss on a runner, currency; Infinity where the golden set it out of reach. */
  readonly selectionLimit: number;
  /** Its order on a runner, or undefined while the price it needs is not there. */
  readonly request: (
    book: Book
  ) => (Omit<OrderRequest, 'slot' | 'tick' | 'lots'> & { tick: number; lots: number }) | undefined;
  /** Its own rule for one of its orders, at every open book before the off. */
  readonly manage?: (order: Order, exchange: SimulatedExchange, secondsToStart: number) => void;
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

const early = { before: 100, selectionLimit: 105 };
const late = { before: 100, selectionLimit: Infinity };

export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  A: { ...early, request: limit(Side.back, 200, back) },
  B: {
    ...early,
    request: limit(Side.back, 200, () => TOP),
    manage: (order, exchange) => {
      if (order.tick === TOP && order.status === OrderStatus.executable && !order.cancelling) {
        exchange.replace(order, 0 as Ticks);
      }
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
    manage: (order, exchange, secondsToStart) => {
      if (secondsToStart < 60 && order.status === OrderStatus.executable) exchange.cancel(order);
    }
  },
  I: {
    before: 300,
    selectionLimit: Infinity,
    request: limit(Side.lay, 5000, back),
    manage: (order, exchange, secondsToStart) => {
      if (secondsToStart >= 240 || order.tag === 1 || order.status !== OrderStatus.executable) return;
      order.tag = 1;
      exchange.cancel(order, Math.min(2000, order.rest));
    }
  },
  K: { ...late, request: limit(Side.back, 500, (book) => away(lay(book), 10), { persistence: 'persist' }) },
  L: { ...late, request: limit(Side.back, 50_000, () => 0) },
  O: { ...late, request: limit(Side.lay, 50_000, () => TOP, { fillOrKillMinimum: lots(100) }) }
};

export interface GoldenFill {
  readonly selectionId: number;
  readonly side: string;
  readonly price: number | null;
  readonly sizeMatched: number;
  readonly averagePriceMatched: number;
  readonly profit: number;
  readonly sizeCancelled?: number;
  readonly sizeLapsed?: number;
  readonly sizeVoided?: number;
  readonly matches?: readonly (readonly [millis: number, price: number, size: number])[];
}

/** Plays one strategy over a tape; its orders in the order they were placed, as the golden writes them. */
export function playStrategy(tape: Tape, strategy: Strategy): GoldenFill[] {
  const exchange = new SimulatedExchange(tape, {
    queue: fullQueueBinary,
    latency: constantLatency({ place: 120, cancel: 170, replace: 280 }),
    random: new Random(0 as Seed),
    bankroll: Infinity,
    history: true,
    takenLiquidity: 'ignored'
  });
  const placed = new Set<number>();
  for (let message = 0; message < tape.messageStart.length - 1 && !exchange.closed; message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    exchange.advanceTo(tape.exchange[row]! as Nanos, message + 1);
    decide(exchange, strategy, placed);
  }
  return exchange.orders
    .filter((order) => order.end !== 'replaced' || order.cancelled > 0)
    .map((order) => golden(order, exchange));
}

function decide(exchange: SimulatedExchange, strategy: Strategy, placed: Set<number>): void {
  const { state } = exchange;
  if (state.status !== MarketStatus.open || state.inPlay) return;
  const secondsToStart = (state.scheduledMillis - epochMillis(exchange.tape, exchange.now)) / 1000;
  for (const order of exchange.orders) strategy.manage?.(order, exchange, secondsToStart);
  if (secondsToStart >= strategy.before) return;
  for (let slot = 0; slot < exchange.books.length; slot++) {
    if (placed.has(slot) || state.removed[slot] === 1) continue;
    const request = strategy.request(exchange.books[slot]!);
    if (request === undefined) continue;
    const price = exchange.points[request.tick]! / 100;
    const risk = (request.side === Side.back || request.kind !== undefined ? 1 : price - 1) * (request.lots / 100);
    if (risk > strategy.selectionLimit) continue;
    placed.add(slot);
    exchange.place({ ...request, slot, tick: request.tick as Ticks, lots: lots(request.lots) });
  }
}

function golden(order: Order, exchange: SimulatedExchange): GoldenFill {
  const fills = exchange.fillsOf(order);
  const size = order.matched / 100;
  const sum = fills.reduce((total, fill) => total + (fill.points / 100) * (fill.lots / 100), 0);
  const average = order.matched === 0 ? 0 : roundHundredth(sum / size);
  const { outcome, removed } = exchange.state;
  const won = outcome[order.slot] === Outcome.winner || outcome[order.slot] === Outcome.placed;
  const backed = won ? size * (average - 1) : -size;
  const profit = removed[order.slot] === 1 ? 0 : roundHundredth(order.side === Side.back ? backed : -backed);
  return {
    selectionId: Number(exchange.tape.market.runners[order.slot]!.id),
    side: order.side === Side.back ? 'BACK' : 'LAY',
    price: order.kind === 'marketOnClose' ? null : order.points / 100,
    sizeMatched: size,
    averagePriceMatched: average,
    profit,
    sizeCancelled: order.cancelled / 100,
    sizeLapsed: order.lapsed / 100,
    sizeVoided: order.voided / 100,
    matches: fills.map((fill) => [epochMillis(exchange.tape, fill.time), fill.points / 100, fill.lots / 100])
  };
}
