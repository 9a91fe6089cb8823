/**
 * The simulated market at order level: every order of a runner's book that came, was taken or was cancelled, what each
 * real order was filled by, and the same stream as a venue would publish it, as sizes by level.
 */
import { vi } from 'vitest';
import type { Seed } from '../../src/lib/core/units.ts';
import { seconds } from '../../src/lib/core/units.ts';
import { drawScenario } from '../../src/lib/env/simulator/market-draw.ts';
import { RunnerBook, Side } from '../../src/lib/env/simulator/runner-book.ts';
import type { Match, OrderRef } from '../../src/lib/env/simulator/runner-book.ts';
import { SimulatedMarket } from '../../src/lib/env/simulator/simulated-market.ts';

export type Command =
  | { readonly do: 'place'; readonly side: Side; readonly tick: number; readonly lots: number; readonly owner: number }
  | { readonly do: 'take'; readonly side: Side; readonly limit: number; readonly lots: number; readonly owner: number }
  | { readonly do: 'cancel'; readonly ref: OrderRef };

/** All that was asked of each runner's book of a market, in order, from before it opens until `untilSeconds`. */
export function commandsOf(seed: Seed, untilSeconds: number): Command[][] {
  const scenario = drawScenario({ seed, index: 0, scheduledMillis: 0, leadSeconds: 300 });
  const spies = {
    place: vi.spyOn(RunnerBook.prototype, 'place'),
    take: vi.spyOn(RunnerBook.prototype, 'take'),
    cancel: vi.spyOn(RunnerBook.prototype, 'cancel')
  };
  try {
    const market = new SimulatedMarket(scenario, { message: () => undefined, row: () => undefined });
    market.advanceTo(seconds(untilSeconds));
    const asked: (readonly [at: number, book: unknown, command: Command])[] = [];
    const { place, take, cancel } = spies;
    place.mock.calls.forEach(([side, tick, lots, owner], i) => {
      const command = { do: 'place', side, tick, lots, owner } as const;
      asked.push([place.mock.invocationCallOrder[i]!, place.mock.contexts[i], command]);
    });
    // An order that comes to rest looks first for what it crosses: that is part of its coming.
    const coming = new Set(place.mock.invocationCallOrder.map((at) => at + 1));
    take.mock.calls.forEach(([side, limit, lots, owner], i) => {
      const at = take.mock.invocationCallOrder[i]!;
      if (!coming.has(at)) asked.push([at, take.mock.contexts[i], { do: 'take', side, limit, lots, owner }]);
    });
    cancel.mock.calls.forEach(([ref], i) => {
      asked.push([cancel.mock.invocationCallOrder[i]!, cancel.mock.contexts[i], { do: 'cancel', ref }]);
    });
    asked.sort(([a], [b]) => a - b);
    return market.books.map((book) => asked.filter(([, of]) => of === book).map(([, , command]) => command));
  } finally {
    for (const spy of Object.values(spies)) spy.mockRestore();
  }
}

/** What one command did, as the book's owner knows it and as sizes tell it. */
export interface StreamEvent {
  readonly matches: readonly Match[];
  /** Of a cancel that took something out: where, how many lots stood before it in its level, and how many went. */
  readonly cancelled:
    { readonly side: Side; readonly tick: number; readonly ahead: number; readonly lots: number } | undefined;
  readonly changes: readonly { readonly side: Side; readonly tick: number; readonly lots: number }[];
}

/** An order that rested from its coming on, and took nothing itself. */
export interface RestedOrder {
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
  /** Lots in its level before it. */
  readonly ahead: number;
  /** The event by which it came, and that by which nothing was left of it: past the stream when that did not happen. */
  readonly came: number;
  readonly gone: number;
  /** Its fills: events and lots. */
  readonly fills: readonly (readonly [event: number, lots: number])[];
  /** Lots that were cancelled ahead of it. */
  readonly cancelledAhead: number;
}

export interface OrderStream {
  readonly ladderSize: number;
  readonly events: readonly StreamEvent[];
  readonly orders: readonly RestedOrder[];
}

/** Carries the commands out on a book of its own, where every order's queue is the real one. */
export function replayOrders(commands: readonly Command[], ladderSize: number): OrderStream {
  type Writable<T> = { -readonly [K in keyof T]: T[K] };
  const events: StreamEvent[] = [];
  const live = new Map<OrderRef, Writable<RestedOrder> & { fills: [number, number][] }>();
  const orders: RestedOrder[] = [];
  let matches: Match[] = [];
  const book = new RunnerBook(ladderSize, (match) => matches.push({ ...match }));
  commands.forEach((command, event) => {
    matches = [];
    let cancelled: StreamEvent['cancelled'];
    if (command.do === 'place') {
      const ahead = book.sizeAt(command.side, command.tick);
      const came = book.place(command.side, command.tick, command.lots, command.owner);
      if (came !== 0 && matches.length === 0) {
        const { side, tick, lots } = command;
        live.set(came, { side, tick, lots, ahead, came: event, gone: commands.length, fills: [], cancelledAhead: 0 });
        orders.push(live.get(came)!);
      }
    } else if (command.do === 'take') book.take(command.side, command.limit, command.lots, command.owner);
    else {
      const tick = book.tickOf(command.ref);
      const ahead = book.queueAhead(command.ref);
      const side = book.sizeAt(Side.bid, tick) > 0 ? Side.bid : Side.ask;
      const behind = [...live].filter(([ref]) => book.tickOf(ref) === tick && book.queueAhead(ref) > ahead);
      const lots = book.cancel(command.ref);
      if (lots > 0) {
        cancelled = { side, tick, ahead, lots };
        for (const [, order] of behind) if (order.side === side) order.cancelledAhead += lots;
      }
    }
    for (const { makerRef, lots } of matches) live.get(makerRef)?.fills.push([event, lots]);
    for (const [ref, order] of live) {
      if (book.remaining(ref) > 0) continue;
      order.gone = event;
      live.delete(ref);
    }
    const changes: { side: Side; tick: number; lots: number }[] = [];
    book.drainChanges((side, tick, lots) => changes.push({ side, tick, lots }));
    events.push({ matches, cancelled, changes });
  });
  return { ladderSize, events, orders };
}
