/**
 * Where lots that left a level without trading stood: ahead of us or behind. The rule splits them by a weight, the
 * probability that one of them was behind, and moves the front by the rest (Rigtorp, "Estimating order queue
 * position", 2013; in the form of hftbacktest's documentation, "Queue models", whose power and log functions have
 * their files here). Knows nothing of which weight.
 */
import type { FrontRule } from './queue-model.ts';

/** Probability that what left a level of `front` ahead and `back` behind left from behind; infinite counts as 1. */
export type BackWeight = (front: number, back: number) => number;

/**
 * The rule of one weight. A level that grew, or sank by no more than traded, only bounds the front. Else, of
 * `left` = before - after - traded: (1 - w) left from ahead; w left from behind, and what was not there to leave
 * from behind left from ahead too. Not a number (nothing ahead and nothing behind): all that shows is ahead.
 */
export function probabilityRule(weight: BackWeight): FrontRule {
  return (front, before, after, traded) => {
    const left = before - after - traded;
    if (left < 0) return Math.min(front, after);
    const back = before - front;
    const share = weight(front, back);
    const behind = Math.abs(share) === Number.POSITIVE_INFINITY ? 1 : share;
    const estimate = front - (1 - behind) * left + Math.min(back - behind * left, 0);
    return Number.isNaN(estimate) ? after : Math.min(estimate, after);
  };
}
