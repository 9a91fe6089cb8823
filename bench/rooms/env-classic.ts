/** Classic control: vector steps a second on one core, random actions, against what peers were recorded to do. */
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { randomPolicy } from '../../src/lib/env/baselines.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import type { Figure } from '../figure.ts';

const SEED = 1 as Seed;
const ENVIRONMENTS = 1024;
const GOAL_CART_POLE = 25e6;
/** CartPole-v1 in a vector of 1,024 on this class of machine: Gymnasium's NumPy version. */
const GYMNASIUM_CART_POLE = 13.6e6;
/** Vectors of actions drawn before the clock starts and played round; a prime, so that no episode meets them in step. */
const DRAWN = 257;
const SPAN_MILLIS = 700;
const SPANS = 7;

export async function* figures(): AsyncGenerator<Figure> {
  const cartPole = await stepRate('CartPole-v1');
  yield {
    name: 'CartPole-v1, 1,024 environments, random actions (baseline: Gymnasium in NumPy, as recorded)',
    value: cartPole,
    unit: 'steps/s',
    baseline: GYMNASIUM_CART_POLE,
    ratio: cartPole / GYMNASIUM_CART_POLE,
    goal: GOAL_CART_POLE,
    met: cartPole >= GOAL_CART_POLE
  };
  for (const id of ['Pendulum-v1', 'MountainCarContinuous-v0', 'Acrobot-v1']) {
    yield { name: `${id}, 1,024 environments, random actions`, value: await stepRate(id), unit: 'steps/s' };
  }
}

/** Environment steps a second in the best of several spans, autoreset included. */
async function stepRate(id: string): Promise<number> {
  const env = makeVectorEnv({ config: v.parse(EnvSchema, { id, environments: ENVIRONMENTS }), tapes: [] });
  const drawn = drawActions(env);
  env.reset({ seed: SEED, schedule: 'shuffle' });
  let best = 0;
  for (let span = 0; span < SPANS; span++) {
    best = Math.max(best, rateOf(env, drawn));
    // Compiled code and the collector get their turn between spans.
    await new Promise((done) => setImmediate(done));
  }
  env.dispose();
  return best;
}

function drawActions(env: VectorEnv): readonly (Float32Array | Int32Array)[] {
  const policy = randomPolicy(env.spec, SEED);
  return Array.from({ length: DRAWN }, () => {
    policy.act(env.buffers);
    return env.buffers.actions.slice();
  });
}

function rateOf(env: VectorEnv, drawn: readonly (Float32Array | Int32Array)[]): number {
  const start = performance.now();
  let steps = 0;
  let elapsed = 0;
  while (elapsed < SPAN_MILLIS) {
    for (const actions of drawn) {
      env.buffers.actions.set(actions);
      env.step();
    }
    steps += drawn.length * env.size;
    elapsed = performance.now() - start;
  }
  return (steps / elapsed) * 1000;
}
