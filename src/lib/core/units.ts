/** Branded quantities. A raw `number` never crosses a room. */
import { assert } from './assert.ts';

/** Whole nanoseconds since a tape's start; f64 is exact for 104 days. */
export type Nanos = number & { readonly __unit: 'nanos' };
/** Index into a `Ladder`. */
export type Ticks = number & { readonly __unit: 'ticks' };
/** Whole multiples of a venue's smallest size. */
export type Lots = number & { readonly __unit: 'lots' };
/** Whole minor units of a market's currency (pennies, cents). */
export type Money = number & { readonly __unit: 'minor' };
/** Root of every random stream of a run: an unsigned 32-bit integer. */
export type Seed = number & { readonly __unit: 'seed' };

export const NANOS_PER_MILLI = 1e6;
export const NANOS_PER_SECOND = 1e9;

function whole(name: string, n: number): number {
  assert(Number.isSafeInteger(n), `${name}: expected a whole number, got ${String(n)}`);
  return n;
}

export const nanos = (n: number): Nanos => whole('nanos', n) as Nanos;
export const ticks = (n: number): Ticks => whole('ticks', n) as Ticks;
export const lots = (n: number): Lots => whole('lots', n) as Lots;

export function seed(n: number): Seed {
  assert(Number.isInteger(n) && n >= 0 && n <= 0xffffffff, `seed: expected 0 to 4294967295, got ${String(n)}`);
  return n as Seed;
}

export const seconds = (s: number): Nanos => Math.round(s * NANOS_PER_SECOND) as Nanos;
export const millis = (ms: number): Nanos => Math.round(ms * NANOS_PER_MILLI) as Nanos;
