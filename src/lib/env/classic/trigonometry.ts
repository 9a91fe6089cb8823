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
const EIGHTH_TURN = Math.PI / 4;

const S3 = -1 / 6;
const S5 = 1 / 120;
const S7 = -1 / 5040;
const S9 = 1 / 362880;
const S11 = -1 / 39916800;
const S13 = 1 / 6227020800;
const S15 = -1 / 1307674368000;

/** Taylor to the 15th power: within an eighth of a turn the rest is under 6e-17 of the value. */
function sineNearZero(x: number): number {
  const z = x * x;
  return x + x * z * (S3 + z * (S5 + z * (S7 + z * (S9 + z * (S11 + z * (S13 + z * S15))))));
}

const C4 = 1 / 24;
const C6 = -1 / 720;
const C8 = 1 / 40320;
const C10 = -1 / 3628800;
const C12 = 1 / 479001600;
const C14 = -1 / 87178291200;
const C16 = 1 / 20922789888000;

/** Taylor to the 16th power: within an eighth of a turn the rest is under 3e-18. */
function cosineNearZero(x: number): number {
  const z = x * x;
  return 1 - 0.5 * z + z * z * (C4 + z * (C6 + z * (C8 + z * (C10 + z * (C12 + z * (C14 + z * C16))))));
}

/** Sine `quarters` quarter turns on from x. */
function sineTurned(x: number, quarters: number): number {
  if (!(x <= LIMIT && x >= -LIMIT)) return Number.NaN;
  const k = Math.floor(x * QUARTERS_PER_RADIAN + 0.5);
  const rest = x - k * QUARTER_HIGH - k * QUARTER_MIDDLE - k * QUARTER_LOW;
  switch ((k + quarters) & 3) {
    case 0:
      return sineNearZero(rest);
    case 1:
      return cosineNearZero(rest);
    case 2:
      return -sineNearZero(rest);
    default:
      return -cosineNearZero(rest);
  }
}

/** @param x in rad; NaN where it is not finite or over LIMIT, where a double says little of the angle */
export function sine(x: number): number {
  return x <= EIGHTH_TURN && x >= -EIGHTH_TURN ? sineNearZero(x) : sineTurned(x, 0);
}

/** @param x in rad; NaN where it is not finite or over LIMIT */
export function cosine(x: number): number {
  return x <= EIGHTH_TURN && x >= -EIGHTH_TURN ? cosineNearZero(x) : sineTurned(x, 1);
}
