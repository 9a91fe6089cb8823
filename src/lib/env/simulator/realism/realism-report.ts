/**
 * The report on how like recorded markets the simulated ones are, as plain data: what was measured on what, and every
 * figure of each. It holds figures alone, nothing of the recordings.
 */
import { seed } from '../../../core/units.ts';
import { SAMPLE_MARKETS, sampleTape } from '../sample-markets.ts';
import { drawScenario } from '../market-draw.ts';
import { FULL_BEHAVIOUR, FULL_RACE } from '../scenario.ts';
import { simulateTape } from '../simulate-tape.ts';
import { isAlike, rangeOf, REALISM_FIGURES } from './realism-comparison.ts';
import type { Range, RealismGroup, Tolerance } from './realism-comparison.ts';
import { realismFacts } from './realism-facts.ts';
import type { RealismFacts } from './realism-facts.ts';

export interface RealismRow {
  readonly group: RealismGroup;
  readonly label: string;
  readonly unit: string;
  readonly tolerance: Tolerance;
  /** Absent where no market shows the figure. */
  readonly recorded?: Range;
  readonly simulated?: Range;
  readonly sample?: Range;
  /** Absent where there is nothing to compare. */
  readonly simulatedAlike?: boolean;
  readonly sampleAlike?: boolean;
}

export interface RealismReport {
  /** Ids of the recorded markets, as their venue gives them. */
  readonly recordedMarkets: readonly string[];
  readonly simulatedMarkets: number;
  readonly sampleMarkets: number;
  readonly rows: readonly RealismRow[];
}

const SIMULATED_SEED = seed(5);
const SIMULATED_MARKETS = 12;

/** Markets at a recorded market's pace, from an hour before the off to the finish. */
export async function simulatedFacts(markets = SIMULATED_MARKETS): Promise<RealismFacts[]> {
  const facts: RealismFacts[] = [];
  for (let index = 0; index < markets; index++) {
    const scenario = drawScenario({
      seed: SIMULATED_SEED,
      index,
      scheduledMillis: Date.UTC(2026, 0, 3, 2),
      behaviour: FULL_BEHAVIOUR,
      leadSeconds: 3600,
      race: FULL_RACE
    });
    const one = realismFacts(await simulateTape(scenario, { shared: false }));
    if (one !== undefined) facts.push(one);
  }
  return facts;
}

export async function sampleFacts(markets = SAMPLE_MARKETS): Promise<RealismFacts[]> {
  const facts: RealismFacts[] = [];
  for (let index = 0; index < markets; index++) {
    const one = realismFacts(await sampleTape(index));
    if (one !== undefined) facts.push(one);
  }
  return facts;
}

/** Four figures are more than three markets can bear out. */
const rounded = (range: Range | undefined): Range | undefined => {
  if (range === undefined) return undefined;
  const four = (value: number): number => Number(value.toPrecision(4));
  return { low: four(range.low), mean: four(range.mean), high: four(range.high), markets: range.markets };
};

export function realismRows(facts: {
  readonly recorded: readonly RealismFacts[];
  readonly simulated: readonly RealismFacts[];
  readonly sample: readonly RealismFacts[];
}): RealismRow[] {
  return REALISM_FIGURES.map((figure) => {
    const { group, label, unit, tolerance } = figure;
    const recorded = rounded(rangeOf(figure, facts.recorded));
    const simulated = rounded(rangeOf(figure, facts.simulated));
    const sample = rounded(rangeOf(figure, facts.sample));
    const alike = (range: Range | undefined): boolean | undefined =>
      recorded === undefined || range === undefined ? undefined : isAlike(recorded, range, tolerance);
    const [simulatedAlike, sampleAlike] = [alike(simulated), alike(sample)];
    return {
      group,
      label,
      unit,
      tolerance,
      ...(recorded === undefined ? {} : { recorded }),
      ...(simulated === undefined ? {} : { simulated }),
      ...(sample === undefined ? {} : { sample }),
      ...(simulatedAlike === undefined ? {} : { simulatedAlike }),
      ...(sampleAlike === undefined ? {} : { sampleAlike })
    };
  });
}
