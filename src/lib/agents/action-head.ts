/**
 * From a policy network's outputs to actions and their probabilities: one choice from a list, or a Gaussian over a box.
 * Drawing happens in plain numbers from a seeded stream, learning in tensors. Knows nothing of how a policy is learnt.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fillNormal } from '../compute/random.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { boundsAt } from '../core/spaces.ts';
import type { ActionSpace, Box } from '../core/spaces.ts';

/** What a policy says of actions that were taken, in plain numbers. */
export interface JudgedRows {
  /** [rows] each. */
  readonly logProb: Float64Array;
  readonly entropy: Float64Array;
  /** [rows, outputs] of use to `slopes`: log-probabilities of all choices, or how many σ an action lay off. */
  readonly terms: Float64Array;
  readonly logStd: Float32Array;
  readonly actions: Float32Array;
}

export interface ActionHead {
  /** Numbers the network puts out. */
  readonly outputs: number;
  /** Numbers that stand for an action in networks and buffers: one hot for a choice. */
  readonly width: number;
  readonly gaussian: boolean;
  /**
   * Draws an action of each environment.
   * @param outputs [n, outputs] @param logStd [outputs], empty for choices
   * @param actions receives [n, width] @param logProbs receives [n]
   * @param random undefined for the likeliest action
   */
  draw(draw: {
    readonly outputs: Float32Array;
    readonly logStd: Float32Array;
    readonly random: Random | undefined;
    readonly actions: Float32Array;
    readonly logProbs: Float32Array;
  }): void;
  /** @param actions [n, width] @param into receives what the environment takes */
  tell(actions: Float32Array, into: Float32Array | Int32Array): void;
  /** @param outputs [..., outputs] @param actions [..., width] @returns log-probability and entropy, [...] each */
  judge(
    outputs: tf.Tensor,
    logStd: tf.Tensor | undefined,
    actions: tf.Tensor
  ): { logProb: tf.Tensor; entropy: tf.Tensor };
  /** `judge` in plain numbers. @param outputs [rows, outputs] @param logStd [outputs] @param actions [rows, width] */
  judgeRows(rows: {
    readonly outputs: Float32Array;
    readonly logStd: Float32Array;
    readonly actions: Float32Array;
  }): JudgedRows;
  /**
   * From a loss's slopes in the log-probability of each row, [rows], and in the entropy of every row alike, to its
   * slopes in the outputs, [rows, outputs], and in logStd, [outputs].
   */
  slopes(judged: JudgedRows, logProb: Float64Array, entropy: number): { outputs: Float32Array; logStd: Float32Array };
}

/** @throws AppError `config.invalid` for spaces of several choices at once */
export function actionHead(space: ActionSpace): ActionHead {
  if (space.kind === 'box') return gaussianHead(space);
  if (space.kind === 'discrete') return choiceHead(space.n);
  throw new AppError('config.invalid', {
    subject: 'agent.algorithm',
    expected: 'an environment with one choice a step, or with continuous actions',
    got: `${String(space.n.length)} choices a step`,
    remedy: 'choose another environment'
  });
}

function choiceHead(n: number): ActionHead {
  return {
    outputs: n,
    width: n,
    gaussian: false,
    draw({ outputs, random, actions, logProbs }) {
      actions.fill(0);
      for (let e = 0; e < logProbs.length; e++) {
        const at = e * n;
        let most = at;
        for (let a = at + 1; a < at + n; a++) if (outputs[a]! > outputs[most]!) most = a;
        let sum = 0;
        for (let a = at; a < at + n; a++) sum += Math.exp(outputs[a]! - outputs[most]!);
        let chosen = most;
        if (random !== undefined) {
          let left = random.uniform() * sum;
          for (chosen = at; chosen < at + n - 1; chosen++) {
            left -= Math.exp(outputs[chosen]! - outputs[most]!);
            if (left < 0) break;
          }
        }
        actions[chosen] = 1;
        logProbs[e] = outputs[chosen]! - outputs[most]! - Math.log(sum);
      }
    },
    tell(actions, into) {
      for (let e = 0; e < into.length; e++) {
        for (let a = 0; a < n; a++) if (actions[e * n + a] === 1) into[e] = a;
      }
    },
    judge(outputs, _, actions) {
      const logs = tf.logSoftmax(outputs);
      return {
        logProb: tf.sum(tf.mul(logs, actions), -1),
        entropy: tf.neg(tf.sum(tf.mul(tf.exp(logs), logs), -1))
      };
    },
    judgeRows({ outputs, logStd, actions }) {
      const rows = outputs.length / n;
      const judged = { logProb: new Float64Array(rows), entropy: new Float64Array(rows), logStd, actions };
      const terms = new Float64Array(outputs.length);
      for (let i = 0; i < rows; i++) {
        const at = i * n;
        let most = outputs[at]!;
        for (let a = at + 1; a < at + n; a++) most = Math.max(most, outputs[a]!);
        let sum = 0;
        for (let a = at; a < at + n; a++) sum += Math.exp(outputs[a]! - most);
        const whole = most + Math.log(sum);
        for (let a = at; a < at + n; a++) {
          const log = outputs[a]! - whole;
          terms[a] = log;
          judged.logProb[i]! += actions[a]! * log;
          judged.entropy[i]! -= Math.exp(log) * log;
        }
      }
      return { ...judged, terms };
    },
    // d log π(a) / d o_k = [k = a] - p_k and d H / d o_k = -p_k (ln p_k + H).
    slopes({ terms, entropy: entropies, actions }, logProb, entropy) {
      const outputs = new Float32Array(terms.length);
      for (let a = 0; a < outputs.length; a++) {
        const i = Math.floor(a / n);
        const log = terms[a]!;
        const p = Math.exp(log);
        outputs[a] = logProb[i]! * (actions[a]! - p) - entropy * p * (log + entropies[i]!);
      }
      return { outputs, logStd: new Float32Array(0) };
    }
  };
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Independent Gaussians, not squashed; what lies outside the box is cut to it on the way to the environment. */
function gaussianHead(space: Box): ActionHead {
  const n = space.size;
  return {
    outputs: n,
    width: n,
    gaussian: true,
    draw({ outputs, logStd, random, actions, logProbs }) {
      const noise = new Float32Array(outputs.length);
      if (random !== undefined) fillNormal(random, noise);
      for (let e = 0; e < logProbs.length; e++) {
        let logProb = 0;
        for (let a = 0; a < n; a++) {
          const z = noise[e * n + a]!;
          actions[e * n + a] = outputs[e * n + a]! + Math.exp(logStd[a]!) * z;
          logProb -= 0.5 * z * z + logStd[a]! + HALF_LOG_TWO_PI;
        }
        logProbs[e] = logProb;
      }
    },
    tell(actions, into) {
      for (let i = 0; i < into.length; i++) {
        const [low, high] = boundsAt(space, i % n);
        into[i] = Math.min(high, Math.max(low, actions[i]!));
      }
    },
    judge(outputs, logStd, actions) {
      if (logStd === undefined) throw new Error('gaussian: expected a spread');
      const z = tf.div(tf.sub(actions, outputs), tf.exp(logStd));
      const each = tf.add(tf.mul(0.5, tf.square(z)), tf.add(logStd, HALF_LOG_TWO_PI));
      const entropy = tf.sum(tf.add(logStd, 0.5 + HALF_LOG_TWO_PI));
      return { logProb: tf.neg(tf.sum(each, -1)), entropy: tf.mul(entropy, tf.onesLike(tf.sum(outputs, -1))) };
    },
    judgeRows({ outputs, logStd, actions }) {
      const rows = outputs.length / n;
      const terms = new Float64Array(outputs.length);
      const logProb = new Float64Array(rows);
      const inverse = Float64Array.from(logStd, (s) => Math.exp(-s));
      let spread = 0;
      for (const s of logStd) spread += s + HALF_LOG_TWO_PI;
      for (let i = 0; i < rows; i++) {
        let log = -spread;
        for (let a = 0; a < n; a++) {
          const z = (actions[i * n + a]! - outputs[i * n + a]!) * inverse[a]!;
          terms[i * n + a] = z;
          log -= 0.5 * z * z;
        }
        logProb[i] = log;
      }
      return { logProb, entropy: new Float64Array(rows).fill(spread + 0.5 * n), terms, logStd, actions };
    },
    // d log π / d μ = z / σ, d log π / d ln σ = z² - 1, d H / d ln σ = 1.
    slopes({ terms, logStd }, logProb, entropy) {
      const outputs = new Float32Array(terms.length);
      const ofSpread = new Float64Array(n).fill(entropy * logProb.length);
      const inverse = Float64Array.from(logStd, (s) => Math.exp(-s));
      for (let i = 0; i < logProb.length; i++) {
        for (let a = 0; a < n; a++) {
          const z = terms[i * n + a]!;
          outputs[i * n + a] = logProb[i]! * z * inverse[a]!;
          ofSpread[a]! += logProb[i]! * (z * z - 1);
        }
      }
      return { outputs, logStd: Float32Array.from(ofSpread) };
    }
  };
}
