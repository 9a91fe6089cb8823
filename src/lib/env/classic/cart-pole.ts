/**
 * CartPole-v1: keep a pole upright on a cart by pushing left or right (Barto, Sutton and Anderson 1983). Equations after
 * Florian (2007, "Correct equations for the dynamics of the cart-pole system", without friction), constants, start and
 * ends as in Gymnasium 1.x (`classic_control/cartpole.py`): reward 1 a step, the last included; terminated when the cart
 * leaves the track or the pole leans over 12 degrees; truncated after 500 steps. `CartPoleNoVel-v1` hides both velocities, so
 * that a policy needs memory.
 */
import { boxOf } from '../../core/spaces.ts';
import type { Dynamics, DynamicsBatch, States } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';
import { C10, C12, C4, C6, C8, S11, S3, S5, S7, S9 } from './trigonometry.ts';

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1.1;
const HALF_LENGTH = 0.5;
const FORCE = 10;
const STEP_SECONDS = 0.02;
const MAX_POSITION = 2.4;
const MAX_ANGLE = (12 * 2 * Math.PI) / 360;
const START_REACH = 0.05;

const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH;
const PER_TOTAL_MASS = 1 / TOTAL_MASS;

/**
 * State is [x, x dot, theta, theta dot] in m, m/s, rad, rad/s, theta 0 upright; action 1 pushes right, 0 left. One
 * explicit Euler step.
 */
function step({ states: { n, values }, actions, rewards, terminated }: DynamicsBatch): void {
  for (let i = 0; i < n; i++) {
    const speed = values[n + i]!;
    const theta = values[2 * n + i]!;
    const spin = values[3 * n + i]!;
    // Not a choice in code: half the branches would be foreseen wrongly.
    const force = FORCE * (2 * actions[i]! - 1);
    // A pole that leans over 12 degrees has ended its episode: under them, so many terms of Taylor are all a double holds.
    const z = theta * theta;
    const sin = theta + theta * z * (S3 + z * (S5 + z * (S7 + z * (S9 + z * S11))));
    const cos = 1 - 0.5 * z + z * z * (C4 + z * (C6 + z * (C8 + z * (C10 + z * C12))));
    const push = (force + POLE_MASS_LENGTH * spin * spin * sin) * PER_TOTAL_MASS;
    const spinUp = (GRAVITY * sin - cos * push) / (HALF_LENGTH * (4 / 3 - POLE_MASS * PER_TOTAL_MASS * cos * cos));
    const speedUp = push - POLE_MASS_LENGTH * PER_TOTAL_MASS * spinUp * cos;
    const x = values[i]! + STEP_SECONDS * speed;
    const angle = theta + STEP_SECONDS * spin;
    values[i] = x;
    values[n + i] = speed + STEP_SECONDS * speedUp;
    values[2 * n + i] = angle;
    values[3 * n + i] = spin + STEP_SECONDS * spinUp;
    rewards[i] = 1;
    terminated[i] = x < -MAX_POSITION || x > MAX_POSITION || angle < -MAX_ANGLE || angle > MAX_ANGLE ? 1 : 0;
  }
}

function start({ n, values }: States, i: number, uniforms: Float64Array): void {
  for (let v = 0; v < 4; v++) values[v * n + i] = (2 * uniforms[v]! - 1) * START_REACH;
}

const action = { kind: 'discrete', n: 2 } as const;

/** Observation [4]: position, its speed, angle, its speed. Two pushes; 1 a step until the pole falls. */
export const cartPoleV1: Dynamics = {
  spec: classicSpec({
    id: 'CartPole-v1',
    // Twice what ends an episode, for the observation that ended it.
    observation: boxOf([
      [-2 * MAX_POSITION, 2 * MAX_POSITION],
      [-Infinity, Infinity],
      [-2 * MAX_ANGLE, 2 * MAX_ANGLE],
      [-Infinity, Infinity]
    ]),
    action
  }),
  stateSize: 4,
  maxSteps: 500,
  start,
  step,
  observe: ({ n, values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      into[4 * i] = values[i]!;
      into[4 * i + 1] = values[n + i]!;
      into[4 * i + 2] = values[2 * n + i]!;
      into[4 * i + 3] = values[3 * n + i]!;
    }
  }
};

/** The same without the speeds: [2], to be told from what went before. */
export const cartPoleNoVelV1: Dynamics = {
  ...cartPoleV1,
  spec: classicSpec({
    id: 'CartPoleNoVel-v1',
    observation: boxOf([
      [-2 * MAX_POSITION, 2 * MAX_POSITION],
      [-2 * MAX_ANGLE, 2 * MAX_ANGLE]
    ]),
    action
  }),
  observe: ({ n, values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      into[2 * i] = values[i]!;
      into[2 * i + 1] = values[2 * n + i]!;
    }
  }
};
