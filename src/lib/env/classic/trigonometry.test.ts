import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { sineCosine } from './trigonometry.ts';

function both(x: number): readonly [sine: number, cosine: number] {
  const into = new Float64Array(3);
  sineCosine(Float64Array.of(x), 0, into, 1);
  return [into[1]!, into[2]!];
}
const sine = (x: number): number => both(x)[0];
const cosine = (x: number): number => both(x)[1];

describe('sine and cosine of our own', () => {
  it('are within 4e-16 of the engine, over many turns', () => {
    const random = new Random(1 as Seed, 'angles');
    for (const reach of [0.2, 1, 7, 100, 1e4, 1.6e6]) {
      for (let k = 0; k < 20_000; k++) {
        const x = (2 * random.uniform() - 1) * reach;
        expect(Math.abs(sine(x) - Math.sin(x)), `sine(${String(x)})`).toBeLessThan(4e-16);
        expect(Math.abs(cosine(x) - Math.cos(x)), `cosine(${String(x)})`).toBeLessThan(4e-16);
      }
    }
  });

  it('keep their relative accuracy where they cross zero', () => {
    for (const x of [1e-300, 1e-9, Math.PI, 3 * Math.PI, 100 * Math.PI]) {
      expect(Math.abs(sine(x) / Math.sin(x) - 1), `sine(${String(x)})`).toBeLessThan(1e-12);
      const quarter = x + Math.PI / 2;
      expect(Math.abs(cosine(quarter) / Math.cos(quarter) - 1), `cosine(${String(quarter)})`).toBeLessThan(1e-12);
    }
  });

  it('are odd and even, and change places a quarter turn on', () => {
    for (let x = 0.01; x < 50; x += 0.37) {
      expect(sine(-x)).toBe(-sine(x));
      expect(cosine(-x)).toBeCloseTo(cosine(x), 15);
      expect(sine(x) * sine(x) + cosine(x) * cosine(x)).toBeCloseTo(1, 15);
    }
  });

  it('have these very bits', () => {
    // A change of one bit would change every run that was recorded. All eight are the nearest doubles there are.
    const bits = (x: number): string => new BigUint64Array(Float64Array.of(x).buffer)[0]!.toString(16);
    expect([0.2, 1, 3, 100].flatMap((x) => [bits(sine(x)), bits(cosine(x))])).toMatchInlineSnapshot(`
      [
        "3fc96dff233dd2bc",
        "3fef5cb49577627a",
        "3feaed548f090cee",
        "3fe14a280fb5068c",
        "3fc210386db6d55b",
        "bfefae04be85e5d2",
        "bfe03425b78c4db8",
        "3feb981dbf665fdf",
      ]
    `);
  });

  it('are not a number where an angle means nothing', () => {
    for (const x of [Infinity, -Infinity, NaN, 1e9]) expect([sine(x), cosine(x)]).toEqual([NaN, NaN]);
  });
});
