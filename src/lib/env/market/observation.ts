/**
 * What an agent of `AUPreOffV7TradeCost` sees: for every runner slot the market features and what we hold and have
 * waiting there, then the account. Everything is finite, in units of the stake cap, the bankroll or the step limit,
 * and clipped to [-10, 10]. A slot without a runner, or whose runner has left, is all zeros and has mask 0.
 */
import { NO_TICK } from '../../market/tape.ts';
import type { BackLayAccount } from '../account/account.ts';
import { POINTS_PER_LOT } from '../account/account.ts';
import type { GreenUp } from '../account/hedge.ts';
import { OrderStatus, Side } from '../matching/order.ts';
import type { Order } from '../matching/order.ts';

export const OBSERVATION_LIMIT = 10;

/** Own part of a slot, after the market features. */
export const SLOT_COLUMNS = [
  /** 1 while a runner is in the slot. */
  'mask',
  /** Result of the whole market if this runner wins, nothing hedged; stake caps. */
  'if_wins',
  /** Result of this runner's bets if it loses; stake caps. */
  'if_loses',
  /** Stakes matched; stake caps. */
  'matched_back',
  'matched_lay',
  /** Result of this runner's bets, closed against the visible book; stake caps. */
  'green_value',
  /** Stake that would close it, positive for a lay; stake caps. */
  'green_stake',
  /** Stakes waiting or on their way; stake caps. */
  'waiting_back',
  'waiting_lay',
  /** Of the newest order: side (+1 back, -1 lay, 0 none), ticks behind the best of its side / 10, and its queue. */
  'order_side',
  'order_behind',
  'order_ahead'
] as const;

export const ACCOUNT_COLUMNS = [
  /** Hedged value after commission; stake caps. */
  'mark_to_market',
  /** Worst runner's result; stake caps. */
  'worst',
  /** Exposure with waiting orders, over the exposure limit. */
  'exposure',
  /** Decisions taken over the step limit. */
  'step'
] as const;

export function clip(value: number): number {
  return value > OBSERVATION_LIMIT ? OBSERVATION_LIMIT : value < -OBSERVATION_LIMIT ? -OBSERVATION_LIMIT : value;
}

/** Writes the own part of a slot at `at`. `order` is the slot's newest order at the venue or on its way. */
export function writeSlot(
  view: {
    readonly account: BackLayAccount;
    readonly slot: number;
    readonly sumIfLoses: number;
    readonly green: GreenUp;
    readonly order: Order | undefined;
    readonly bestBid: number;
    readonly bestAsk: number;
  },
  capLots: number,
  into: Float32Array,
  at: number
): void {
  const { account, slot, green, order } = view;
  const cap = capLots * POINTS_PER_LOT;
  const loses = account.ifLoses[slot]!;
  into[at] = 1;
  into[at + 1] = clip((view.sumIfLoses - loses + account.ifWins[slot]!) / cap);
  into[at + 2] = clip(loses / cap);
  into[at + 3] = clip(account.matchedBack[slot]! / capLots);
  into[at + 4] = clip(account.matchedLay[slot]! / capLots);
  into[at + 5] = clip(green.value / cap);
  into[at + 6] = clip((green.side === Side.lay ? green.stake : -green.stake) / capLots);
  into[at + 7] = clip(account.waitingBack[slot]! / capLots);
  into[at + 8] = clip(account.waitingLay[slot]! / capLots);
  into[at + 9] = 0;
  into[at + 10] = 0;
  into[at + 11] = 0;
  if (order === undefined || order.status === OrderStatus.complete) return;
  const back = order.side === Side.back;
  const best = back ? view.bestAsk : view.bestBid;
  into[at + 9] = back ? 1 : -1;
  into[at + 10] = best === NO_TICK ? 0 : clip((back ? order.tick - best : best - order.tick) / 10);
  into[at + 11] = order.status === OrderStatus.executable ? order.ahead / (order.ahead + order.rest) : 1;
}
