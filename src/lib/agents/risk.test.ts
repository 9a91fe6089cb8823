import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { riskWeights, weighted } from './risk.ts';

beforeAll(() => tf.setBackend('cpu'));

/** CVaR from its definition: the mean of the worst part of a sample in which every value weighs the same. */
function worstPart(values: readonly number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  let mass = 0;
  let sum = 0;
  for (const value of sorted) {
    const share = Math.min(1 / sorted.length, level - mass);
    if (share <= 0) break;
    sum += share * value;
    mass += share;
  }
  return sum / level;
}

describe('weights of the worst part', () => {
  it('sum to one and give the mean of the worst part', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, level) => {
          const weights = riskWeights(values.length, level);
          expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5);
          const sorted = [...values].sort((a, b) => a - b);
          const got = tf.tidy(() => weighted(tf.tensor(sorted, [1, 1, sorted.length]), weights).dataSync()[0]!);
          expect(got).toBeCloseTo(worstPart(values, level), 3);
        }
      )
    );
  });

  it('at level one are those of the mean, and at one quantile those of the lowest', () => {
    expect([...riskWeights(4, 1)]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...riskWeights(4, 0.25)]).toEqual([1, 0, 0, 0]);
    expect([...riskWeights(4, 0.1)]).toEqual([1, 0, 0, 0]);
  });
});
