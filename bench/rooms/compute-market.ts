/**
 * A market agent end to end on the built-in sample, on the CPU kernels: 64 environments stepped together, SAC with LSTM
 * memory of 128 units, one update a vector step, all else as configured by default. Where the time goes is told beside it:
 * each part's share, and how much of both cores is at work.
 */
import type { Agent } from '../../src/lib/agents/agent.ts';
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import { seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { SAMPLE_MARKETS, sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import { asRemote } from '../../src/lib/env/vector-env.ts';
import { RunControl } from '../../src/lib/research/run-control.ts';
import type { Figure } from '../figure.ts';
import { trainBare } from '../train-bare.ts';

const ENVIRONMENTS = 64;
const THREADS = 2;
const WARM_MILLIS = 6000;
const MEASURED_MILLIS = 12_000;
const GOAL_STEPS = 1500;
const GOAL_BUSY_PERCENT = 80;
/** FreqAI-RL, environment steps a second, as recorded. */
const PEER = 1116;
const NAME = 'market agent end to end: sample, 64 environments, SAC-LSTM 128, one update a vector step, 2 threads';

type Part = 'stepping' | 'acting' | 'updating';

/** Milliseconds by part since `begin`. */
class PartWatch {
  #spent: Record<Part, number> = { stepping: 0, acting: 0, updating: 0 };
  #steps = 0;
  #since = 0;
  #processor = process.cpuUsage();

  begin(): void {
    this.#spent = { stepping: 0, acting: 0, updating: 0 };
    this.#steps = 0;
    this.#since = performance.now();
    this.#processor = process.cpuUsage();
  }

  /** Of any function the same one, its time added to a part. */
  timing<T extends unknown[], R>(part: Part, work: (...args: T) => R | Promise<R>): (...args: T) => Promise<R> {
    return async (...args) => {
      const start = performance.now();
      const result = work(...args);
      // An environment in the same thread has stepped by now; what is waited for meanwhile is an update.
      if (part !== 'stepping') await result;
      this.#spent[part] += performance.now() - start;
      if (part === 'stepping') this.#steps++;
      return result;
    };
  }

  get millis(): number {
    return performance.now() - this.#since;
  }

  get stepsPerSecond(): number {
    return (1000 * this.#steps * ENVIRONMENTS) / this.millis;
  }

  percent(part: Part): number {
    return (100 * this.#spent[part]) / this.millis;
  }

  get busyPercent(): number {
    const { user, system } = process.cpuUsage(this.#processor);
    return (user + system) / 10 / this.millis / THREADS;
  }
}

export async function* figures(): AsyncGenerator<Figure> {
  for (const precision of ['strict', 'relaxed'] as const) {
    const watch = await train(precision);
    const name = `${NAME}, ${precision} SIMD`;
    const steps = watch.stepsPerSecond;
    const busy = watch.busyPercent;
    yield {
      name: `${name}, recorded peer: FreqAI-RL`,
      value: steps,
      unit: 'steps/s',
      baseline: PEER,
      ratio: steps / PEER,
      goal: GOAL_STEPS,
      met: steps >= GOAL_STEPS
    };
    for (const part of ['stepping', 'acting', 'updating'] as const) {
      yield { name: `${name}: time ${part}`, value: watch.percent(part), unit: '%' };
    }
    yield {
      name: `${name}: of both cores at work`,
      value: busy,
      unit: '%',
      goal: GOAL_BUSY_PERCENT,
      met: busy >= GOAL_BUSY_PERCENT
    };
  }
}

async function train(precision: 'strict' | 'relaxed'): Promise<PartWatch> {
  const config = readConfig(`
version: 1
name: bench
data: { dataset: sample }
env: { id: AUPreOffV7TradeCost, environments: ${String(ENVIRONMENTS)} }
agent: { algorithm: sac-lstm, lstmUnits: 128 }
training: { updates: 10000000, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 500, backend: wasm }
`);
  const device = await chooseDevice('wasm', { kernels: { precision }, threads: THREADS });
  const tapes = await Promise.all(Array.from({ length: SAMPLE_MARKETS }, (_, index) => sampleTape(index)));
  const env = makeVectorEnv({ config: config.env, tapes });
  const agent = makeAgent({
    config: config.agent,
    spaces: { observation: env.spec.observation, action: env.spec.action, environments: env.size },
    seed: seed(1),
    schemaHash: 'bench',
    reportEvery: config.training.reportEvery,
    totalUpdates: config.training.updates
  });
  const control = new RunControl();
  const watch = new PartWatch();
  let warm = true;
  watch.begin();
  const remote = asRemote(env);
  const step = watch.timing('stepping', remote.step.bind(remote));
  await trainBare({
    config,
    env: {
      ...remote,
      step: (...words) => {
        if (warm && watch.millis > WARM_MILLIS) {
          warm = false;
          watch.begin();
        } else if (!warm && watch.millis > MEASURED_MILLIS) control.stop();
        return step(...words);
      }
    },
    agent: timed(agent, watch),
    control
  }).catch((error: unknown) => {
    if (warm || watch.millis < MEASURED_MILLIS) throw error;
  });
  agent.dispose();
  device.dispose();
  return watch;
}

/** The same agent, its acting and updating timed. */
function timed(agent: Agent, watch: PartWatch): Agent {
  const act = watch.timing('acting', agent.act.bind(agent));
  const update = watch.timing('updating', agent.update.bind(agent));
  return new Proxy(agent, {
    get: (target, key) => {
      if (key === 'act') return act;
      if (key === 'update') return update;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    }
  });
}
