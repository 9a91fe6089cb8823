/** Brings what features measure to about one: networks learn badly from raw prices and volumes. */

/** x for small x, logarithmic for large, odd: asinh(x). Much of what is squashed is nothing, and costs nothing. */
export const squash = (x: number): number => (x === 0 ? x : Math.asinh(x));

export const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

/** (a - b) / (a + b) in [-1, 1], 0 when both are nothing. */
export const imbalance = (a: number, b: number): number => (a + b > 0 ? (a - b) / (a + b) : 0);

/** Decimal logarithm of 1 + an amount of money, over 6: 0 for nothing, 1 for a million. */
export const moneyScale = (amount: number): number => Math.log10(1 + amount) / 6;
