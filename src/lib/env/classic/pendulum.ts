/**
 * Pendulum-v1: swing a pole up with a torque too weak to lift it at once. Dynamics, cost and start as in Gymnasium 1.x
 * (`classic_control/pendulum.py`); truncated after 200 steps, never terminated. `PendulumNoVel-v1` hides the angular
 * velocity, so that a policy needs memory.
 */
import { boxOf } from '../../core/spaces.ts';
import type { Dynamics, DynamicsBatch, States } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';
import { sineCosine } from './trigonometry.ts';

const MAX_SPEED = 8;
const MAX_TORQUE = 2;
const STEP_SECONDS = 0.05;
const GRAVITY = 10;
const MASS = 1;
const LENGTH = 1;

/** Sine and cosine of an angle. */
const turned = new Float64Array(2);

const TURN = 2 * Math.PI;

/** Angle in [-pi, pi), by whole turns. */
const normalized = (theta: number): number => theta - TURN * Math.floor((theta + Math.PI) / TURN);

/** State is [theta, theta dot] in rad and rad/s, theta 0 upright and never wrapped; action is a torque in N m. */
function step({ states: { n, values }, actions, rewards, terminated }: DynamicsBatch): void {
  for (let i = 0; i < n; i++) {
    const theta = values[i]!;
    const speed = values[n + i]!;
    const torque = Math.min(MAX_TORQUE, Math.max(-MAX_TORQUE, actions[i]!));
    const angle = normalized(theta);
    rewards[i] = -(angle * angle + 0.1 * speed * speed + 0.001 * torque * torque);
    sineCosine(values, i, turned, 0);
    const acceleration = ((3 * GRAVITY) / (2 * LENGTH)) * turned[0]! + (3 / (MASS * LENGTH * LENGTH)) * torque;
    const next = Math.min(MAX_SPEED, Math.max(-MAX_SPEED, speed + acceleration * STEP_SECONDS));
    values[i] = theta + next * STEP_SECONDS;
    values[n + i] = next;
    terminated[i] = 0;
  }
}

function start({ n, values }: States, i: number, uniforms: Float64Array): void {
  values[i] = (2 * uniforms[0]! - 1) * Math.PI;
  values[n + i] = 2 * uniforms[1]! - 1;
}

const action = { kind: 'box', size: 1, low: -MAX_TORQUE, high: MAX_TORQUE } as const;

/** Observation [3]: cosine and sine of the angle, 0 being upright, and the speed. One torque, -2 to 2 N m. */
export const pendulumV1: Dynamics = {
  spec: classicSpec({
    id: 'Pendulum-v1',
    observation: boxOf([
      [-1, 1],
      [-1, 1],
      [-MAX_SPEED, MAX_SPEED]
    ]),
    action
  }),
  stateSize: 2,
  maxSteps: 200,
  start,
  step,
  observe: ({ n, values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      sineCosine(values, i, turned, 0);
      into[3 * i] = turned[1]!;
      into[3 * i + 1] = turned[0]!;
      into[3 * i + 2] = values[n + i]!;
    }
  }
};

/** The same without the speed: [2], to be told from what went before. */
export const pendulumNoVelV1: Dynamics = {
  ...pendulumV1,
  spec: classicSpec({
    id: 'PendulumNoVel-v1',
    observation: boxOf([
      [-1, 1],
      [-1, 1]
    ]),
    action
  }),
  observe: ({ values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      sineCosine(values, i, turned, 0);
      into[2 * i] = turned[1]!;
      into[2 * i + 1] = turned[0]!;
    }
  }
};
