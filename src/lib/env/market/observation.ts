/**
 * What an agent of `AUPreOffV7TradeCost` sees: for every runner slot the market features and what we hold and have
 * waiting there, then the account. Everything is finite, in units of the stake cap, the bankroll or the step limit,
 * and clipped to [-10, 10]. A slot without a runner, or whose runner has left, is all zeros and has mask 0.
 *
 * Layout: slot by slot RUNNER_FEATURES, then SLOT_COLUMNS; after the last slot MARKET_FEATURES, then ACCOUNT_COLUMNS.
 */
import { NO_TICK } from '../../market/tape.ts';
import { BackLayAccount, POINTS_PER_LOT } from '../account/account.ts';
import type { GreenUp } from '../account/hedge.ts';
import { OrderStatus, Side } from '../matching/order.ts';
import type { Order } from '../matching/order.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from './market-columns.ts';

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
  /**
   * Of the newest waiting order of each side: ticks it lies behind the best price there / 10, and the share of the
   * queue that is ahead of it (1 while on its way); 0 without one.
   */
  'back_behind',
  'back_ahead',
  'lay_behind',
  'lay_ahead'
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

export const SLOT_WIDTH = RUNNER_FEATURES.length + SLOT_COLUMNS.length;

export const observationSize = (slots: number): number =>
  slots * SLOT_WIDTH + MARKET_FEATURES.length + ACCOUNT_COLUMNS.length;

export function clip(value: number): number {
  return value > OBSERVATION_LIMIT ? OBSERVATION_LIMIT : value < -OBSERVATION_LIMIT ? -OBSERVATION_LIMIT : value;
}

/** What one slot's columns are made of; a record that is written over. `back`, `lay`: its newest orders of each side. */
export interface SlotView {
  account: BackLayAccount;
  slot: number;
  sumIfLoses: number;
  green: GreenUp;
  back: Order | undefined;
  lay: Order | undefined;
  bestBid: number;
  bestAsk: number;
}

export const emptyView = (green: GreenUp): SlotView => ({
  account: new BackLayAccount({ slots: 0, winners: 1 }),
  slot: 0,
  sumIfLoses: 0,
  green,
  back: undefined,
  lay: undefined,
  bestBid: NO_TICK,
  bestAsk: NO_TICK
});

/** Writes the own part of a slot at `at`. */
export function writeSlot(view: SlotView, capLots: number, into: Float32Array, at: number): void {
  const { account, slot, green, bestBid, bestAsk } = view;
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
  const back = waiting(view.back);
  const lay = waiting(view.lay);
  into[at + 9] = back === undefined || bestAsk === NO_TICK ? 0 : clip((back.tick - bestAsk) / 10);
  into[at + 10] = back === undefined ? 0 : aheadShare(back);
  into[at + 11] = lay === undefined || bestBid === NO_TICK ? 0 : clip((bestBid - lay.tick) / 10);
  into[at + 12] = lay === undefined ? 0 : aheadShare(lay);
}

const waiting = (order: Order | undefined): Order | undefined =>
  order === undefined || order.status === OrderStatus.complete ? undefined : order;

const aheadShare = (order: Order): number =>
  order.status === OrderStatus.executable ? order.ahead / (order.ahead + order.rest) : 1;
