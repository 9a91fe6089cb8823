/**
 * Figures of `AUPreOffV7TradeCost` on one kind of markets: 64 environments of 8 slots under uniform random actions, its
 * resets, on one core and with two workers that share the tapes; and what is prepared of a market.
 */
import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { EnvSchema } from '../src/lib/config/run-config.ts';
import type { EnvConfig } from '../src/lib/config/run-config.ts';
import type { Seed } from '../src/lib/core/units.ts';
import { makeVectorEnv } from '../src/lib/env/make-env.ts';
import { timelineBytes, timelineOf } from '../src/lib/env/market/timeline.ts';
import type { VectorEnv } from '../src/lib/env/vector-env.ts';
import type { Tape } from '../src/lib/market/tape.ts';
import { tapeFromWire, tapeToWire } from '../src/lib/market/tape-wire.ts';
import type { EnvWork } from './env-worker.ts';
import type { Figure } from './figure.ts';
import { RandomStepper } from './random-stepper.ts';

const SEED = 1 as Seed;
const GOAL_STEPS = 200_000;
const GOAL_TWO_WORKERS = 380_000;
export const GOAL_RESET_MILLIS = 1;

/** @param label what kind of markets, as `recorded markets`; in a process of its own, or the next kind learns of it */
export async function* marketStepping(label: string, tapes: readonly Tape[]): AsyncGenerator<Figure> {
  const config = v.parse(EnvSchema, { id: 'AUPreOffV7TradeCost', environments: 64, slots: 8 });
  if (tapes.length === 0) return;
  const preparing = performance.now();
  const env = makeVectorEnv({ config, tapes });
  yield {
    name: `a market made ready to play when it is loaded, mean of ${label}`,
    value: (performance.now() - preparing) / tapes.length,
    unit: 'ms'
  };
  const first = firstResetMillis(env);
  yield {
    name: `first reset of one environment, mean of 64 on ${label}`,
    value: first,
    unit: 'ms',
    goal: GOAL_RESET_MILLIS,
    met: first <= GOAL_RESET_MILLIS
  };
  const steps = stepRate(env, 6);
  yield {
    name: `AUPreOffV7TradeCost, 64 environments, 8 slots, random actions, ${String(tapes.length)} ${label}`,
    value: steps,
    unit: 'steps/s',
    goal: GOAL_STEPS,
    met: steps >= GOAL_STEPS
  };
  const reset = resetMillis(env);
  yield {
    name: `reset of one environment, ${label}`,
    value: reset,
    unit: 'ms',
    goal: GOAL_RESET_MILLIS,
    met: reset <= GOAL_RESET_MILLIS
  };
  env.dispose();
  const two = await twoWorkers(config, tapes);
  yield {
    name: `the same with two workers of 64 environments each, tapes shared, ${label}`,
    value: two,
    unit: 'steps/s',
    goal: GOAL_TWO_WORKERS,
    met: two >= GOAL_TWO_WORKERS
  };
  yield {
    name: `prepared for an episode, mean of ${label}, shared by its environments`,
    value: preparedBytes(config, tapes) / 1e6,
    unit: 'MB'
  };
}

/** Steps a second in the best of three spans, after `warmSeconds` of warming up. */
export function stepRate(env: VectorEnv, warmSeconds: number): number {
  const stepper = new RandomStepper(env);
  stepper.span(warmSeconds);
  return Math.max(stepper.span(2), stepper.span(2), stepper.span(2));
}

/** Both together, in the best of three spans that they step at the same time. */
async function twoWorkers(config: EnvConfig, tapes: readonly Tape[]): Promise<number> {
  const workerData: EnvWork = { config, tapes: tapes.map((tape) => tapeToWire(shared(tape))) };
  const workers = [0, 1].map(() => new Worker(new URL('./env-worker.ts', import.meta.url), { workerData }));
  const span = async (seconds: number): Promise<number> => {
    const rates = workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.postMessage(seconds);
        })
    );
    return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
  };
  await span(6);
  const best = Math.max(await span(2), await span(2), await span(2));
  await Promise.all(workers.map((worker) => worker.terminate()));
  return best;
}

/** A copy in memory that workers share. */
function shared(tape: Tape): Tape {
  const wire = tapeToWire(tape);
  const buffer = new SharedArrayBuffer(wire.buffer.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(wire.buffer));
  return tapeFromWire({ ...wire, buffer });
}

/** Of what is shared by all environments that play it, mean over tapes. */
function preparedBytes(config: EnvConfig, tapes: readonly Tape[]): number {
  if (config.id !== 'AUPreOffV7TradeCost') return 0;
  let bytes = 0;
  for (const tape of tapes) {
    const timeline = timelineOf(tape, config);
    if (timeline !== undefined) bytes += timelineBytes(timeline);
  }
  return bytes / tapes.length;
}

/** The very first: every environment begins an episode on a market that was not played before. */
export function firstResetMillis(env: VectorEnv): number {
  const start = performance.now();
  env.reset({ seed: SEED, schedule: 'shuffle' });
  return (performance.now() - start) / env.size;
}

function resetMillis(env: VectorEnv): number {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    env.reset({ seed: SEED, schedule: 'shuffle' });
    least = Math.min(least, (performance.now() - start) / env.size);
  }
  return least;
}
