/**
 * SAC with LSTM memory learns a task that needs memory: the pendulum without its velocity. Through the loop, the
 * evaluation and the environments that a run in the app uses.
 */
import { describe, expect, it } from 'vitest';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import { seed } from '../core/units.ts';
import { baselines } from '../env/baselines.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { asRemote } from '../env/vector-env.ts';
import { Evaluator } from './evaluate.ts';
import { RunControl } from './run-control.ts';
import { trainRun } from './train-run.ts';
import type { EvaluationReport, MetricRow } from './types.ts';

const config = readConfig(`
version: 1
name: pendulum that learns
seed: 1
env: { id: PendulumNoVel-v1, environments: 4 }
agent:
  algorithm: sac-lstm
  lstmUnits: 32
  hiddenUnits: 64
  gamma: 0.9
  tau: 0.02
  actorLearningRate: 0.003
  criticLearningRate: 0.003
  temperatureLearningRate: 0.003
  initialTemperature: 0.5
  batch: 32
  sequence: 16
  burnIn: 4
  learningStarts: 800
training: { updates: 2500, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 50, backend: wasm }
`);

/**
 * A random policy comes to -1170 here, give or take 110 over 32 episodes; the best published for a task like it is
 * about -160. This agent came to -171 and -316 with seeds 1 and 2, in under 50 s of one core. -800 lies three spreads
 * above chance and far below what was measured, so that it fails when nothing is learnt and not when a harmless change
 * moves the numbers.
 */
const BOUND = -800;

describe('SAC-LSTM on PendulumNoVel', () => {
  it('ends clearly above a random policy', { timeout: 600_000 }, async () => {
    const device = await chooseDevice('wasm');
    const env = makeVectorEnv({ config: config.env, tapes: [] });
    const evaluationEnv = makeVectorEnv({ config: { ...config.env, environments: 32 }, tapes: [] });
    const agent = makeAgent({
      config: config.agent,
      spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
      seed: seed(config.seed),
      schemaHash: 'test',
      reportEvery: config.training.reportEvery,
      totalUpdates: config.training.updates
    });
    const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const evaluator = new Evaluator({
      env: asRemote(evaluationEnv),
      episodes: evaluationEnv.episodeMarkets,
      heldOut: true,
      seed: seed(config.seed),
      bootstrapSamples: 500,
      confidencePercent: 95,
      baselines: baselines(config.env, seed(config.seed)),
      breathe
    });
    const rows: MetricRow[] = [];
    const reports: EvaluationReport[] = [];
    const { state } = await trainRun({
      config,
      env: asRemote(env),
      agent,
      evaluate: (updates) => evaluator.evaluate(agent, updates),
      control: new RunControl(),
      clock: { epochMillis: () => Date.now(), monotonicMillis: () => performance.now() },
      breathe,
      events: {
        rows: (some) => rows.push(...some),
        evaluation: (report) => reports.push(report),
        checkpoint: () => Promise.resolve(),
        paused: () => undefined
      }
    });
    expect(state).toBe('finished');
    const returns = new Map(reports[0]?.policies.map(({ policy, metrics }) => [policy, metrics['return']]));
    const own = returns.get('agent');
    const random = returns.get('random');
    console.info(`agent ${JSON.stringify(own)}, random ${JSON.stringify(random)}`);
    expect(own?.mean).toBeGreaterThan(BOUND);
    expect(own?.low).toBeGreaterThan(random?.high ?? 0);
    expect(rows.filter((row) => row['critic_loss'] !== undefined).length).toBeGreaterThanOrEqual(50);
    agent.dispose();
    device.dispose();
  });
});
