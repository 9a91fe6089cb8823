/**
 * Sine and cosine that give the same bits in every engine: ECMAScript leaves `Math.sin` to the implementation, and a
 * run must repeat bit for bit in another browser. Only additions, multiplications and `Math.floor`, all of them exact
 * to IEEE 754. Off the true value by at most two units in the last place up to LIMIT. Nothing here knows an environment.
 */

/** Radians up to which the reduction to a quarter turn is exact: 2^20 quarter turns. */
const LIMIT = 1048576 * (Math.PI / 2);

/**
 * A quarter turn in three parts, as Cody and Waite do (1980, Software Manual for the Elementary Functions, ch. 8): the
 * first has 33 bits and the second 20, so that their products with a whole number of up to 20 bits are exact.
 */
const QUARTER_HIGH = Math.floor((Math.PI / 2) * 4294967296) / 4294967296;
const QUARTER_MIDDLE = Math.PI / 2 - QUARTER_HIGH;
const QUARTER_LOW = 6.123233995736766e-17;
const QUARTERS_PER_RADIAN = 2 / Math.PI;

/** Taylor to the 15th power: within an eighth of a turn the rest is under 6e-17 of the value. */
export const S3 = -1 / 6;
export const S5 = 1 / 120;
export const S7 = -1 / 5040;
export const S9 = 1 / 362880;
export const S11 = -1 / 39916800;
const S13 = 1 / 6227020800;
const S15 = -1 / 1307674368000;

/** Taylor to the 16th power: within an eighth of a turn the rest is under 3e-18. */
export const C4 = 1 / 24;
export const C6 = -1 / 720;
export const C8 = 1 / 40320;
export const C10 = -1 / 3628800;
export const C12 = 1 / 479001600;
const C14 = -1 / 87178291200;
const C16 = 1 / 20922789888000;

/**
 * Writes the sine of `angles[at]` (rad) into `into[to]` and the cosine beside it; NaN where the angle is not finite or
 * over LIMIT, where a double says little of it. It takes and gives numbers through arrays, since V8 allocates a float
 * that crosses a call it does not inline.
 */
export function sineCosine(angles: Float64Array, at: number, into: Float64Array, to: number): void {
  const x = angles[at]!;
  if (!(x <= LIMIT && x >= -LIMIT)) {
    into[to] = Number.NaN;
    into[to + 1] = Number.NaN;
    return;
  }
  const k = Math.floor(x * QUARTERS_PER_RADIAN + 0.5);
  const rest = x - k * QUARTER_HIGH - k * QUARTER_MIDDLE - k * QUARTER_LOW;
  const z = rest * rest;
  const sine = rest + rest * z * (S3 + z * (S5 + z * (S7 + z * (S9 + z * (S11 + z * (S13 + z * S15))))));
  const cosine = 1 - 0.5 * z + z * z * (C4 + z * (C6 + z * (C8 + z * (C10 + z * (C12 + z * (C14 + z * C16))))));
  switch (k & 3) {
    case 0:
      into[to] = sine;
      into[to + 1] = cosine;
      return;
    case 1:
      into[to] = cosine;
      into[to + 1] = -sine;
      return;
    case 2:
      into[to] = -sine;
      into[to + 1] = -cosine;
      return;
    default:
      into[to] = -cosine;
      into[to + 1] = sine;
  }
}
