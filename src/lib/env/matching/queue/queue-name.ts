/** The queue models by the names that configurations and stories call them. */
import type { MarketRules } from '../../../market/rules.ts';
import { fifo } from './fifo.ts';
import { fullQueue } from './full-queue.ts';
import { probLog } from './prob-log.ts';
import { probPower } from './prob-power.ts';
import type { QueueModel } from './queue-model.ts';
import { riskAverse } from './risk-averse.ts';

/** From the most to the least cautious; `fifo` knows more only where the source tells single orders. */
export const QUEUE_NAMES = ['fullQueue', 'riskAverse', 'probLog', 'probPower', 'fifo'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Exponent of `probPower` where none is asked for: the value of hftbacktest's own examples. */
const POWER = 3;

/** @param rules of the market: the logarithmic queue counts in the venue's unit */
export function queueNamed(name: QueueName, rules: Pick<MarketRules, 'lotSize'>): QueueModel {
  switch (name) {
    case 'fullQueue':
      return fullQueue;
    case 'riskAverse':
      return riskAverse;
    case 'probLog':
      return probLog(rules.lotSize);
    case 'probPower':
      return probPower(POWER);
    case 'fifo':
      return fifo;
  }
}

/** Every named model but the one that counts. */
export function otherQueues(counting: QueueModel, rules: Pick<MarketRules, 'lotSize'>): QueueModel[] {
  return QUEUE_NAMES.map((name) => queueNamed(name, rules)).filter((model) => model.id !== counting.id);
}
