import { describe, expect, it } from 'vitest';
import { philox, philoxNormals, uniformOf, type PhiloxCounter, type PhiloxKey } from './philox.ts';

/** Known answers of Random123, the paper's own code: counter, key, words. */
const KNOWN: readonly (readonly [PhiloxCounter, PhiloxKey, readonly number[]])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
  ]
];

const DRAWS = 1_000_000;
const KEY: PhiloxKey = [20110, 1112];

/** Sum over bins of (found - expected)² / expected. */
function chiSquare(found: readonly number[], expected: readonly number[]): number {
  return found.reduce((sum, n, i) => sum + (n - expected[i]!) ** 2 / expected[i]!, 0);
}

/** Five standard deviations over the mean of chi-square with so many degrees of freedom. */
const limit = (freedom: number): number => freedom + 5 * Math.sqrt(2 * freedom);

describe('Philox4x32-10', () => {
  it.each(KNOWN)('of %s with key %s gives the words of its authors', (counter, key, words) => {
    expect(philox(counter, key)).toEqual(words);
  });

  it('makes uniforms that fill 256 bins and pairs that fill 32 x 32, alike', () => {
    const bins = new Array<number>(256).fill(0);
    const pairs = new Array<number>(1024).fill(0);
    for (let i = 0; i < DRAWS / 4; i++) {
      const uniforms = philox([i, 0, 3, 0], KEY).map(uniformOf);
      for (const u of uniforms) bins[Math.floor(u * 256)]!++;
      for (const k of [0, 2]) pairs[32 * Math.floor(uniforms[k]! * 32) + Math.floor(uniforms[k + 1]! * 32)]!++;
    }
    expect(
      chiSquare(
        bins,
        bins.map(() => DRAWS / 256)
      )
    ).toBeLessThan(limit(255));
    expect(
      chiSquare(
        pairs,
        pairs.map(() => DRAWS / 2 / 1024)
      )
    ).toBeLessThan(limit(1023));
  });

  it('makes standard normals: four moments, and the shares of bins between known quantiles', () => {
    const values = new Float32Array(DRAWS);
    philoxNormals(KEY, 5, values);
    const moment = (power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / DRAWS;
    // Five standard errors: of x^p that is 5 √((E x^2p - (E x^p)²) / n).
    expect(Math.abs(moment(1))).toBeLessThan(0.005);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.0071);
    expect(Math.abs(moment(3))).toBeLessThan(0.0194);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.049);
    // Bounds of tenths of the standard normal distribution.
    const bounds = [-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516];
    const bins = new Array<number>(10).fill(0);
    for (const x of values) bins[bounds.filter((bound) => x > bound).length]!++;
    expect(
      chiSquare(
        bins,
        bins.map(() => DRAWS / 10)
      )
    ).toBeLessThan(limit(9));
    // Neighbours in a pair, and draws beside one another, are not related.
    const next = new Float32Array(DRAWS);
    philoxNormals(KEY, 6, next);
    const product = (other: (i: number) => number): number =>
      values.reduce((sum, x, i) => sum + x * other(i), 0) / DRAWS;
    expect(Math.abs(product((i) => values[i ^ 1]!))).toBeLessThan(0.0071);
    expect(Math.abs(product((i) => next[i]!))).toBeLessThan(0.005);
  });

  it('gives a draw the same numbers whatever its length, and counts beyond 32 bits', () => {
    const draw = (number: number, length: number): number[] => {
      const values = new Float32Array(length);
      philoxNormals(KEY, number, values);
      return [...values];
    };
    expect(draw(9, 7)).toEqual(draw(9, 100).slice(0, 7));
    expect(draw(2 ** 32 + 1, 4)).not.toEqual(draw(1, 4));
  });
});
