/**
 * MountainCarContinuous-v0: a car too weak for the hill has to swing to and fro to get up it (Moore 1990). Constants,
 * cost, start and ends as in Gymnasium 1.x (`classic_control/continuous_mountain_car.py`): terminated at the flag with
 * 100, every step costs a tenth of the squared action as it was asked for, before clipping; truncated after 999 steps. Gymnasium
 * keeps the state in float32; here it is float64, which differs by about 1e-7 over an episode.
 */
import { boxOf } from '../../core/spaces.ts';
import type { Dynamics } from './dynamics.ts';
import { classicSpec } from './dynamics.ts';
import { sineCosine } from './trigonometry.ts';

const MAX_FORCE = 1;
const POWER = 0.0015;
const SLOPE = 0.0025;
const MIN_POSITION = -1.2;
const MAX_POSITION = 0.6;
const MAX_SPEED = 0.07;
const GOAL_POSITION = 0.45;
const GOAL_REWARD = 100;
const ACTION_COST = 0.1;

/** The angle that stands for a position on the hill, its sine and its cosine. */
const slope = new Float64Array(3);

/** Observation [2]: position and speed. One force, -1 to 1, paid for; 100 at the top. */
export const mountainCarContinuousV0: Dynamics = {
  spec: classicSpec({
    id: 'MountainCarContinuous-v0',
    observation: boxOf([
      [MIN_POSITION, MAX_POSITION],
      [-MAX_SPEED, MAX_SPEED]
    ]),
    action: { kind: 'box', size: 1, low: -MAX_FORCE, high: MAX_FORCE }
  }),
  stateSize: 2,
  maxSteps: 999,
  start: ({ n, values }, i, uniforms) => {
    values[i] = -0.6 + 0.2 * uniforms[0]!;
    values[n + i] = 0;
  },
  /** State is [position, speed], in the task's own units; action is a force. */
  step: ({ states: { n, values }, actions, rewards, terminated }) => {
    for (let i = 0; i < n; i++) {
      const asked = actions[i]!;
      const force = Math.min(MAX_FORCE, Math.max(-MAX_FORCE, asked));
      const from = values[i]!;
      slope[0] = 3 * from;
      sineCosine(slope, 0, slope, 1);
      const pulled = values[n + i]! + force * POWER - SLOPE * slope[2]!;
      let speed = Math.min(MAX_SPEED, Math.max(-MAX_SPEED, pulled));
      const position = Math.min(MAX_POSITION, Math.max(MIN_POSITION, from + speed));
      if (position === MIN_POSITION && speed < 0) speed = 0;
      const done = position >= GOAL_POSITION && speed >= 0;
      values[i] = position;
      values[n + i] = speed;
      terminated[i] = done ? 1 : 0;
      rewards[i] = (done ? GOAL_REWARD : 0) - ACTION_COST * asked * asked;
    }
  },
  observe: ({ n, values }, into, from, to) => {
    for (let i = from; i < to; i++) {
      into[2 * i] = values[i]!;
      into[2 * i + 1] = values[n + i]!;
    }
  }
};
