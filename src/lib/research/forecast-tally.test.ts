/** Forecasts held against what comes a horizon later, in episodes of made-up labels. */
import { describe, expect, it } from 'vitest';
import type { Foretold } from '../agents/agent.ts';
import type { ForecastSpec } from '../config/forecasts.ts';
import { ForecastTally } from './forecast-tally.ts';

const spec: ForecastSpec = { steps: 3, kinds: ['price', 'price', 'fill'] };
const columns = spec.kinds.length;
/** Episodes of environments 0 and 1, in the order they play them, with their lengths. */
const SCHEDULE = [
  [
    { episode: 0, length: 5 },
    { episode: 2, length: 2 }
  ],
  [{ episode: 1, length: 6 }]
] as const;

const huber = (told: number, label: number): number => {
  const d = Math.abs(told - label);
  return d <= 1 ? 0.5 * d * d : d - 0.5;
};
const entropy = (logOdds: number, label: number): number => {
  const p = 1 / (1 + Math.exp(-logOdds));
  return -(label * Math.log(p) + (1 - label) * Math.log(1 - p));
};
/** What is told of a row, and what comes of it. */
const toldOf = (episode: number, row: number): number[] => [episode + 0.3 * row, -row, 0.5 * row - 1];
const labelOf = (episode: number, row: number): number[] => [episode, row === 1 ? Number.NaN : 0.1 * row, row % 2];
const naive = Float32Array.of(0.25, -0.5, 0.75);

function play(asked: Foretold['asked']): ForecastTally {
  const buffers = {
    labels: new Float32Array(2 * columns),
    episode: Int32Array.from(SCHEDULE, ([first]) => first.episode),
    terminated: new Uint8Array(2),
    truncated: new Uint8Array(2)
  };
  const env = { size: 2, buffers } as unknown as ConstructorParameters<typeof ForecastTally>[0];
  const tally = new ForecastTally(env, spec);
  const at = [0, 0];
  const rows = [0, 0];
  for (let step = 0; step < 8; step++) {
    const told = new Float32Array(2 * columns);
    for (const e of [0, 1]) if (buffers.episode[e]! >= 0) told.set(toldOf(buffers.episode[e]!, rows[e]!), e * columns);
    tally.acted({ asked, told, naive });
    for (const e of [0, 1]) {
      const own = SCHEDULE[e]![at[e]!];
      buffers.labels.fill(Number.NaN, e * columns, (e + 1) * columns);
      buffers.truncated[e] = 0;
      if (own === undefined) continue;
      const row = rows[e]! - spec.steps + 1;
      if (row >= 0) buffers.labels.set(labelOf(own.episode, row), e * columns);
      if (++rows[e]! < own.length) continue;
      buffers.truncated[e] = 1;
      rows[e] = 0;
      at[e]!++;
      buffers.episode[e] = SCHEDULE[e]![at[e]!]?.episode ?? -1;
    }
    tally.stepped();
  }
  return tally;
}

/** Mean errors worked out episode by episode: the last rows of each never come to be known. */
function expected(episodes: readonly number[]): Record<string, number> {
  const errors = { price: [] as number[], priceNaive: [] as number[], fill: [] as number[], fillNaive: [] as number[] };
  for (const episode of episodes) {
    const { length } = SCHEDULE.flat().find((one) => one.episode === episode)!;
    for (let row = 0; row + spec.steps - 1 < length; row++) {
      const [told, label] = [toldOf(episode, row), labelOf(episode, row)];
      for (const i of [0, 1]) {
        if (Number.isNaN(label[i])) continue;
        errors.price.push(huber(told[i]!, label[i]!));
        errors.priceNaive.push(huber(naive[i]!, label[i]!));
      }
      errors.fill.push(entropy(told[2]!, label[2]!));
      errors.fillNaive.push(entropy(naive[2]!, label[2]!));
    }
  }
  const mean = (all: readonly number[]): number => all.reduce((sum, x) => sum + x, 0) / all.length;
  return {
    forecast_price: mean(errors.price),
    forecast_price_naive: mean(errors.priceNaive),
    forecast_fill: mean(errors.fill),
    forecast_fill_naive: mean(errors.fillNaive)
  };
}

describe('a tally of forecasts', () => {
  it.each([[[0]], [[1]], [[0, 1, 2]], [[1, 1, 0]]])('has the mean errors of episodes %j', (episodes) => {
    const summary = play(['price', 'volume', 'fill']).summarise(episodes);
    const wanted = expected(episodes);
    expect(Object.keys(summary).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, value] of Object.entries(wanted)) expect(summary[name], name).toBeCloseTo(value, 5);
  });

  it('says nothing of an episode too short for any label, nor of what is not asked', () => {
    expect(play(['price', 'fill']).summarise([2])).toEqual({});
    expect(Object.keys(play(['fill']).summarise([0, 1]))).toEqual(['forecast_fill', 'forecast_fill_naive']);
  });
});
