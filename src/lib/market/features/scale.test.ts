import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { FeatureMemory } from './feature-memory.ts';
import { squash } from './scale.ts';

const anySize = fc.tuple(fc.double({ min: -18, max: 12, noNaN: true }), fc.boolean());

/* As many digits as a double has, over sizes from dust to what no market shows. */
property.prop([anySize])('squash is asinh, to a few units of the last place', ([power, negative]) => {
  const x = (negative ? -1 : 1) * 10 ** power;
  // Below, asinh(x) is x but for a part of 1e-16 of it; the engine's own is not as near there.
  const exact = Math.abs(x) < 1e-5 ? x - x ** 3 / 6 : Math.asinh(x);
  expect(Math.abs(squash(x) - exact)).toBeLessThanOrEqual(4e-15 * Math.abs(exact));
});

test('squash has no step where its series ends, keeps nothing as it is and says of no number that it is none', () => {
  for (const x of [0.125, -0.125]) expect(squash(x * (1 - 1e-12)) / squash(x)).toBeCloseTo(1, 11);
  expect(squash(0)).toBe(0);
  expect(squash(Number.NaN)).toBeNaN();
  expect(squash(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

property.prop([fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 })])(
  'what has decayed is the exponential of the time passed, whatever was asked for before',
  (passed) => {
    const decay = new FeatureMemory().decay(30);
    for (const seconds of [...passed, ...passed.toReversed(), ...passed]) {
      expect(decay.at(5, 5 + seconds)).toBe(Math.exp((5 - (5 + seconds)) / 30));
    }
  }
);
