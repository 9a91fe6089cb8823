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
import { makeVectorEnv } from '../env/make-env.ts';
import { asRemote } from '../env/vector-env.ts';
import { RunControl } from './run-control.ts';
import { trainRun } from './train-run.ts';
import type { MetricRow } from './types.ts';

const tapes = [1, 2, 3].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));

async function run(agentFields: string): Promise<MetricRow[]> {
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
  const rows: MetricRow[] = [];
  await trainRun({
    config,
    env: asRemote(env),
    agent,
    evaluate: (updates) => {
      const none = { heldOut: true, markets: [], confidencePercent: 95, policies: [], digest: '' };
      return Promise.resolve({ ...none, updates });
    },
    control: new RunControl(),
    clock: new ManualClock(),
    breathe: () => Promise.resolve(),
    events: {
      rows: (more) => {
        rows.push(...more);
      },
      evaluation: () => undefined,
      checkpoint: () => Promise.resolve(),
      paused: () => undefined
    }
  });
  agent.dispose();
  return rows;
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
    const rows = await run(', auxPrice: 1, auxVolume: 1, auxFill: 1, auxSteps: 4');
    for (const name of ['aux_price', 'aux_volume', 'aux_fill']) {
      const errors = rows.flatMap((row) => (row[name] === undefined ? [] : [row[name]]));
      expect(errors.length).toBe(250);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(mean(errors.slice(-30)), name).toBeLessThan(mean(errors.slice(0, 10)));
    }
    const plain = await run('');
    expect(plain.some((row) => Object.keys(row).some((name) => name.startsWith('aux')))).toBe(false);
    expect(plain.at(-1)?.['critic_loss']).not.toBe(rows.at(-1)?.['critic_loss']);
  });
});
