/** Trains one configuration with one seed, as a run of the app does, and plays it out greedily. A worker of `main.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { asRemote } from '../../src/lib/env/vector-env.ts';
import { Evaluator } from '../../src/lib/research/evaluate.ts';
import { RunControl } from '../../src/lib/research/run-control.ts';
import { trainRun } from '../../src/lib/research/train-run.ts';

/** Environments of an evaluation: more than it has episodes. */
const EPISODES = 100;

export interface SeedResult {
  readonly seed: number;
  readonly mean: number;
  readonly std: number;
  readonly episodes: number;
  readonly steps: number;
  readonly updates: number;
  /** Without the evaluation. */
  readonly seconds: number;
}

export async function trainSeed(config: RunConfig): Promise<SeedResult> {
  const device = await chooseDevice('wasm');
  const env = makeVectorEnv({ config: config.env, tapes: [] });
  const evaluationEnv = makeVectorEnv({ config: { ...config.env, environments: EPISODES }, tapes: [] });
  const agent = makeAgent({
    config: config.agent,
    spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
    seed: seed(config.seed),
    schemaHash: 'learn',
    reportEvery: config.training.reportEvery,
    totalUpdates: config.training.updates
  });
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const evaluator = new Evaluator({
    env: asRemote(evaluationEnv),
    episodes: evaluationEnv.episodeMarkets,
    heldOut: true,
    seed: seed(config.seed + 1000),
    bootstrapSamples: 100,
    confidencePercent: 95,
    baselines: [],
    breathe
  });
  let returns: number[] = [];
  const { progress } = await trainRun({
    config,
    env: asRemote(env),
    agent,
    evaluate: async (updates) => {
      const report = await evaluator.evaluate(agent, updates);
      const [own] = report.policies;
      // A row begins with the episode's name.
      const column = 1 + (own?.columns.indexOf('return') ?? -1);
      returns = own?.rows.map((row) => Number(row[column])) ?? [];
      return report;
    },
    control: new RunControl(),
    clock: { epochMillis: () => Date.now(), monotonicMillis: () => performance.now() },
    breathe,
    events: {
      rows: () => undefined,
      evaluation: () => undefined,
      checkpoint: () => Promise.resolve(),
      paused: () => undefined
    }
  });
  const mean = returns.reduce((sum, x) => sum + x, 0) / returns.length;
  const variance = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / returns.length;
  agent.dispose();
  device.dispose();
  return {
    seed: config.seed,
    mean,
    std: Math.sqrt(variance),
    episodes: returns.length,
    steps: progress.environmentSteps,
    updates: progress.updates,
    seconds: progress.wallSeconds
  };
}

if (parentPort !== null) parentPort.postMessage(await trainSeed(workerData as RunConfig));
