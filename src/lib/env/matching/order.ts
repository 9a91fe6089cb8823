/**
 * An order at the simulated exchange and what may be asked of it. Orders are plain mutable records that the engine
 * owns and reuses; everyone else reads them. Knows nothing of how they match.
 */
import { assert } from '../../core/assert.ts';
import type { OrderKind, Persistence } from '../../market/rules.ts';
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import type { Shadow } from './shadow-queues.ts';

/** Numbers, because the hot path compares them: back takes what is bid, lay takes what is asked. */
export const Side = { back: 0, lay: 1 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderStatus = {
  /** Sent, not yet at the venue. */
  pending: 0,
  /** At the venue, with something left to match. */
  executable: 1,
  /** Nothing left: matched, cancelled, lapsed, voided or refused. */
  complete: 2
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** Why an order was not taken, or lost what was left of it. */
export type EndReason =
  | 'none'
  | 'matched'
  | 'cancelled'
  | 'replaced'
  /** It was to replace an order that was filled, withdrawn or not yet at the venue. */
  | 'nothingToReplace'
  | 'lapsedAtSuspension'
  | 'lapsedAtStartingPrice'
  | 'runnerRemoved'
  | 'marketNotOpen'
  | 'fillOrKill'
  | 'belowMinimum'
  | 'offLadder'
  | 'notOffered'
  | 'unaffordable'
  | 'exposureLimit';

export interface OrderRequest {
  slot: number;
  side: Side;
  /** Limit price; for a market-on-close order it is ignored. */
  tick: Ticks;
  /** Stake; for an on-close lay, the liability. */
  lots: Lots;
  kind?: OrderKind;
  persistence?: Persistence;
  /** FILL_OR_KILL: at least so many lots at a volume-weighted price no worse than the limit, the rest is cancelled. */
  fillOrKillMinimum?: Lots;
  /** That it reduces a position: `OrderRules.underMinimum` may then let a stake under the venue's minimum through. */
  reducing?: boolean;
}

export class Order {
  id = 0;
  slot = 0;
  side: Side = Side.back;
  kind: OrderKind = 'limit';
  persistence: Persistence = 'lapse';
  tick = 0;
  /** Price of `tick` in hundredths. */
  points = 0;
  /** Stake; of a lay by liability that liability, until the starting price says what stake it bought. */
  lots = 0;
  /** What a market-on-close lay risks, in lots and fractions of one: removals shrink it, `lots` is its nearest whole. */
  liability = 0;
  fillOrKillMinimum = -1;
  status: OrderStatus = OrderStatus.pending;
  end: EndReason = 'none';
  /** When it was asked for, when it reached the venue, when nothing was left; time of the tape. */
  madeAt: Nanos = 0 as Nanos;
  acceptedAt: Nanos = 0 as Nanos;
  endedAt: Nanos = 0 as Nanos;
  matched = 0;
  cancelled = 0;
  lapsed = 0;
  voided = 0;
  /** Lots that had been matched when the runner left, which made them void. */
  matchedVoid = 0;
  /** Sum over matches of lots times hundredths; the average price is this over `matched`. */
  matchedPoints = 0;
  /** Taker-side lots that must trade before this order is next; halves of a lot occur. */
  ahead = 0;
  aheadOnArrival = 0;
  /** The queue model's own. */
  own = Number.NaN;
  /** Recorded size of the level it rests at when last looked at, and the taker-side lots traded there since. */
  levelLots = 0;
  levelTraded = 0;
  /** What other queue models make of it, where that is worked. */
  shadow: Shadow | undefined = undefined;
  /** Whether it took liquidity on arrival (it crossed) rather than only rest. */
  crossed = false;
  /** A cancel or replace is on its way. */
  cancelling = false;
  /** Best tick of the side it would take, when it was made; NO_TICK when there was none. For slippage. */
  touchAtDecision = -1;
  /** Ticks by which the best price slipped away from it on arrival (`SlippageModel`). */
  slippedTicks = 0;
  /** Opaque to the exchange: what the caller wants to find again. */
  tag = 0;

  /** Lots that may still match. */
  get rest(): number {
    return this.lots - this.matched - this.cancelled - this.lapsed - this.voided;
  }

  /**
   * Back to a fresh record with the request's terms.
   * @param clock says now; the owner itself, for a time that is handed over may be an object made for the occasion
   */
  fill(id: number, request: OrderRequest, points: number, clock: { readonly now: Nanos }): void {
    this.id = id;
    this.slot = request.slot;
    this.side = request.side;
    this.kind = request.kind ?? 'limit';
    this.persistence = request.persistence ?? 'lapse';
    this.tick = request.tick;
    this.points = points;
    this.lots = request.lots;
    this.liability = request.lots;
    this.fillOrKillMinimum = request.fillOrKillMinimum ?? -1;
    this.status = OrderStatus.pending;
    this.end = 'none';
    this.madeAt = clock.now;
    this.acceptedAt = clock.now;
    this.endedAt = clock.now;
    this.matched = 0;
    this.cancelled = 0;
    this.lapsed = 0;
    this.voided = 0;
    this.matchedVoid = 0;
    this.matchedPoints = 0;
    this.ahead = 0;
    this.aheadOnArrival = 0;
    this.own = Number.NaN;
    this.levelLots = 0;
    this.levelTraded = 0;
    this.shadow = undefined;
    this.crossed = false;
    this.cancelling = false;
    this.touchAtDecision = -1;
    this.slippedTicks = 0;
    this.tag = 0;
  }
}

/** Whether an order is matched at the starting price once that is reconciled. */
export const takesStartingPrice = (order: Order): boolean =>
  order.kind !== 'limit' || order.persistence === 'marketOnClose';

/** Whether anything of an order was ever matched, even if its runner left since. */
export const wasMatched = (order: Order): boolean => order.matched > 0 || order.matchedVoid > 0;

/** @throws Error where no such number of lots can be cancelled: the caller's bug. Infinity is all that is left. */
export function mustBeCancellable(lots: number): void {
  assert(
    lots === Infinity || (Number.isSafeInteger(lots) && lots > 0),
    `cancel: expected whole lots above 0, or Infinity for all that is left, got ${String(lots)}`
  );
}

/** One match and what caused it. */
export class Fill {
  order: Order;
  /** Of the message whose book it took or whose trade it was; an arriving order takes the book as it last was. */
  time: Nanos = 0 as Nanos;
  /** Message of the tape whose trade, or before which the arrival, caused it. */
  message = 0;
  /** Price in hundredths at which it was made, and at which it now stands, after removals. */
  points = 0;
  standingPoints = 0;
  lots = 0;
  /** True when it took what was visible, false when a trade came to it. */
  taking = false;
  /** True when it was made at the reconciled starting price. */
  closing = false;
  /** Queue ahead just before the trade that filled it. */
  ahead = 0;
  /** Taker-side lots of that trade that no earlier order of ours had used, and its price in hundredths. */
  traded = 0;
  tradePoints = 0;
  /** Rises with the moment it was made, for owners that work slots one after another; see `FillLog.drainInOrder`. */
  ordinal = 0;

  constructor(order: Order) {
    this.order = order;
  }
}
