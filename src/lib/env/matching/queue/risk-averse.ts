/**
 * Risk-averse queue: only trades move an order forward, and the size of its level bounds what can be ahead. Every
 * cancellation is taken to be behind us for as long as it can be (hftbacktest's `RiskAdverseQueueModel`).
 */
import { queueByRule } from './queue-model.ts';
import type { FrontRule } from './queue-model.ts';

/** No more is ahead than the level holds. */
export const riskAverseRule: FrontRule = (change) => {
  change[0] = Math.min(change[0]!, change[2]!);
};

export const riskAverse = queueByRule('riskAverse', riskAverseRule);
