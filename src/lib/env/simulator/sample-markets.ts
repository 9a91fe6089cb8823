/** Which simulated markets make the built-in sample: one a day, all from one seed, so that anyone can make them again. */
import { seed } from '../../core/units.ts';
import type { Tape } from '../../market/tape.ts';
import { drawScenario } from './market-draw.ts';
import type { Scenario } from './scenario.ts';
import { simulateTape } from './simulate-tape.ts';

export const SAMPLE_SEED = seed(20260103);
export const SAMPLE_MARKETS = 40;
const FIRST_OFF_MILLIS = Date.UTC(2026, 0, 3, 2, 30);
const DAY_MILLIS = 86_400_000;

/** Twelve minutes before the scheduled off until the result. */
export const sampleScenario = (index: number): Scenario =>
  drawScenario({ seed: SAMPLE_SEED, index, scheduledMillis: FIRST_OFF_MILLIS + index * DAY_MILLIS, leadSeconds: 720 });

export const sampleTape = (index: number): Promise<Tape> => simulateTape(sampleScenario(index), { shared: false });
