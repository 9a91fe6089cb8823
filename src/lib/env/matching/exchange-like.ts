/**
 * What every simulated exchange does, whatever it trades: betting markets and instruments differ in their clock, their
 * account and what happens to a market, hence in their orders, and are two classes (`SimulatedExchange`,
 * `InstrumentExchange`). Whoever only sends, waits and asks why can be written once against this.
 */
import type { Nanos, Ticks } from '../../core/units.ts';
import type { BookView } from '../../market/book.ts';
import type { Tape } from '../../market/tape.ts';

export interface ExchangeLike<Request, Order, Fill, Story> {
  readonly tape: Tape;
  readonly now: Nanos;
  /** The books that orders are decided on, by slot. */
  readonly books: readonly BookView[];
  /** Orders asked for, refused ones included; place requests plus cancels and replaces. */
  readonly submitted: number;
  readonly transactions: number;
  /** Every order, when history is kept. */
  readonly orders: readonly Order[];
  /** All that happens up to and including `time`. */
  advanceTo(time: Nanos): void;
  /** A refused order comes back complete, with its reason. */
  place(request: Request): Order;
  cancel(order: Order, lots?: number): void;
  replace(order: Order, tick: Ticks): Order;
  /** Gives a complete order's record back for reuse. */
  release(order: Order): void;
  /** Every fill since the last call, in records used again afterwards. */
  drainFills(visit: (fill: Fill) => void): void;
  fillsOf(order: Order): readonly Fill[];
  explain(order: Order): Story;
}
