/**
 * Acrobot-v1: swing the free end of two hanging links over a line by a torque at the joint between them (Sutton 1996;
 * equations of Sutton and Barto's book). Constants, start and ends as in Gymnasium 1.x (`classic_control/acrobot.py`):
 * one Runge-Kutta step of 0.2 s, reward -1 a step and 0 for the one that gets there, which terminates; truncated after
 * 500 steps.
 */
import { boxOf } from '../../core/spaces.ts';
import type { Dynamics, DynamicsBatch } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';
import { sineCosine } from './trigonometry.ts';

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

/**
 * A point of a state's path, so that no float crosses a call: [theta 1, theta 2, their sum], then the sine and the
 * cosine of each, velocities, torque, and what `accelerate` makes of it: accelerations of both joints in rad/s².
 */
const point = new Float64Array(14);
const SUM = 2;
const TURNED_1 = 3;
const TURNED_2 = 5;
const TURNED_SUM = 7;
const SPIN_1 = 9;
const SPIN_2 = 10;
const TORQUE = 11;
const SPIN_UP_1 = 12;
const SPIN_UP_2 = 13;

/** Angles from hanging down, the second from the first link on; torque on the second joint in N m. */
function accelerate(): void {
  point[SUM] = point[0]! + point[1]!;
  sineCosine(point, 0, point, TURNED_1);
  sineCosine(point, 1, point, TURNED_2);
  sineCosine(point, SUM, point, TURNED_SUM);
  const spin1 = point[SPIN_1]!;
  const spin2 = point[SPIN_2]!;
  const sin2 = point[TURNED_2]!;
  const cos2 = point[TURNED_2 + 1]!;
  const d1 =
    MASS * CENTRE * CENTRE +
    MASS * (LENGTH * LENGTH + CENTRE * CENTRE + 2 * LENGTH * CENTRE * cos2) +
    INERTIA +
    INERTIA;
  const d2 = MASS * (CENTRE * CENTRE + LENGTH * CENTRE * cos2) + INERTIA;
  // The book writes cos(angle - pi/2) for these sines.
  const phi2 = MASS * CENTRE * GRAVITY * point[TURNED_SUM]!;
  const phi1 =
    -MASS * LENGTH * CENTRE * spin2 * spin2 * sin2 -
    2 * MASS * LENGTH * CENTRE * spin2 * spin1 * sin2 +
    (MASS * CENTRE + MASS * LENGTH) * GRAVITY * point[TURNED_1]! +
    phi2;
  const second =
    (point[TORQUE]! + (d2 / d1) * phi1 - MASS * LENGTH * CENTRE * spin1 * spin1 * sin2 - phi2) /
    (MASS * CENTRE * CENTRE + INERTIA - (d2 * d2) / d1);
  point[SPIN_UP_1] = -(d2 * second + phi1) / d1;
  point[SPIN_UP_2] = second;
}

/** Angle `at` brought into [-pi, pi] by whole turns; an end of the range stays where it is. */
function wrap(angles: Float64Array, at: number): void {
  while (angles[at]! > Math.PI) angles[at]! -= 2 * Math.PI;
  while (angles[at]! < -Math.PI) angles[at]! += 2 * Math.PI;
}

/** State is [theta 1, theta 2, theta 1 dot, theta 2 dot] in rad and rad/s; action 0, 1, 2 is a torque of -1, 0, 1. */
function step({ states: { n, values }, actions, rewards, terminated }: DynamicsBatch): void {
  for (let i = 0; i < n; i++) {
    const theta1 = values[i]!;
    const theta2 = values[n + i]!;
    const spin1 = values[2 * n + i]!;
    const spin2 = values[3 * n + i]!;
    point[0] = theta1;
    point[1] = theta2;
    point[SPIN_1] = spin1;
    point[SPIN_2] = spin2;
    point[TORQUE] = actions[i]! - 1;
    // The four points of the classic Runge-Kutta step, summed up with the weights 1, 2, 2, 1.
    let turn1 = 0;
    let turn2 = 0;
    let spinUp1 = 0;
    let spinUp2 = 0;
    for (let stage = 0; stage < 4; stage++) {
      accelerate();
      const weight = stage === 0 || stage === 3 ? STEP_SECONDS / 6 : STEP_SECONDS / 3;
      const ahead = stage === 2 ? STEP_SECONDS : STEP_SECONDS / 2;
      const up1 = point[SPIN_UP_1]!;
      const up2 = point[SPIN_UP_2]!;
      turn1 += weight * point[SPIN_1];
      turn2 += weight * point[SPIN_2];
      spinUp1 += weight * up1;
      spinUp2 += weight * up2;
      point[0] = theta1 + ahead * point[SPIN_1];
      point[1] = theta2 + ahead * point[SPIN_2];
      point[SPIN_1] = spin1 + ahead * up1;
      point[SPIN_2] = spin2 + ahead * up2;
    }
    values[i] = theta1 + turn1;
    values[n + i] = theta2 + turn2;
    wrap(values, i);
    wrap(values, n + i);
    values[2 * n + i] = Math.min(MAX_SPIN_1, Math.max(-MAX_SPIN_1, spin1 + spinUp1));
    values[3 * n + i] = Math.min(MAX_SPIN_2, Math.max(-MAX_SPIN_2, spin2 + spinUp2));
    point[SUM] = values[i]! + values[n + i]!;
    sineCosine(values, i, point, TURNED_1);
    sineCosine(point, SUM, point, TURNED_SUM);
    const done = -point[TURNED_1 + 1]! - point[TURNED_SUM + 1]! > 1;
    terminated[i] = done ? 1 : 0;
    rewards[i] = done ? 0 : -1;
  }
}

/** Observation [6]: cosine and sine of both angles, both speeds. Three torques; -1 a step until the tip is up. */
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
      sineCosine(values, i, point, TURNED_1);
      sineCosine(values, n + i, point, TURNED_2);
      into[6 * i] = point[TURNED_1 + 1]!;
      into[6 * i + 1] = point[TURNED_1]!;
      into[6 * i + 2] = point[TURNED_2 + 1]!;
      into[6 * i + 3] = point[TURNED_2]!;
      into[6 * i + 4] = values[2 * n + i]!;
      into[6 * i + 5] = values[3 * n + i]!;
    }
  }
};
