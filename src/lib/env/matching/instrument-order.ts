/**
 * An order for an instrument whose positions have a sign (perpetual, yes/no contract, share) and what may be asked of
 * it. An order lives twice: at the venue, and as far as the venue's answers have told us; latency lies between. Plain
 * mutable records that the engine owns and reuses; everyone else reads them. Knows nothing of how they match.
 */
import type { Lots, Nanos, Ticks } from '../../core/units.ts';
import { FeeTally, Role } from '../account/order-fees.ts';
import { OrderStatus } from './order.ts';
import type { Liquidation } from '../account/liquidation.ts';
import type { Shadow } from './shadow-queues.ts';

/** A number, because positions and cash are counted with it. Of a yes/no contract, to buy is to buy yes. */
export const Direction = { buy: 1, sell: -1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/**
 * How long an order stands: until it is cancelled (GTC), the same but ended if it would take (GTX, post-only), what it
 * takes at once (IOC), all at once or nothing (FOK).
 */
export type TimeInForce = 'GTC' | 'GTX' | 'IOC' | 'FOK';

export type InstrumentEnd =
  | 'none'
  | 'filled'
  | 'cancelled'
  | 'replaced'
  /** It was to replace an order that was filled, withdrawn or not yet at the venue. */
  | 'nothingToReplace'
  | 'wouldTake'
  | 'nothingToTake'
  | 'fillOrKill'
  | 'marketNotOpen'
  | 'settled'
  | 'liquidated'
  | 'belowMinimum'
  | 'offLadder'
  | 'notOffered'
  /** A short sale of shares that cannot be borrowed. */
  | 'noLocate'
  /** The position would be larger than the venue allows at this leverage. */
  | 'overLeverage'
  | 'unaffordable';

export interface InstrumentRequest {
  slot: number;
  direction: Direction;
  /** The worst price it may have; a `market` order without one is kept from prices far off the touch. */
  tick?: Ticks;
  lots: Lots;
  kind?: 'limit' | 'market';
  /** GTC for a limit order; a market order is always IOC or FOK. */
  timeInForce?: TimeInForce;
}

export class InstrumentOrder {
  id = 0;
  slot = 0;
  direction: Direction = Direction.buy;
  kind: 'limit' | 'market' = 'limit';
  timeInForce: TimeInForce = 'GTC';
  tick = 0;
  lots = 0;
  /** Opaque to the exchange: what the caller wants to find again. */
  tag = 0;

  // As far as we were told.
  status: OrderStatus = OrderStatus.pending;
  end: InstrumentEnd = 'none';
  filled = 0;
  cancelled = 0;
  /** Taken off by the venue, or never accepted. */
  expired = 0;
  /** Sum over fills of lots times tick; the average tick is this over `filled`. */
  filledTicks = 0;
  /** A cancel or replace is on its way, or its answer. */
  cancelling = false;
  madeAt: Nanos = 0 as Nanos;
  /** When we last asked anything about it: to place, cancel or replace it. */
  askedAt: Nanos = 0 as Nanos;
  /** When the venue took it, and when nothing was left, both on the venue's clock. */
  acceptedAt: Nanos = 0 as Nanos;
  endedAt: Nanos = 0 as Nanos;
  /** Best tick of the side it would take, as we saw it when it was made; NO_TICK when there was none. For slippage. */
  touchAtDecision = -1;
  /** Ticks by which the touch had moved away from it when it came to take. */
  slippedTicks = 0;

  // At the venue.
  venueStatus: OrderStatus = OrderStatus.pending;
  /** Lots that may still fill there. */
  open = 0;
  /** Lots that must trade before this order is next. */
  ahead = 0;
  aheadOnArrival = 0;
  /** The queue model's own. */
  own = Number.NaN;
  /** Lots traded at its price since its level last changed. */
  traded = 0;
  /** What other queue models make of it, where that is worked. */
  shadow: Shadow | undefined = undefined;

  /** What it was charged, and what is put aside for it. */
  readonly fees = new FeeTally();

  /** Lots that may still fill, as far as we know. */
  get rest(): number {
    return this.lots - this.filled - this.cancelled - this.expired;
  }

  /** Made by the venue, to liquidate: it pays the fee of a liquidation, not the taker's. */
  forced = false;
  /** The liquidation that made or ended it. */
  liquidation: Liquidation | undefined = undefined;

  /** Back to a fresh record with the request's terms; when it is made is the caller's to say. */
  start(id: number, request: InstrumentRequest): void {
    this.id = id;
    this.slot = request.slot;
    this.direction = request.direction;
    this.kind = request.kind ?? 'limit';
    this.timeInForce = request.timeInForce ?? (this.kind === 'market' ? 'IOC' : 'GTC');
    this.tick = request.tick ?? -1;
    this.lots = request.lots;
    this.tag = 0;
    this.status = OrderStatus.pending;
    this.end = 'none';
    this.filled = 0;
    this.cancelled = 0;
    this.expired = 0;
    this.filledTicks = 0;
    this.cancelling = false;
    this.touchAtDecision = -1;
    this.slippedTicks = 0;
    this.venueStatus = OrderStatus.pending;
    this.open = request.lots;
    this.ahead = 0;
    this.aheadOnArrival = 0;
    this.own = Number.NaN;
    this.traded = 0;
    this.shadow = undefined;
    this.forced = false;
    this.liquidation = undefined;
    this.fees.clear();
  }
}

/** What made a fill. */
export const FillCause = {
  /** It took what waited in the book. */
  took: 0,
  /** A trade at its price came to its place in the queue. */
  trade: 1,
  /** A trade at a worse price than its own: whoever came would have met it first. */
  tradeThrough: 2,
  /** The other side's best price reached its own. */
  crossed: 3
} as const;
export type FillCause = (typeof FillCause)[keyof typeof FillCause];

/** One fill and what caused it. */
export class InstrumentFill {
  order: InstrumentOrder;
  /** At the venue, and when its answer reached us. */
  time: Nanos = 0 as Nanos;
  toldAt: Nanos = 0 as Nanos;
  tick = 0;
  lots = 0;
  role: Role = Role.maker;
  /** Charged for it, in the account's unit. */
  fee = 0;
  cause: FillCause = FillCause.took;
  /** Row of the tape that caused it; of an arriving order the next one. */
  row = 0;
  /** Queue ahead just before. */
  ahead = 0;
  /** Lots of the trade, or of the level that crossed, that no earlier order of ours had used. */
  traded = 0;
  /** Price of that trade or level. */
  tradeTick = 0;

  constructor(order: InstrumentOrder) {
    this.order = order;
  }
}
