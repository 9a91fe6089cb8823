/**
 * Risk-averse queue: only trades move an order forward, and the size of its level bounds what can be ahead. Every
 * cancellation is taken to be behind us for as long as it can be (hftbacktest's `RiskAdverseQueueModel`).
 */
import { queueByRule } from './queue-model.ts';
import type { FrontRule } from './queue-model.ts';

/** What is ahead once a level that held `before` lots holds `after`. */
export const riskAverseRule: FrontRule = (front, _before, after) => Math.min(front, after);

export const riskAverse = queueByRule('riskAverse', riskAverseRule);
