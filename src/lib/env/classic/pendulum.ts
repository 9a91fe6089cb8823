/**
 * Pendulum-v1: swing a pole up with a torque too weak to lift it at once. Dynamics, cost and start as in Gymnasium 1.x
 * (`classic_control/pendulum.py`); truncated after 200 steps, never terminated. `PendulumNoVel-v1` hides the angular
 * velocity, so that a policy needs memory.
 */
import type { Dynamics, DynamicsBatch } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';

const MAX_SPEED = 8;
const MAX_TORQUE = 2;
const STEP_SECONDS = 0.05;
const GRAVITY = 10;
const MASS = 1;
const LENGTH = 1;

/** Angle in [-pi, pi); the remainder takes the divisor's sign, as in Python. */
function normalizeAngle(theta: number): number {
  const turn = 2 * Math.PI;
  const shifted = (theta + Math.PI) % turn;
  return (shifted < 0 ? shifted + turn : shifted) - Math.PI;
}

/** State is [theta, theta dot] in rad and rad/s, theta 0 upright and never wrapped; action is a torque in N m. */
function step({ n, state, actions, rewards, terminated }: DynamicsBatch): void {
  for (let i = 0; i < n; i++) {
    const theta = state[2 * i]!;
    const speed = state[2 * i + 1]!;
    const torque = Math.min(MAX_TORQUE, Math.max(-MAX_TORQUE, actions[i]!));
    const angle = normalizeAngle(theta);
    rewards[i] = -(angle * angle + 0.1 * speed * speed + 0.001 * torque * torque);
    const acceleration = ((3 * GRAVITY) / (2 * LENGTH)) * Math.sin(theta) + (3 / (MASS * LENGTH * LENGTH)) * torque;
    const next = Math.min(MAX_SPEED, Math.max(-MAX_SPEED, speed + acceleration * STEP_SECONDS));
    state[2 * i] = theta + next * STEP_SECONDS;
    state[2 * i + 1] = next;
    terminated[i] = 0;
  }
}

function pendulum(options: { id: string; velocity: boolean }): Dynamics {
  const { id, velocity } = options;
  return {
    spec: classicSpec({
      id,
      observation: {
        kind: 'box',
        size: velocity ? 3 : 2,
        low: velocity ? -MAX_SPEED : -1,
        high: velocity ? MAX_SPEED : 1
      },
      action: { kind: 'box', size: 1, low: -MAX_TORQUE, high: MAX_TORQUE }
    }),
    stateSize: 2,
    maxSteps: 200,
    start: (state, at, random) => {
      state[at] = (2 * random.uniform() - 1) * Math.PI;
      state[at + 1] = 2 * random.uniform() - 1;
    },
    step,
    observe: (state, stateAt, into, at) => {
      const theta = state[stateAt]!;
      into[at] = Math.cos(theta);
      into[at + 1] = Math.sin(theta);
      if (velocity) into[at + 2] = state[stateAt + 1]!;
    }
  };
}

export const pendulumV1: Dynamics = pendulum({ id: 'Pendulum-v1', velocity: true });
export const pendulumNoVelV1: Dynamics = pendulum({ id: 'PendulumNoVel-v1', velocity: false });
