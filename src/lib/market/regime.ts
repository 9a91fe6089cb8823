/**
 * What kind of market it was: how much its prices moved, and how much of the movement led somewhere. Taken from evenly
 * spaced mids over the half hour before the off, of an instrument over the whole recording.
 */
import { allPriceSeries } from './price-series.ts';
import type { Nanos } from '../core/units.ts';
import type { Tape } from './tape.ts';

export interface RegimeFigures {
  /** Root mean square of the changes of ln(mid) a minute, mean over runners by their probability. */
  readonly volatility: number;
  /**
   * Net change over the sum of absolute changes (the efficiency ratio of Kaufman 1995, "Smarter Trading", chapter 7), in
   * [0, 1], mean over runners in the same way: 1 is a straight line, near 0 is back and forth.
   */
  readonly trend: number;
}

const POINTS = 61;

/** NaN where no runner has had prices on both sides twice. */
export function regimeFigures(tape: Tape): RegimeFigures {
  const last = tape.rows === 0 ? 0 : tape.exchange[tape.rows - 1]!;
  const whole = tape.market.rules.settlement.kind === 'backLay' ? {} : { from: 0 as Nanos, to: last as Nanos };
  let weights = 0;
  let volatility = 0;
  let trend = 0;
  for (const { bestBack, bestLay, millis } of allPriceSeries(tape, { points: POINTS, ...whole })) {
    const minutes = (millis[1]! - millis[0]!) / 60_000;
    let before = Number.NaN;
    let first = Number.NaN;
    let squares = 0;
    let path = 0;
    let changes = 0;
    for (let point = 0; point < POINTS; point++) {
      const mid = Math.log(bestBack[point]! * bestLay[point]!) / 2;
      if (!Number.isFinite(mid)) continue;
      if (Number.isNaN(before)) first = mid;
      else {
        squares += (mid - before) ** 2;
        path += Math.abs(mid - before);
        changes++;
      }
      before = mid;
    }
    if (changes === 0 || minutes <= 0) continue;
    const weight = tape.market.rules.settlement.kind === 'backLay' ? Math.exp(-before) : 1;
    weights += weight;
    volatility += weight * Math.sqrt(squares / (changes * minutes));
    trend += path === 0 ? 0 : (weight * Math.abs(before - first)) / path;
  }
  return weights === 0
    ? { volatility: Number.NaN, trend: Number.NaN }
    : { volatility: volatility / weights, trend: trend / weights };
}
