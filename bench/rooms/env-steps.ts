/**
 * Environment steps: `AUPreOffV7TradeCost` with 64 environments of 8 slots under uniform random actions, its reset on
 * loaded markets, and Pendulum. On the recorded markets where they are present, else on simulated ones. One core.
 */
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import { Random } from '../../src/lib/core/random.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { timelineOf } from '../../src/lib/env/market/timeline.ts';
import { sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';

const SEED = 1 as Seed;
const GOAL_STEPS = 200_000;
const GOAL_RESET_MILLIS = 1;

const parse = (text: Record<string, unknown>) => v.parse(EnvSchema, text);

export async function* figures(): AsyncGenerator<Figure> {
  const config = parse({ id: 'AUPreOffV7TradeCost', environments: 64, slots: 8 });
  const recorded = await playableRecordings();
  const simulated = await Promise.all(Array.from({ length: 8 }, (_, index) => sampleTape(index)));
  for (const [label, tapes] of [
    ['recorded markets', recorded],
    ['simulated markets', simulated]
  ] as const) {
    if (tapes.length === 0) continue;
    const env = makeVectorEnv({ config, tapes });
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
  }
  const pendulum = makeVectorEnv({ config: parse({ id: 'Pendulum-v1', environments: 512 }), tapes: [] });
  yield { name: 'Pendulum-v1, 512 environments, random actions', value: stepRate(pendulum, 2), unit: 'steps/s' };
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

/** Steps a second in the best of three spans, actions drawn beforehand, after `warmSeconds` of warming up. */
function stepRate(env: VectorEnv, warmSeconds: number): number {
  const random = new Random(SEED, 'bench actions');
  const drawn = Float32Array.from({ length: 1 << 17 }, () => 2 * random.uniform() - 1);
  const { actions } = env.buffers;
  let at = 0;
  const span = (seconds: number): number => {
    const start = performance.now();
    let steps = 0;
    for (; performance.now() - start < seconds * 1000; steps++) {
      if (at + actions.length > drawn.length) at = (at * 7919) % 97;
      for (let k = 0; k < actions.length; k++) actions[k] = drawn[at + k]!;
      at += actions.length;
      env.step();
    }
    return (steps * env.size * 1000) / (performance.now() - start);
  };
  env.reset({ seed: SEED, schedule: 'shuffle' });
  span(warmSeconds);
  return Math.max(span(2), span(2), span(2));
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
