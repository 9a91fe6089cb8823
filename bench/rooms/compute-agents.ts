/**
 * Whole training runs on the CPU kernels: acting, stepping, storing and learning, as `npm run learn` does them, strict SIMD
 * and one thread unless said. A figure is the best of many short spans of one run, each of whole rounds of playing and
 * learning: on one thread in seconds of its own processor time, so that what else the machine does counts little (left
 * alone the thread does nothing but this); on two by the clock, so that it needs both cores. Baselines are Stable-Baselines3's figures, recorded on a machine of two cores with the
 * same hyperparameters.
 */
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import { seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { asRemote, type RemoteVectorEnv } from '../../src/lib/env/vector-env.ts';
import { RunControl } from '../../src/lib/research/run-control.ts';
import type { Figure } from '../figure.ts';
import { trainBare } from '../train-bare.ts';

interface Row {
  readonly name: string;
  readonly env: string;
  readonly environments: number;
  readonly agent: string;
  /** Vector steps after which the same work comes round again. */
  readonly round: number;
  readonly baseline: number;
  readonly goal?: number;
  /** Of updates alone, one after the other on the replay that was played full. */
  readonly updates?: { readonly name: string; readonly baseline: number; readonly goal?: number };
  readonly precision?: 'strict' | 'relaxed';
  readonly threads?: 1 | 2;
}

const zoo = 'rolloutSteps: 32, batch: 256, epochs: 20, lambda: 0.8, gamma: 0.98, learningRate: 0.001';
const rows: readonly Row[] = [
  {
    name: 'PPO learn(), CartPole, batch 256, 20 epochs',
    env: 'CartPole-v1',
    environments: 8,
    agent: `algorithm: ppo, ${zoo}`,
    round: 32,
    baseline: 4900,
    goal: 12000
  },
  {
    name: 'A2C learn(), CartPole',
    env: 'CartPole-v1',
    environments: 8,
    agent: 'algorithm: a2c',
    round: 5,
    baseline: 9900,
    goal: 25000
  },
  {
    name: 'PPO-LSTM learn(), CartPole, 64 units, batch 256, 20 epochs',
    env: 'CartPole-v1',
    environments: 8,
    agent: `algorithm: ppo-lstm, lstmUnits: 64, sequence: 32, ${zoo}`,
    round: 32,
    baseline: 200,
    goal: 1500
  },
  {
    name: 'DQN learn(), CartPole, defaults',
    env: 'CartPole-v1',
    environments: 1,
    agent: 'algorithm: dqn',
    round: 4,
    baseline: 2200,
    goal: 6000
  },
  {
    name: 'QR-DQN learn(), CartPole, defaults: 200 quantiles',
    env: 'CartPole-v1',
    environments: 1,
    agent: 'algorithm: qr-dqn',
    round: 4,
    baseline: 340,
    goal: 2000
  },
  ...(
    [
      ['strict', 1],
      ['strict', 2],
      ['relaxed', 2]
    ] as const
  ).map(([precision, threads]): Row => {
    const how = `256x256, batch 256, ${precision} SIMD, ${String(threads)} ${threads === 1 ? 'thread' : 'threads'}`;
    // The goals are those of two threads.
    const goal = (value: number): { goal?: number } => (threads === 2 ? { goal: value } : {});
    return {
      name: `SAC learn(), Pendulum, ${how}`,
      env: 'Pendulum-v1',
      environments: 1,
      agent: 'algorithm: sac',
      round: 1,
      baseline: 115,
      ...goal(140),
      updates: { name: `SAC updates within it, ${how}`, baseline: 128, ...goal(150) },
      precision,
      threads
    };
  })
];

/** Seconds of this thread's own. */
function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

const clockSeconds = (): number => performance.now() / 1000;

const WARM_SECONDS = 2;
const SPAN_SECONDS = 0.2;
const SPANS = 20;

export async function* figures(): AsyncGenerator<Figure> {
  for (const row of rows) {
    const { steps, updates } = await rates(row);
    const many = row.environments === 1 ? '1 environment' : `${String(row.environments)} environments`;
    yield figure({ ...row, name: `${row.name}, ${many}` }, steps, 'steps/s');
    if (row.updates !== undefined) yield figure(row.updates, updates, 'updates/s');
  }
}

function figure(row: Pick<Row, 'name' | 'baseline' | 'goal'>, value: number, unit: string): Figure {
  const { name, baseline, goal } = row;
  const reached = goal === undefined ? {} : { goal, met: value >= goal };
  return { name: `${name}, recorded peer`, value, unit, baseline, ratio: value / baseline, ...reached };
}

async function rates(row: Row): Promise<{ steps: number; updates: number }> {
  const { env: id, environments, agent: settings, round, precision = 'strict', threads = 1 } = row;
  const config = readConfig(`
version: 1
name: bench
env: { id: ${id}, environments: ${String(environments)} }
agent: { ${settings} }
training: { updates: 10000000, updatesPerStep: ${String(1 / round)}, evaluateEvery: 0, reportEvery: 500, backend: wasm }
`);
  const device = await chooseDevice('wasm', { kernels: { precision }, threads });
  const env = makeVectorEnv({ config: config.env, tapes: [] });
  const agent = makeAgent({
    config: config.agent,
    spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
    seed: seed(1),
    schemaHash: 'bench',
    reportEvery: config.training.reportEvery,
    totalUpdates: config.training.updates
  });
  const control = new RunControl();
  if (threads > 1 && !device.report.label.endsWith(`${String(threads)} threads`)) {
    throw new Error(`compute: expected ${String(threads)} threads, got ${device.report.label}`);
  }
  const seconds = threads === 1 ? processorSeconds : clockSeconds;
  const watch = new SpanWatch(round, seconds);
  await trainBare({
    config,
    env: stepped(asRemote(env), () => {
      watch.tick();
      if (watch.done) control.stop();
    }),
    agent,
    control
  }).catch((error: unknown) => {
    if (!watch.done) throw error;
  });
  const updating = new SpanWatch(1, seconds);
  while (row.updates !== undefined && !updating.done) {
    await agent.update();
    updating.tick();
  }
  agent.dispose();
  device.dispose();
  return { steps: environments * watch.best, updates: updating.best };
}

const stepped = (env: RemoteVectorEnv, before: () => void): RemoteVectorEnv => ({
  ...env,
  step: (...words) => {
    before();
    return env.step(...words);
  }
});

/** Times rounds of turns between one tick and the next. */
class SpanWatch {
  readonly #round: number;
  readonly #seconds: () => number;
  #turns = 0;
  #spans = 0;
  #began: number;
  #beganTurns = 0;
  #warm = false;
  /** Turns a second of the best span. */
  best = 0;

  constructor(round: number, seconds: () => number) {
    this.#round = round;
    this.#seconds = seconds;
    this.#began = seconds();
  }

  get done(): boolean {
    return this.#spans >= SPANS;
  }

  tick(): void {
    if (this.#turns++ % this.#round !== 0 || this.done) return;
    const now = this.#seconds();
    const seconds = now - this.#began;
    if (seconds < (this.#warm ? SPAN_SECONDS : WARM_SECONDS)) return;
    if (this.#warm) {
      this.best = Math.max(this.best, (this.#turns - this.#beganTurns) / seconds);
      this.#spans++;
    }
    this.#warm = true;
    this.#began = now;
    this.#beganTurns = this.#turns;
  }
}
