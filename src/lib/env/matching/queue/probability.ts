/**
 * Where lots that left a level without trading stood: ahead of us or behind. The rule splits them by a weight, the
 * probability that one of them was behind, and moves the front by the rest (Rigtorp, "Estimating order queue
 * position", 2013; in the form of hftbacktest's documentation, "Queue models", whose power and log functions have
 * their files here). Knows nothing of which weight.
 */
import type { FrontRule } from './queue-model.ts';

/**
 * Probability that what left a level left from behind, infinite counting as 1: of [0] ahead and [1] behind, into [2]; see
 * `LevelChange` for why.
 */
export type BackWeight = (parts: Float64Array) => void;

/**
 * The rule of one weight. A level that grew, or sank by no more than traded, only bounds the front. Else, of
 * `left` = before - after - traded: (1 - w) left from ahead; w left from behind, and what was not there to leave
 * from behind left from ahead too. Not a number (nothing ahead and nothing behind): all that shows is ahead.
 */
export function probabilityRule(weight: BackWeight): FrontRule {
  const parts = new Float64Array(3);
  return (change) => {
    const front = change[0]!;
    const before = change[1]!;
    const after = change[2]!;
    const left = before - after - change[3]!;
    if (left < 0) {
      change[0] = Math.min(front, after);
      return;
    }
    const back = before - front;
    parts[0] = front;
    parts[1] = back;
    weight(parts);
    const share = parts[2]!;
    const behind = Math.abs(share) === Number.POSITIVE_INFINITY ? 1 : share;
    const estimate = front - (1 - behind) * left + Math.min(back - behind * left, 0);
    change[0] = Number.isNaN(estimate) ? after : Math.min(estimate, after);
  };
}
