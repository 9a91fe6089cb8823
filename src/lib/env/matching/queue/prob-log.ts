/**
 * Logarithmic queue, f(x) = ln(1 + x), w = f(back) / (f(back) + f(front)): cancellations spread more evenly over the
 * queue than by a power (hftbacktest, "Queue models": LogProbQueueFunc). The 1 makes it depend on the unit of size:
 * the field counts in the venue's own unit (whole coins), so its number of lots is given.
 */
import { probabilityRule } from './probability.ts';
import { queueByRule } from './queue-model.ts';
import type { FrontRule, QueueModel } from './queue-model.ts';

/** @param lotsPerUnit what the arguments of the rule are counted in: lots in a venue's unit, 1 where they are units */
export const probLogRule = (lotsPerUnit: number): FrontRule =>
  probabilityRule((parts) => {
    const behind = Math.log(1 + parts[1]! / lotsPerUnit);
    parts[2] = behind / (behind + Math.log(1 + parts[0]! / lotsPerUnit));
  });

/** @param lotSize of the venue's rules: a thousandth of a coin has 1,000 lots in a unit */
export const probLog = (lotSize: number): QueueModel => queueByRule('probLog', probLogRule(1 / lotSize));
