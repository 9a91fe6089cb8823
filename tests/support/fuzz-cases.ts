/**
 * How many cases a fuzz test tries: few in CI, `FURLONG_FUZZ_CASES` of them in the long run; and the seed they are
 * drawn from, so that a failure can be had again (`FURLONG_FUZZ_SEED`; fast-check prints it with the shrunk case).
 */
const CASES = 300;
const SEED = 20_260_101;

/** A test's share of the cases: `weight` below 1 for dear ones, e.g. 0.1 where each case reads a whole recording. */
export function fuzzCases(weight = 1): number {
  return Math.max(1, Math.round(setting('FURLONG_FUZZ_CASES', CASES) * weight));
}

/** Fixed unless set: CI must not fail by chance on a change that has nothing to do with it. */
export function fuzzSeed(): number {
  return setting('FURLONG_FUZZ_SEED', SEED);
}

/** Time allowed to a test, milliseconds: vitest's default is for a few hundred cases, not for the long run. */
export function fuzzTimeout(weight = 1): number {
  return 30_000 + 100 * fuzzCases(weight);
}

function setting(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name}: expected a whole number from 1, got ${text}`);
  return value;
}
