import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { EnvSchema } from '../../config/run-config.ts';
import type { Seed } from '../../core/units.ts';
import { makeVectorEnv } from '../make-env.ts';
import type { StepBuffers } from '../vector-env.ts';
import { cartPoleNoVelV1, cartPoleV1 } from './cart-pole.ts';
import { pendulumNoVelV1, pendulumV1 } from './pendulum.ts';

const make = (id: string, environments = 1) =>
  makeVectorEnv({ config: v.parse(EnvSchema, { id, environments }), tapes: [] });

/** Plays until every environment has ended once; what it ended with, and after how many steps. */
function playOut(id: string, act: (buffers: StepBuffers) => void) {
  const env = make(id);
  env.reset({ seed: 3 as Seed, schedule: 'once' });
  const { terminated, truncated, rewards, info, finalObservations } = env.buffers;
  for (let steps = 1; ; steps++) {
    act(env.buffers);
    env.step();
    if (terminated[0]! + truncated[0]! === 0) continue;
    return {
      steps,
      terminated: terminated[0],
      truncated: truncated[0],
      reward: rewards[0],
      info,
      last: finalObservations
    };
  }
}

describe('classic control', () => {
  it('CartPole is cut after 500 steps when it is balanced, and its return is 500', () => {
    const end = playOut('CartPole-v1', ({ observations, actions }) => {
      actions[0] = observations[2]! + observations[3]! + 0.1 * (observations[0]! + observations[1]!) > 0 ? 1 : 0;
    });
    expect(end).toMatchObject({ steps: 500, terminated: 0, truncated: 1, reward: 1 });
    expect([...end.info]).toEqual([500, 500]);
  });

  it('CartPole is over once the pole leans 12 degrees, which its last view shows', () => {
    const end = playOut('CartPole-v1', ({ actions }) => actions.fill(1));
    expect(end).toMatchObject({ terminated: 1, truncated: 0, reward: 1 });
    expect(Math.abs(end.last[2]!)).toBeGreaterThan((12 * Math.PI) / 180);
    expect(end.steps).toBeLessThan(15);
  });

  it.each([
    { full: cartPoleV1, hidden: cartPoleNoVelV1, shown: [0, 2] },
    { full: pendulumV1, hidden: pendulumNoVelV1, shown: [0, 1] }
  ])('$hidden.spec.id is $full.spec.id without the velocities', ({ full, hidden, shown }) => {
    const states = { n: 2, values: Float64Array.from({ length: 2 * full.stateSize }, (_, k) => Math.sin(k + 1)) };
    const [all, some] = [full, hidden].map((one) => {
      const into = new Float32Array(2 * one.spec.observation.size);
      one.observe(states, into, 0, 2);
      return into;
    });
    const width = full.spec.observation.size;
    expect([...some!]).toEqual([0, 1].flatMap((i) => shown.map((k) => all![i * width + k])));
  });

  it.each([
    ['Acrobot-v1', 500, 1],
    ['MountainCarContinuous-v0', 999, 0],
    ['Pendulum-v1', 200, 0]
  ])('%s is cut after %i steps when nothing is done', (id, steps, idle) => {
    expect(playOut(id, ({ actions }) => actions.fill(idle))).toMatchObject({ steps, terminated: 0, truncated: 1 });
  });

  it('MountainCarContinuous gets to the flag by pushing the way it rolls, and is paid 100 less its effort', () => {
    const end = playOut('MountainCarContinuous-v0', ({ observations, actions }) => {
      actions[0] = observations[1]! >= 0 ? 1 : -1;
    });
    expect(end).toMatchObject({ terminated: 1, truncated: 0 });
    expect(end.reward).toBeCloseTo(99.9, 4);
    expect(end.last[0]).toBeGreaterThanOrEqual(Math.fround(0.45));
    expect(end.info[0]).toBeCloseTo(100 - 0.1 * end.steps, 2);
  });

  it('a force that is no number counts as none, and a choice that does not exist is refused by name', () => {
    const car = make('MountainCarContinuous-v0');
    car.reset({ seed: 1 as Seed, schedule: 'once' });
    car.buffers.actions[0] = Number.NaN;
    car.step();
    expect(car.buffers.rewards[0]).toBe(0);
    const pole = make('CartPole-v1', 3);
    pole.reset({ seed: 1 as Seed, schedule: 'once' });
    for (const wrong of [2, -1]) {
      pole.buffers.actions.set([0, wrong, 1]);
      expect(() => {
        pole.step();
      }).toThrow(`CartPole-v1: expected an action from 0 to 1, got ${String(wrong)} in row 1`);
    }
  });
});
