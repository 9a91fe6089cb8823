/**
 * The reward of `AUPreOffV7TradeCost`, term by term, each already weighted; the reward is their sum. Every term but
 * the step penalties is in units of the stake cap, so that one weight fits all bankrolls.
 */
import type { RewardWeights } from '../../config/run-config.ts';

export const REWARD_TERMS = [
  'mark_to_market',
  'all_green',
  'worst_runner',
  'exposure',
  'trade_cost',
  'order_spam'
] as const;

/** What one step came to; amounts in lots of the market's currency. */
export class StepOutcome {
  /** Change of the hedged value after commission. */
  markToMarketChange = 0;
  /** At the end only: whether something was matched and no runner loses; and the worst runner's result. */
  ended = false;
  allGreen = false;
  worstLots = 0;
  /** Worst loss over runners, waiting orders not counted. */
  exposureLots = 0;
  /** Spread and slippage paid against the middle of the book when the order was decided. */
  tradeCostLots = 0;
  /** Orders placed and cancelled. */
  requests = 0;
  /** What it earned: the sum of the terms, once they are written. */
  reward = 0;
}

/** Writes the six terms at `at`, and their sum into the outcome. */
export function writeReward(
  outcome: StepOutcome,
  weights: RewardWeights,
  scale: { readonly capLots: number; readonly bankrollLots: number },
  terms: Float32Array,
  at: number
): void {
  terms[at] = (weights.markToMarket * outcome.markToMarketChange) / scale.capLots;
  terms[at + 1] = outcome.ended && outcome.allGreen ? weights.allGreen : 0;
  terms[at + 2] = outcome.ended ? (weights.worstRunner * outcome.worstLots) / scale.capLots : 0;
  terms[at + 3] = (-weights.exposure * outcome.exposureLots) / scale.bankrollLots;
  terms[at + 4] = (-weights.tradeCost * outcome.tradeCostLots) / scale.capLots;
  terms[at + 5] = -weights.orderSpam * outcome.requests;
  let sum = 0;
  for (let term = 0; term < REWARD_TERMS.length; term++) sum += terms[at + term]!;
  outcome.reward = sum;
}
