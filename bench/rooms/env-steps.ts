/**
 * Environment steps: `AUPreOffV7TradeCost` with 64 environments of 8 slots under uniform random actions, its reset on
 * loaded markets, and Pendulum; on one core, and with two workers that share the tapes. On recorded markets where they
 * are present, and on simulated ones. And what the tapes and what is prepared of them take of memory.
 */
import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { historyBytes } from '../../src/lib/env/market/book-history.ts';
import { isPlayable, timelineOf } from '../../src/lib/env/market/timeline.ts';
import { nodeHeap } from '../../src/lib/env/node-heap.ts';
import { sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import type { EnvConfig } from '../../src/lib/config/run-config.ts';
import { messageCount } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { tapeFromWire, tapeToWire } from '../../src/lib/market/tape-wire.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { EnvWork } from '../env-worker.ts';
import type { Figure } from '../figure.ts';
import { RandomStepper } from '../random-stepper.ts';

const SEED = 1 as Seed;
const GOAL_STEPS = 200_000;
const GOAL_TWO_WORKERS = 380_000;
const GOAL_RESET_MILLIS = 1;
/** For a market of 98 hours and 16,000 messages. */
const GOAL_TAPE_MEGABYTES = 12;
const LONG_HOURS = 90;
/** Prices; on a longer one a market is played message by message. */
const LONG_LADDER = 4096;

const CLASSIC = [
  'Pendulum-v1',
  'PendulumNoVel-v1',
  'MountainCarContinuous-v0',
  'CartPole-v1',
  'CartPoleNoVel-v1',
  'Acrobot-v1'
] as const;

const parse = (text: Record<string, unknown>) => v.parse(EnvSchema, text);

export async function* figures(): AsyncGenerator<Figure> {
  const config = parse({ id: 'AUPreOffV7TradeCost', environments: 64, slots: 8 });
  yield* firstResetOfClassic();
  yield* firstResets();
  const recorded = await playableRecordings();
  const simulated = await Promise.all(Array.from({ length: 8 }, (_, index) => sampleTape(index)));
  for (const [label, tapes] of [
    ['recorded markets', recorded],
    ['simulated markets', simulated]
  ] as const) {
    if (tapes.length === 0) continue;
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
  yield* memoryOfLongest();
  const pendulum = makeVectorEnv({ config: parse({ id: 'Pendulum-v1', environments: 512 }), tapes: [] });
  yield { name: 'Pendulum-v1, 512 environments, random actions', value: stepRate(pendulum, 2), unit: 'steps/s' };
}

function* firstResetOfClassic(): Generator<Figure> {
  const heap = nodeHeap();
  const millis = CLASSIC.map((id) => {
    const env = makeVectorEnv({ config: parse({ id, environments: 1 }), tapes: [] });
    heap.collect();
    return firstResetMillis(env);
  });
  const value = Math.max(...millis);
  yield {
    name: `first reset of an environment just made, slowest of ${String(CLASSIC.length)} of classic control`,
    value,
    unit: 'ms',
    goal: GOAL_RESET_MILLIS,
    met: value <= GOAL_RESET_MILLIS
  };
}

/**
 * The very first reset after an environment was made, of every recorded market that can be played at all: the slowest of
 * them, on short ladders and on the longest. The process has reset nothing before.
 */
async function* firstResets(): AsyncGenerator<Figure> {
  const config = parse({ id: 'AUPreOffV7TradeCost', environments: 1, slots: 8 });
  if (config.id !== 'AUPreOffV7TradeCost') return;
  const heap = nodeHeap();
  const slowest = new Map<string, { markets: number; millis: number }>();
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (!isPlayable(tape, config)) continue;
      const env = makeVectorEnv({ config, tapes: [tape] });
      // What reading the file left behind is not the reset's to clear away.
      heap.collect();
      const millis = firstResetMillis(env);
      const { size } = tape.market.rules.ladder;
      const kind = size > LONG_LADDER ? `${size.toLocaleString('en')} prices` : 'a few hundred prices';
      const before = slowest.get(kind) ?? { markets: 0, millis: 0 };
      slowest.set(kind, { markets: before.markets + 1, millis: Math.max(before.millis, millis) });
    }
  }
  for (const [kind, { markets, millis }] of slowest) {
    yield {
      name: `first reset on a market just loaded, ladder of ${kind}, slowest of ${String(markets)} recorded markets`,
      value: millis,
      unit: 'ms',
      goal: GOAL_RESET_MILLIS,
      met: millis <= GOAL_RESET_MILLIS
    };
  }
}

/** Races with a full ladder: what the environment is for. */
async function playableRecordings(): Promise<Tape[]> {
  const config = parse({ id: 'AUPreOffV7TradeCost' });
  const playable: Tape[] = [];
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (config.id !== 'AUPreOffV7TradeCost' || tape.rows < 10_000) continue;
      if ((timelineOf(tape, config)?.steps ?? 0) > 60) playable.push(tape);
    }
  }
  return playable;
}

/** Steps a second in the best of three spans, after `warmSeconds` of warming up. */
function stepRate(env: VectorEnv, warmSeconds: number): number {
  const stepper = new RandomStepper(env);
  stepper.span(warmSeconds);
  return Math.max(stepper.span(2), stepper.span(2), stepper.span(2));
}

/** Both together, in the best of three spans that they step at the same time. */
async function twoWorkers(config: EnvConfig, tapes: readonly Tape[]): Promise<number> {
  const workerData: EnvWork = { config, tapes: tapes.map((tape) => tapeToWire(shared(tape))) };
  const workers = [0, 1].map(() => new Worker(new URL('../env-worker.ts', import.meta.url), { workerData }));
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

/** Book history and observations of a timeline, mean over tapes. */
function preparedBytes(config: EnvConfig, tapes: readonly Tape[]): number {
  if (config.id !== 'AUPreOffV7TradeCost') return 0;
  let bytes = 0;
  for (const tape of tapes) {
    const timeline = timelineOf(tape, config);
    if (timeline?.history !== undefined) bytes += historyBytes(timeline.history);
    bytes += timeline?.observations[0]?.buffer.byteLength ?? 0;
  }
  return bytes / tapes.length;
}

/** The recorded market with most messages of those that were recorded for days. */
async function* memoryOfLongest(): AsyncGenerator<Figure> {
  let longest: Tape | undefined;
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (hours(tape) < LONG_HOURS) continue;
      if (longest === undefined || messageCount(tape) > messageCount(longest)) longest = tape;
    }
  }
  if (longest === undefined) return;
  const megabytes = tapeToWire(longest).buffer.byteLength / 1e6;
  const size = `${hours(longest).toFixed(0)} hours, ${messageCount(longest).toLocaleString('en')} messages`;
  yield {
    name: `tape of a market of ${size}, ${longest.rows.toLocaleString('en')} rows`,
    value: megabytes,
    unit: 'MB',
    goal: GOAL_TAPE_MEGABYTES,
    met: megabytes < GOAL_TAPE_MEGABYTES
  };
}

const hours = (tape: Tape): number =>
  tape.rows === 0 ? 0 : (tape.exchange[tape.rows - 1]! - tape.exchange[0]!) / 3.6e12;

/** The very first: every environment begins an episode on a market that was not played before. */
function firstResetMillis(env: VectorEnv): number {
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
