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
  /** The market is each way: its payouts are settled, its exposures are not counted. */
  | 'eachWay'
  /** The market's prices are lines: what the account counts is odds. */
  | 'lineMarket'
  /** The market is an Asian handicap: what the account counts are stakes won or lost whole, by one winner or a few. */
  | 'handicapMarket'
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
  /**
   * Best tick of the side it would take, as whoever decides sees it, NO_TICK where there is none: the book's own when not
   * given. For slippage alone.
   */
  touch?: number;
  /** That it reduces a position: `OrderRules.underMinimum` may then let a stake under the venue's minimum through. */
  reducing?: boolean;
}

/**
 * Numbers in an order's row: 0 points, 1 ahead, 2 lots, 3 matched, 4 cancelled, 5 lapsed, 6 voided, 7 levelTraded,
 * 8 levelLots, 9 madeAt, 10 acceptedAt, 11 endedAt, 12 matchedPoints, 13 liability, 14 aheadOnArrival, 15 own. The
 * first half is what every step looks at. Written as literals, because an accessor of more than 27 bytecodes is not
 * always compiled into its caller, and a fraction that a call hands back is an object made for the occasion.
 */
export const ORDER_ROW = 16;

/**
 * A record of the engine. Its fractions stand in a row of numbers and not in fields, where each would be an object
 * somewhere else in memory: an environment's orders are read at every step, and rarely by a processor that has them.
 */
export class Order {
  status: OrderStatus = OrderStatus.pending;
  side: Side = Side.back;
  tick = 0;
  /** A cancel or replace is on its way. */
  cancelling = false;
  private readonly row: Float64Array;
  private readonly at: number;
  slot = 0;
  id = 0;
  kind: OrderKind = 'limit';
  persistence: Persistence = 'lapse';
  end: EndReason = 'none';
  fillOrKillMinimum = -1;
  /** Best tick of the side it would take, as it was seen when it was made; NO_TICK when there was none. For slippage. */
  touchAtDecision = -1;
  /** Whether it took liquidity on arrival (it crossed) rather than only rest. */
  crossed = false;
  /** Ticks by which the best price slipped away from it on arrival (`SlippageModel`). */
  slippedTicks = 0;
  /** Lots that had been matched when the runner left, which made them void. */
  matchedVoid = 0;
  /** What other queue models make of it, where that is worked. */
  shadow: Shadow | undefined = undefined;
  /** Opaque to the exchange: what the caller wants to find again. */
  tag = 0;

  /** @param rows where its numbers stand, from `at` on, ORDER_ROW of them */
  constructor(rows = new Float64Array(ORDER_ROW), at = 0) {
    this.row = rows;
    this.at = at;
    this.own = Number.NaN;
  }

  /** Price of `tick` in hundredths. */
  get points(): number {
    return this.row[this.at]!;
  }

  set points(value: number) {
    this.row[this.at] = value;
  }

  /** Taker-side lots that must trade before this order is next; halves of a lot occur. */
  get ahead(): number {
    return this.row[this.at + 1]!;
  }

  set ahead(value: number) {
    this.row[this.at + 1] = value;
  }

  /** Stake; of a lay by liability that liability, until the starting price says what stake it bought. */
  get lots(): number {
    return this.row[this.at + 2]!;
  }

  set lots(value: number) {
    this.row[this.at + 2] = value;
  }

  /** Lots that were matched. */
  get matched(): number {
    return this.row[this.at + 3]!;
  }

  set matched(value: number) {
    this.row[this.at + 3] = value;
  }

  get cancelled(): number {
    return this.row[this.at + 4]!;
  }

  set cancelled(value: number) {
    this.row[this.at + 4] = value;
  }

  get lapsed(): number {
    return this.row[this.at + 5]!;
  }

  set lapsed(value: number) {
    this.row[this.at + 5] = value;
  }

  get voided(): number {
    return this.row[this.at + 6]!;
  }

  set voided(value: number) {
    this.row[this.at + 6] = value;
  }

  /** Taker-side lots traded at the level it rests at since that was last looked at. */
  get levelTraded(): number {
    return this.row[this.at + 7]!;
  }

  set levelTraded(value: number) {
    this.row[this.at + 7] = value;
  }

  /** Recorded size of the level it rests at when last looked at. */
  get levelLots(): number {
    return this.row[this.at + 8]!;
  }

  set levelLots(value: number) {
    this.row[this.at + 8] = value;
  }

  /** When it was asked for, time of the tape. */
  get madeAt(): Nanos {
    return this.row[this.at + 9]! as Nanos;
  }

  set madeAt(value: Nanos) {
    this.row[this.at + 9] = value;
  }

  /** When it reached the venue. */
  get acceptedAt(): Nanos {
    return this.row[this.at + 10]! as Nanos;
  }

  set acceptedAt(value: Nanos) {
    this.row[this.at + 10] = value;
  }

  /** When nothing was left. */
  get endedAt(): Nanos {
    return this.row[this.at + 11]! as Nanos;
  }

  set endedAt(value: Nanos) {
    this.row[this.at + 11] = value;
  }

  /** Sum over matches of lots times hundredths; the average price is this over `matched`. */
  get matchedPoints(): number {
    return this.row[this.at + 12]!;
  }

  set matchedPoints(value: number) {
    this.row[this.at + 12] = value;
  }

  /** What a market-on-close lay risks, in lots and fractions of one: removals shrink it, `lots` is its nearest whole. */
  get liability(): number {
    return this.row[this.at + 13]!;
  }

  set liability(value: number) {
    this.row[this.at + 13] = value;
  }

  /** `ahead` when it came to rest. */
  get aheadOnArrival(): number {
    return this.row[this.at + 14]!;
  }

  set aheadOnArrival(value: number) {
    this.row[this.at + 14] = value;
  }

  /** The queue model's own. */
  get own(): number {
    return this.row[this.at + 15]!;
  }

  set own(value: number) {
    this.row[this.at + 15] = value;
  }

  /** Lots that may still match. */
  get rest(): number {
    const row = this.row;
    const at = this.at;
    return row[at + 2]! - row[at + 3]! - row[at + 4]! - row[at + 5]! - row[at + 6]!;
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
    this.fillOrKillMinimum = request.fillOrKillMinimum ?? -1;
    this.status = OrderStatus.pending;
    this.end = 'none';
    this.matchedVoid = 0;
    this.shadow = undefined;
    this.crossed = false;
    this.cancelling = false;
    this.touchAtDecision = -1;
    this.slippedTicks = 0;
    this.tag = 0;
    const row = this.row;
    const at = this.at;
    const { now } = clock;
    row[at] = points;
    row[at + 1] = 0;
    row[at + 2] = request.lots;
    row[at + 3] = 0;
    row[at + 4] = 0;
    row[at + 5] = 0;
    row[at + 6] = 0;
    row[at + 7] = 0;
    row[at + 8] = 0;
    row[at + 9] = now;
    row[at + 10] = now;
    row[at + 11] = now;
    row[at + 12] = 0;
    row[at + 13] = request.lots;
    row[at + 14] = 0;
    row[at + 15] = Number.NaN;
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
  /**
   * Message of the tape whose trade, or before which the arrival, caused it; the last one applied where the owner stood
   * between two when it arrived.
   */
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
