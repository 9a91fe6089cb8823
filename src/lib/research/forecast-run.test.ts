/** A run whose agent learns to forecast: from the configuration to the points on its charts, on recorded markets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { forecastSteps } from '../config/forecasts.ts';
import { readConfig } from '../config/read-config.ts';
import { ManualClock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import { baselines } from '../env/baselines.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { asRemote } from '../env/vector-env.ts';
import { Evaluator } from './evaluate.ts';
import { RunControl } from './run-control.ts';
import { trainRun } from './train-run.ts';
import type { EvaluationReport, MetricRow } from './types.ts';

const tapes = [1, 2, 3].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));

/** Markets that training does not see. */
const heldOut = [11, 12].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));

async function run(agentFields: string): Promise<{ rows: MetricRow[]; evaluation: EvaluationReport | undefined }> {
  const config = readConfig(`
version: 1
name: forecasts
env: { id: AUPreOffV7TradeCost, environments: 2, slots: 2, startMinutes: 1, decisionSeconds: 2 }
agent:
  { algorithm: sac-lstm, lstmUnits: 8, hiddenUnits: 8, batch: 4, sequence: 6, burnIn: 2, learningStarts: 60,
    replaySteps: 900, criticLearningRate: 0.003, actorLearningRate: 0.003${agentFields} }
training: { updates: 250, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 1, backend: wasm }
`);
  const env = makeVectorEnv({ config: config.env, tapes, forecastSteps: forecastSteps(config.agent) });
  const { observation, action, forecast } = env.spec;
  const agent = makeAgent({
    config: config.agent,
    spaces: { observation, action, environments: env.size, forecast },
    seed: seed(1),
    schemaHash: 'test',
    reportEvery: 1,
    totalUpdates: config.training.updates
  });
  const judged = makeVectorEnv({
    config: { ...config.env, environments: 2 },
    tapes: heldOut,
    forecastSteps: forecastSteps(config.agent)
  });
  const evaluator = new Evaluator({
    env: asRemote(judged),
    episodes: judged.episodeMarkets,
    heldOut: true,
    seed: seed(2),
    bootstrapSamples: 50,
    confidencePercent: 95,
    baselines: baselines(config.env, seed(2)),
    breathe: () => Promise.resolve()
  });
  const rows: MetricRow[] = [];
  let evaluation: EvaluationReport | undefined;
  await trainRun({
    config,
    env: asRemote(env),
    agent,
    evaluate: (updates) => evaluator.evaluate(agent, updates),
    control: new RunControl(),
    clock: new ManualClock(),
    breathe: () => Promise.resolve(),
    events: {
      rows: (more) => {
        rows.push(...more);
      },
      evaluation: (report) => {
        evaluation = report;
      },
      checkpoint: () => Promise.resolve(),
      paused: () => undefined
    }
  });
  agent.dispose();
  return { rows, evaluation };
}

describe('a run whose agent forecasts', () => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it('shows errors of its own that fall, and is another run than one that does not', { timeout: 120_000 }, async () => {
    const { rows, evaluation } = await run(', auxPrice: 1, auxVolume: 1, auxFill: 1, auxSteps: 4');
    for (const name of ['aux_price', 'aux_volume', 'aux_fill']) {
      const errors = rows.flatMap((row) => (row[name] === undefined ? [] : [row[name]]));
      expect(errors.length).toBe(250);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(errors.slice(-30)), name).toBeLessThan(mean(errors.slice(0, 10)));
    }
    const [own, ...others] = evaluation!.policies;
    for (const kind of ['price', 'volume', 'fill']) {
      for (const name of [`forecast_${kind}`, `forecast_${kind}_naive`]) {
        const { mean, low, high } = own!.metrics[name]!;
        expect(mean, name).toBeGreaterThan(0);
        expect(low, name).toBeLessThanOrEqual(mean);
        expect(high, name).toBeGreaterThanOrEqual(mean);
        expect(others.some(({ metrics }) => name in metrics)).toBe(false);
      }
    }
    const { rows: plain, evaluation: without } = await run('');
    expect(Object.keys(without!.policies[0]!.metrics).filter((name) => name.startsWith('forecast'))).toEqual([]);
    expect(plain.some((row) => Object.keys(row).some((name) => name.startsWith('aux')))).toBe(false);
    expect(plain.at(-1)?.['critic_loss']).not.toBe(rows.at(-1)?.['critic_loss']);
  });
});
