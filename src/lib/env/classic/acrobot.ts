/**
 * Acrobot-v1: swing the free end of two hanging links over a line by a torque at the joint between them (Sutton 1996;
 * equations of Sutton and Barto's book). Constants, start and ends as in Gymnasium 1.x (`classic_control/acrobot.py`):
 * one Runge-Kutta step of 0.2 s, reward -1 a step and 0 for the one that gets there, which terminates; truncated after
 * 500 steps.
 */
import { boxOf } from '../../core/spaces.ts';
import type { Dynamics, DynamicsBatch } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';
import { cosine, sine } from './trigonometry.ts';

/** Both links: 1 m, 1 kg, centre of mass in the middle, moment of inertia 1 kg m². */
const LENGTH = 1;
const MASS = 1;
const CENTRE = 0.5;
const INERTIA = 1;
const GRAVITY = 9.8;
const STEP_SECONDS = 0.2;
const MAX_SPIN_1 = 4 * Math.PI;
const MAX_SPIN_2 = 9 * Math.PI;
const START_REACH = 0.1;

/** Accelerations of both joints, rad/s²: what `accelerate` writes, so that nothing is allocated. */
const acceleration = new Float64Array(2);

/** Angles from hanging down, the second from the first link on; torque on the second joint in N m. */
function accelerate(theta1: number, theta2: number, spin1: number, spin2: number, torque: number): void {
  const cos2 = cosine(theta2);
  const sin2 = sine(theta2);
  const d1 =
    MASS * CENTRE * CENTRE +
    MASS * (LENGTH * LENGTH + CENTRE * CENTRE + 2 * LENGTH * CENTRE * cos2) +
    INERTIA +
    INERTIA;
  const d2 = MASS * (CENTRE * CENTRE + LENGTH * CENTRE * cos2) + INERTIA;
  // The book writes cos(angle - pi/2) for these sines.
  const phi2 = MASS * CENTRE * GRAVITY * sine(theta1 + theta2);
  const phi1 =
    -MASS * LENGTH * CENTRE * spin2 * spin2 * sin2 -
    2 * MASS * LENGTH * CENTRE * spin2 * spin1 * sin2 +
    (MASS * CENTRE + MASS * LENGTH) * GRAVITY * sine(theta1) +
    phi2;
  const second =
    (torque + (d2 / d1) * phi1 - MASS * LENGTH * CENTRE * spin1 * spin1 * sin2 - phi2) /
    (MASS * CENTRE * CENTRE + INERTIA - (d2 * d2) / d1);
  acceleration[0] = -(d2 * second + phi1) / d1;
  acceleration[1] = second;
}

/** Angle in [-pi, pi], by whole turns; an end of the range stays where it is. */
function wrapped(theta: number): number {
  let angle = theta;
  while (angle > Math.PI) angle -= 2 * Math.PI;
  while (angle < -Math.PI) angle += 2 * Math.PI;
  return angle;
}

const within = (value: number, reach: number): number => Math.min(reach, Math.max(-reach, value));

/** State is [theta 1, theta 2, theta 1 dot, theta 2 dot] in rad and rad/s; action 0, 1, 2 is a torque of -1, 0, 1. */
function step({ states: { n, values }, actions, rewards, terminated }: DynamicsBatch): void {
  const h = STEP_SECONDS;
  for (let i = 0; i < n; i++) {
    const torque = actions[i]! - 1;
    const a = values[i]!;
    const b = values[n + i]!;
    // Velocities (u, v) and accelerations (p, q) at the four points of the classic Runge-Kutta step.
    const u1 = values[2 * n + i]!;
    const v1 = values[3 * n + i]!;
    accelerate(a, b, u1, v1, torque);
    const p1 = acceleration[0]!;
    const q1 = acceleration[1]!;
    const u2 = u1 + (h / 2) * p1;
    const v2 = v1 + (h / 2) * q1;
    accelerate(a + (h / 2) * u1, b + (h / 2) * v1, u2, v2, torque);
    const p2 = acceleration[0]!;
    const q2 = acceleration[1]!;
    const u3 = u1 + (h / 2) * p2;
    const v3 = v1 + (h / 2) * q2;
    accelerate(a + (h / 2) * u2, b + (h / 2) * v2, u3, v3, torque);
    const p3 = acceleration[0]!;
    const q3 = acceleration[1]!;
    const u4 = u1 + h * p3;
    const v4 = v1 + h * q3;
    accelerate(a + h * u3, b + h * v3, u4, v4, torque);
    const p4 = acceleration[0]!;
    const q4 = acceleration[1]!;
    const theta1 = wrapped(a + (h / 6) * (u1 + 2 * u2 + 2 * u3 + u4));
    const theta2 = wrapped(b + (h / 6) * (v1 + 2 * v2 + 2 * v3 + v4));
    values[i] = theta1;
    values[n + i] = theta2;
    values[2 * n + i] = within(u1 + (h / 6) * (p1 + 2 * p2 + 2 * p3 + p4), MAX_SPIN_1);
    values[3 * n + i] = within(v1 + (h / 6) * (q1 + 2 * q2 + 2 * q3 + q4), MAX_SPIN_2);
    const done = -cosine(theta1) - cosine(theta1 + theta2) > 1;
    terminated[i] = done ? 1 : 0;
    rewards[i] = done ? 0 : -1;
  }
}

export const acrobotV1: Dynamics = {
  spec: classicSpec({
    id: 'Acrobot-v1',
    observation: boxOf([
      [-1, 1],
      [-1, 1],
      [-1, 1],
      [-1, 1],
      [-MAX_SPIN_1, MAX_SPIN_1],
      [-MAX_SPIN_2, MAX_SPIN_2]
    ]),
    action: { kind: 'discrete', n: 3 }
  }),
  stateSize: 4,
  maxSteps: 500,
  start: ({ n, values }, i, uniforms) => {
    for (let v = 0; v < 4; v++) values[v * n + i] = (2 * uniforms[v]! - 1) * START_REACH;
  },
  step,
  observe: ({ n, values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      const theta1 = values[i]!;
      const theta2 = values[n + i]!;
      into[6 * i] = cosine(theta1);
      into[6 * i + 1] = sine(theta1);
      into[6 * i + 2] = cosine(theta2);
      into[6 * i + 3] = sine(theta2);
      into[6 * i + 4] = values[2 * n + i]!;
      into[6 * i + 5] = values[3 * n + i]!;
    }
  }
};
