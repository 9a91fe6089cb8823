/**
 * What an action of `AUPreOffV7TradeCost` means. Three numbers a runner slot, each in [-1, 1]:
 *
 * 0. STAKE. Within STAKE_DEAD_ZONE of 0: no new order, whatever rests stays. Beyond it the sign is the side (+ back,
 *    - lay) and the distance to 1 scales the stake from the venue's minimum to the stake cap. An order is cut to what
 *    keeps the slot's position within the stake cap either way, orders that are on their way or still to be withdrawn
 *    counted: who leans the same way at every decision holds a position, and does not pile one up until the exposure
 *    limit ends the episode.
 * 1. PRICE. Ticks from the best price of the side it would join, rounded: 0 joins the queue (a back at the best lay
 *    price, a lay at the best back price), +1 is OFFSET_TICKS more favourable to us and further back, -1 as many ticks
 *    towards the other side, never past its best price: an order that reaches it takes it.
 * 2. GREEN-UP. Above GREEN_DEAD_ZONE: withdraw the slot's orders and close that share of its position against what is
 *    visible, the whole at +1. Below -GREEN_DEAD_ZONE: withdraw the slot's orders. Else nothing.
 *
 * So every action near 0 does nothing, and doing nothing is a region, not a point. A green-up or a withdrawal goes
 * first: the stake of that slot is then ignored. A new order takes the place of the slot's resting one of that side; one
 * that asks for a price it rests at already keeps its place in the queue. So a slot may quote both sides.
 */
import { NO_TICK } from '../../market/tape.ts';
import { Side } from '../matching/order.ts';

export const ACTIONS_PER_SLOT = 3;
/** Raise it whenever the same numbers come to mean something else: older checkpoints are then refused. */
export const ACTION_VERSION = 3;
export const STAKE_DEAD_ZONE = 0.1;
const GREEN_DEAD_ZONE = 0.5;
/** Further back nothing is matched before the next decision: it would be one more way of doing nothing. */
const OFFSET_TICKS = 2;

export const Intent = { none: 0, quote: 1, withdraw: 2, greenUp: 3 } as const;
export type Intent = (typeof Intent)[keyof typeof Intent];

/** One slot's decoded action; a record that is written over. */
export class SlotAction {
  intent: Intent = Intent.none;
  side: Side = Side.back;
  /** Lots, for a quote. */
  lots = 0;
  tick = 0;
  /** For a green-up: share of the position to close, above 0 to 1. */
  share = 0;
  /** Best prices that it was decoded by, as ticks or NO_TICK. */
  bid: number = NO_TICK;
  ask: number = NO_TICK;
}

/** Best prices when the action is decoded, as ticks or NO_TICK, and the ladder's last. */
export interface Touch {
  bid: number;
  ask: number;
  lastTick: number;
}

export interface StakeRange {
  readonly minimumLots: number;
  readonly capLots: number;
}

/** Share of the way from the edge of a dead zone to 1. */
const beyond = (value: number, deadZone: number): number => Math.min(1, (Math.abs(value) - deadZone) / (1 - deadZone));

/** Decodes the three numbers at `at`; anything not finite counts as 0. */
export function decodeAction(
  actions: Float32Array | Int32Array,
  at: number,
  { bid, ask, lastTick }: Touch,
  stakes: StakeRange,
  into: SlotAction
): void {
  into.intent = Intent.none;
  into.bid = bid;
  into.ask = ask;
  const green = actions[at + 2]!;
  if (green > GREEN_DEAD_ZONE) {
    into.intent = Intent.greenUp;
    into.share = beyond(green, GREEN_DEAD_ZONE);
    return;
  }
  if (green < -GREEN_DEAD_ZONE) {
    into.intent = Intent.withdraw;
    return;
  }
  const stake = actions[at]!;
  if (!(Math.abs(stake) > STAKE_DEAD_ZONE)) return;
  const price = actions[at + 1]!;
  const offset = Number.isFinite(price) ? Math.round(Math.max(-1, Math.min(1, price)) * OFFSET_TICKS) : 0;
  if (bid === NO_TICK || ask === NO_TICK) return;
  into.intent = Intent.quote;
  into.lots = Math.round(stakes.minimumLots + beyond(stake, STAKE_DEAD_ZONE) * (stakes.capLots - stakes.minimumLots));
  if (stake > 0) {
    into.side = Side.back;
    into.tick = Math.min(lastTick, Math.max(bid, ask + offset));
  } else {
    into.side = Side.lay;
    into.tick = Math.max(0, Math.min(ask, bid - offset));
  }
}
