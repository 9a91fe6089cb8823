/** Trains one configuration with one seed, as a run of the app does, and plays it out greedily. A worker of `main.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { seed } from '../../src/lib/core/units.ts';
import type { Nanos } from '../../src/lib/core/units.ts';
import { baselines } from '../../src/lib/env/baselines.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { SAMPLE_MARKETS, sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import { asRemote } from '../../src/lib/env/vector-env.ts';
import { epochMillis } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { Evaluator } from '../../src/lib/research/evaluate.ts';
import { RunControl } from '../../src/lib/research/run-control.ts';
import { splitMarkets } from '../../src/lib/research/split.ts';
import type { Split } from '../../src/lib/research/split.ts';
import { trainRun } from '../../src/lib/research/train-run.ts';
import type { PolicyResult } from '../../src/lib/research/types.ts';

/** Environments of an evaluation where episodes are made: more than it has of them. */
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
  /** What it and each baseline came to on the held-out markets, where there are markets. */
  readonly onMarkets: readonly MarketResult[];
}

/** A policy over the held-out markets, in the same order for each. */
export interface MarketResult {
  readonly policy: string;
  /** Hedged result and that of the worst runner, over the bankroll. */
  readonly roi: readonly number[];
  readonly worstRoi: readonly number[];
}

/** The built-in sample, made again, and split as a run of the app splits it. */
async function sampleSplit({ env, data }: RunConfig): Promise<Split<Tape>> {
  if (env.id !== 'AUPreOffV7TradeCost') return { train: [], heldOut: [], isHeldOut: true };
  const tapes = await Promise.all(Array.from({ length: SAMPLE_MARKETS }, (_, index) => sampleTape(index)));
  const listed = tapes.map((tape) => ({
    id: tape.market.id,
    scheduledMillis: tape.market.scheduledMillis,
    firstMillis: epochMillis(tape, tape.exchange[0]! as Nanos),
    tape
  }));
  const split = splitMarkets(listed, data, () => '');
  const own = ({ tape }: { readonly tape: Tape }): Tape => tape;
  return { train: split.train.map(own), heldOut: split.heldOut.map(own), isHeldOut: split.isHeldOut };
}

const resultOf = ({ policy, columns, rows }: PolicyResult): MarketResult => {
  // A row begins with the episode's name.
  const column = (name: string): number[] => rows.map((row) => Number(row[1 + columns.indexOf(name)]));
  return { policy, roi: column('mtm_roi'), worstRoi: column('worst_roi') };
};

export async function trainSeed(config: RunConfig): Promise<SeedResult> {
  const device = await chooseDevice('wasm');
  const { train, heldOut } = await sampleSplit(config);
  const env = makeVectorEnv({ config: config.env, tapes: train });
  const environments = heldOut.length > 0 ? heldOut.length : EPISODES;
  const evaluationEnv = makeVectorEnv({ config: { ...config.env, environments }, tapes: heldOut });
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
    baselines: heldOut.length > 0 ? baselines(config.env, seed(config.seed + 2000)) : [],
    breathe
  });
  let returns: number[] = [];
  let onMarkets: readonly MarketResult[] = [];
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
      if (heldOut.length > 0) onMarkets = report.policies.map(resultOf);
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
    seconds: progress.wallSeconds,
    onMarkets
  };
}

if (parentPort !== null) parentPort.postMessage(await trainSeed(workerData as RunConfig));
