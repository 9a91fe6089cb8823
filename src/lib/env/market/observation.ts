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

/** Brings numbers already written into the bounds: a call a range, so that no number travels by itself. */
export function clipRange(values: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (value > OBSERVATION_LIMIT) values[i] = OBSERVATION_LIMIT;
    else if (value < -OBSERVATION_LIMIT) values[i] = -OBSERVATION_LIMIT;
  }
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
  const loses = account.ifLoses(slot);
  into[at] = 1;
  into[at + 1] = (view.sumIfLoses - loses + account.ifWins(slot)) / cap;
  into[at + 2] = loses / cap;
  into[at + 3] = account.matchedBack(slot) / capLots;
  into[at + 4] = account.matchedLay(slot) / capLots;
  into[at + 5] = green.value / cap;
  into[at + 6] = (green.side === Side.lay ? green.stake : -green.stake) / capLots;
  into[at + 7] = account.waitingBack(slot) / capLots;
  into[at + 8] = account.waitingLay(slot) / capLots;
  const back = waiting(view.back);
  into[at + 9] = back === undefined || bestAsk === NO_TICK ? 0 : (back.tick - bestAsk) / 10;
  writeAhead(back, into, at + 10);
  const lay = waiting(view.lay);
  into[at + 11] = lay === undefined || bestBid === NO_TICK ? 0 : (bestBid - lay.tick) / 10;
  writeAhead(lay, into, at + 12);
  clipRange(into, at + 1, at + SLOT_COLUMNS.length);
}

const waiting = (order: Order | undefined): Order | undefined =>
  order === undefined || order.status === OrderStatus.complete ? undefined : order;

/** The share of the queue that is ahead of an order: 1 while it is on its way, 0 without one. */
function writeAhead(order: Order | undefined, into: Float32Array, at: number): void {
  if (order === undefined) into[at] = 0;
  else into[at] = order.status === OrderStatus.executable ? order.ahead / (order.ahead + order.rest) : 1;
}
