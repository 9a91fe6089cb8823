import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent, Checkpoint } from '../agents/agent.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import type { RunConfig } from '../config/run-config.ts';
import { ManualClock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import { baselines } from '../env/baselines.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { asRemote } from '../env/vector-env.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import { Evaluator } from './evaluate.ts';
import { continueHistory } from './metric-history.ts';
import { RunControl } from './run-control.ts';
import { trainRun } from './train-run.ts';
import type { RunStanding, TrainRunEvents, TrainRunOptions } from './train-run.ts';
import type { EvaluationReport, MetricRow } from './types.ts';

const YAML = `
version: 1
name: loop
seed: 4
env: { id: PendulumNoVel-v1, environments: 3 }
agent:
  { algorithm: sac-lstm, lstmUnits: 4, hiddenUnits: 4, batch: 2, sequence: 4, burnIn: 2, learningStarts: 60, replaySteps: 900 }
training: { updates: 30, updatesPerStep: 0.5, evaluateEvery: 10, reportEvery: 5, checkpointSeconds: 5, backend: wasm }
evaluation: { bootstrapSamples: 100 }
`;

const configure = (change: Partial<RunConfig['training']> = {}): RunConfig => {
  const config = readConfig(YAML);
  return { ...config, training: { ...config.training, ...change } };
};

const agentFor = (config: RunConfig, env: RemoteVectorEnv): Agent =>
  makeAgent({
    config: config.agent,
    spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
    seed: seed(config.seed),
    schemaHash: 'test',
    reportEvery: config.training.reportEvery,
    totalUpdates: config.training.updates
  });

/** An environment whose steps take a tenth of a second on the clock they share. */
function slow(env: RemoteVectorEnv, clock: ManualClock): RemoteVectorEnv {
  return {
    ...env,
    buffers: env.buffers,
    step: async () => {
      clock.advance(100);
      await env.step();
    }
  };
}

const NO_REPORT: EvaluationReport = {
  updates: 0,
  heldOut: true,
  markets: [],
  confidencePercent: 95,
  policies: [],
  digest: ''
};

interface Told {
  readonly rows: MetricRow[];
  readonly checkpoints: Checkpoint[];
  readonly evaluations: number[];
  readonly paused: boolean[];
}

async function run(
  config: RunConfig,
  rest: Partial<TrainRunOptions> & {
    readonly each?: (told: Told) => void;
    readonly checkpoint?: Checkpoint;
    readonly spoilt?: (env: RemoteVectorEnv) => RemoteVectorEnv;
  } = {}
) {
  const clock = new ManualClock();
  const plain = asRemote(makeVectorEnv({ config: config.env, tapes: [] }));
  const env = slow(rest.spoilt?.(plain) ?? plain, clock);
  const agent = agentFor(config, env);
  if (rest.checkpoint !== undefined) await agent.load(rest.checkpoint);
  const told: Told = { rows: [], checkpoints: [], evaluations: [], paused: [] };
  const each = (): void => rest.each?.(told);
  const events: TrainRunEvents = {
    rows: (rows) => {
      told.rows.push(...rows);
      each();
    },
    evaluation: () => undefined,
    checkpoint: (checkpoint) => {
      told.checkpoints.push(checkpoint);
      return Promise.resolve();
    },
    paused: (paused) => {
      told.paused.push(paused);
      each();
    }
  };
  const result = await trainRun({
    config,
    env,
    agent,
    evaluate: (updates) => {
      told.evaluations.push(updates);
      return Promise.resolve({ ...NO_REPORT, updates });
    },
    control: rest.control ?? new RunControl(),
    clock,
    breathe: () => Promise.resolve(),
    events,
    ...(rest.from === undefined ? {} : { from: rest.from })
  });
  const last = await agent.save();
  agent.dispose();
  return { ...told, ...result, last };
}

const weights = ({ tensors }: Checkpoint) => [...tensors].map(([name, { values }]) => [name, [...values]]);
const standing = (checkpoint: Checkpoint): RunStanding => checkpoint.meta.state['run'] as RunStanding;

let device: Device;
beforeAll(async () => {
  device = await chooseDevice('wasm');
});
afterAll(() => {
  device.dispose();
});

describe('the training loop', () => {
  it('updates at the rate asked for and evaluates and saves on its cadence and at the end', async () => {
    const { state, progress, evaluations, checkpoints, rows } = await run(configure());
    expect(state).toBe('finished');
    expect(progress.updates).toBe(30);
    // 20 steps of 3 environments fill the replay, then half an update a step.
    expect(progress.environmentSteps / 3).toBeGreaterThanOrEqual(78);
    expect(progress.environmentSteps / 3).toBeLessThanOrEqual(84);
    expect(evaluations).toEqual([10, 20, 30]);
    // 8 seconds on the clock and a checkpoint every 5, and one at the end.
    expect(checkpoints.length).toBe(2);
    expect(rows.at(-1)?.['updates']).toBe(30);
    expect(rows.filter((row) => row['critic_loss'] !== undefined).map((row) => row['updates'])).toEqual([
      5, 10, 15, 20, 25, 30
    ]);
  });

  it('saves what is owed up for the spells in which an agent is to learn', async () => {
    const { agent } = readConfig(`
version: 1
name: spells
env: { id: CartPole-v1, environments: 3 }
agent: { algorithm: dqn, hiddenUnits: 4, batch: 2, learningStarts: 60, replaySteps: 900, learnEvery: 8 }
`);
    const config = configure({ updates: 14, reportEvery: 1, evaluateEvery: 0 });
    const { rows } = await run({ ...config, env: { id: 'CartPole-v1', environments: 3 }, agent });
    const steps = rows.filter((row) => row['loss'] !== undefined).map((row) => (row['environment_steps'] ?? 0) / 3);
    // Half an update a step is owed from step 20 on.
    expect(steps).toEqual([24, 24, 32, 32, 32, 32, 40, 40, 40, 40, 48, 48, 48, 48]);
  });

  it('tells of itself once a second before the first update', async () => {
    const { rows } = await run(configure({ updates: 1 }));
    const [first] = rows;
    expect(first?.['wall_seconds']).toBeCloseTo(1, 6);
    expect(first?.['updates']).toBe(0);
    expect(first?.['environment_steps_per_second']).toBeCloseTo(30, 6);
  });

  it('comes to the same weights however often it reports and saves', async () => {
    const plain = await run(configure());
    const busy = await run(configure({ checkpointSeconds: 1, evaluateEvery: 3 }));
    expect(weights(busy.last)).toEqual(weights(plain.last));
  });

  it('saves before it pauses, does not count the pause, and goes on as if there had been none', async () => {
    const plain = await run(configure());
    const control = new RunControl();
    let times = 0;
    let savedAt = 0;
    const paused = await run(configure(), {
      control,
      each: ({ rows, paused, checkpoints }) => {
        if (paused.at(-1) === true) {
          savedAt = checkpoints.at(-1)?.meta.updates ?? 0;
          control.resume();
        } else if (rows.at(-1)?.['updates'] === 10 && times++ === 0) control.pause();
      }
    });
    expect(paused.paused).toEqual([true, false]);
    expect(savedAt).toBe(10);
    expect(weights(paused.last)).toEqual(weights(plain.last));
    expect(paused.progress.wallSeconds).toBeCloseTo(plain.progress.wallSeconds, 6);
  });

  it('stops in a pause and in the midst, with a checkpoint and an evaluation', async () => {
    for (const pauseFirst of [true, false]) {
      const control = new RunControl();
      const { state, checkpoints, evaluations, progress } = await run(configure({ evaluateEvery: 0 }), {
        control,
        each: ({ rows, paused }) => {
          if (paused.at(-1) === true) control.stop();
          else if (rows.at(-1)?.['updates'] === 10) {
            if (pauseFirst) control.pause();
            else control.stop();
          }
        }
      });
      expect(state).toBe('stopped');
      expect(progress.updates).toBeLessThan(30);
      expect(evaluations).toEqual([progress.updates]);
      expect(checkpoints.at(-1)?.meta.updates).toBe(progress.updates);
    }
  });

  it('stops where a number goes wrong, names what did first, and leaves the last good checkpoint', async () => {
    let told: Told | undefined;
    let steps = 0;
    const spoilt = (env: RemoteVectorEnv): RemoteVectorEnv => ({
      ...env,
      step: async () => {
        await env.step();
        if (++steps === 70) env.buffers.rewards[1] = Number.NaN;
      }
    });
    const running = run(configure({ updates: 1000, checkpointSeconds: 1 }), {
      spoilt,
      each: (so) => {
        told = so;
      }
    });
    await expect(running).rejects.toMatchObject({ code: 'training.diverged', subject: 'rewards of the environment' });
    const last = told?.checkpoints.at(-1);
    expect(last?.meta.updates).toBeGreaterThan(10);
    expect(last?.meta.updates).toBeLessThan(1000);
    for (const { values } of last?.tensors.values() ?? []) expect(values.every(Number.isFinite)).toBe(true);
  });

  it('goes on from a checkpoint to the number of updates asked for, the same each time', async () => {
    const first = await run(configure({ updates: 12 }));
    const checkpoint = first.checkpoints.at(-1);
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const more = { checkpoint, from: standing(checkpoint) };
    const one = await run(configure(), more);
    const two = await run(configure(), more);
    expect(one.progress.updates).toBe(30);
    expect(one.progress.environmentSteps).toBeGreaterThan(first.progress.environmentSteps + 60);
    expect(one.progress.wallSeconds).toBeGreaterThan(first.progress.wallSeconds);
    expect(weights(two.last)).toEqual(weights(one.last));
  });
});

describe('an evaluation', () => {
  const evaluator = (environments: number): Evaluator => {
    const config = configure();
    const env = makeVectorEnv({ config: { ...config.env, environments }, tapes: [] });
    return new Evaluator({
      env: asRemote(env),
      episodes: env.episodeMarkets,
      heldOut: true,
      seed: seed(2),
      bootstrapSamples: 200,
      confidencePercent: 95,
      baselines: baselines(config.env, seed(2)),
      breathe: () => Promise.resolve()
    });
  };
  const agent = (agentSeed: number): Agent => {
    const config = { ...configure(), seed: agentSeed };
    return agentFor(config, asRemote(makeVectorEnv({ config: config.env, tapes: [] })));
  };

  it('is the same twice over, and of another agent another', async () => {
    const one = agent(1);
    const two = agent(2);
    const report = await evaluator(8).evaluate(one, 0);
    expect(await evaluator(8).evaluate(one, 0)).toEqual(report);
    const other = await evaluator(8).evaluate(two, 0);
    expect(other.digest).not.toBe(report.digest);
    expect(other.policies.slice(1)).toEqual(report.policies.slice(1));
    one.dispose();
    two.dispose();
  });

  it('plays every episode once, and the baselines alike however many environments share them out', async () => {
    const one = agent(1);
    const wide = await evaluator(16).evaluate(one, 0);
    const narrow = await evaluator(5).evaluate(one, 0);
    for (const report of [wide, narrow]) {
      for (const { episodes, rows } of report.policies) {
        expect(episodes).toBe(report.markets.length);
        expect(rows.map(([market]) => market)).toEqual(report.markets);
      }
    }
    const idle = (report: EvaluationReport) => report.policies.find((result) => result.policy === 'do nothing');
    expect(idle(narrow)).toEqual(idle(wide));
    one.dispose();
  });

  it('sums up the rewards that the environment says each episode came to', async () => {
    const one = agent(1);
    const { policies } = await evaluator(4).evaluate(one, 0);
    for (const { columns, rows, metrics } of policies) {
      const at = columns.indexOf('return');
      const returns = rows.map((row) => row[at + 1] as number);
      expect(metrics['return']?.mean).toBeCloseTo(returns.reduce((sum, x) => sum + x, 0) / returns.length, 6);
      expect(Math.max(...returns)).toBeLessThan(0);
      expect(metrics['return']?.low).toBeLessThan(metrics['return']?.high ?? -Infinity);
    }
    one.dispose();
  });
});

describe('the history of a run that went back to a checkpoint', () => {
  it('counts once what was told twice', () => {
    const history: MetricRow[] = [];
    const row = (steps: number, part: number): MetricRow => ({ environment_steps: steps, part });
    continueHistory(history, [row(10, 1), row(20, 1), row(30, 1)]);
    continueHistory(history, [row(20, 2), row(40, 2)]);
    expect(history).toEqual([row(10, 1), row(20, 2), row(40, 2)]);
  });

  it('keeps every point of a rollout that is learnt from, where steps stand still', () => {
    const history: MetricRow[] = [];
    const row = (steps: number, updates: number): MetricRow => ({ environment_steps: steps, updates });
    const told = [row(512, 0), row(512, 10), row(512, 20), row(1024, 30), row(1024, 40)];
    continueHistory(history, told);
    expect(history).toEqual(told);
    // Back to a checkpoint at 10 updates: a new rollout is played before anything more is learnt.
    continueHistory(history, [row(1024, 10), row(1024, 20)]);
    expect(history).toEqual([row(512, 0), row(512, 10), row(1024, 10), row(1024, 20)]);
  });
});
