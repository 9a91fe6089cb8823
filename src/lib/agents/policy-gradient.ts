/**
 * One gradient step of an on-policy agent on a minibatch: networks, loss, optimiser. PPO is Schulman et al. 2017, arXiv
 * 1707.06347, algorithm 1; A2C is the synchronous form of Mnih et al. 2016, arXiv 1602.01783, algorithm S3. With memory
 * a minibatch is chunks of consecutive steps, run from the recurrent state they were played in.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../compute/adam.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { RmsProp } from '../compute/rms-prop.ts';
import type { A2cConfig, PpoConfig } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { ActionHead } from './action-head.ts';
import type { PolicyMemory } from './nets/policy-value.ts';
import { PolicyValue } from './nets/policy-value.ts';
import type { NetShape } from './nets/torso.ts';
import { policyObjective } from './policy-objective.ts';
import type { RolloutBatch, RolloutShape } from './rollout/rollout.ts';

export type PolicyConfig = PpoConfig | A2cConfig;

const LOSS_NAMES = ['loss', 'policy_loss', 'value_loss', 'entropy', 'approximate_kl', 'clip_fraction'] as const;

interface PolicyRows {
  /** [sequence, chunks, inputs] */
  readonly inputs: Float32Array;
  /** [sequence, chunks], 1 where the memory is cleared before a row. */
  readonly starts: Float32Array;
  /** [chunks, state] before the first row: h and c of the policy's memory, then of the value's. */
  readonly state: Float32Array;
  readonly sequence: number;
  readonly chunks: number;
}

export class PolicyGradient {
  readonly nets: PolicyValue;
  readonly #head: ActionHead;
  readonly #config: PolicyConfig;
  readonly #lstmUnits: number;
  readonly #optimiser: Adam | RmsProp;

  constructor(options: { shape: NetShape; head: ActionHead; config: PolicyConfig; random: Random }) {
    const { shape, head, config, random } = options;
    this.#head = head;
    this.#config = config;
    this.#lstmUnits = shape.lstmUnits;
    this.nets = new PolicyValue({ shape, outputs: head.outputs, gaussian: head.gaussian, random });
    const { variables } = this.nets.parameters;
    const { learningRate, maxGradientNorm } = config;
    this.#optimiser =
      'clip' in config
        ? new Adam({ variables, learningRate, maxGradientNorm, epsilon: 1e-5 })
        : new RmsProp({ variables, learningRate, maxGradientNorm });
  }

  /**
   * The networks over chunks of consecutive rows; without memory a chunk is one row.
   * @returns outputs [..., outputs], values [..., 1], and the memory after each chunk where there is one
   */
  run({ inputs, starts, state, sequence, chunks }: PolicyRows): {
    outputs: tf.Tensor;
    values: tf.Tensor;
    memory?: PolicyMemory;
  } {
    const rows = sequence * chunks;
    const width = inputs.length / rows;
    const units = this.#lstmUnits;
    if (units === 0) return this.nets.judge(tf.tensor2d(inputs, [rows, width]));
    const [ph, pc, vh, vc] = tf.split(tf.tensor2d(state, [chunks, 4 * units]), 4, 1) as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D
    ];
    const from = { policy: { h: ph, c: pc }, value: { h: vh, c: vc } };
    return this.nets.run(tf.tensor3d(inputs, [sequence, chunks, width]), tf.tensor2d(starts, [sequence, chunks]), from);
  }

  /**
   * @param remaining 1 at the run's start, falling to 0 at its end: learning rate and clip range follow where asked
   * @param readBack whether to wait for the losses
   * @throws AppError `training.diverged` when a loss that was read is not a finite number
   */
  async update(
    batch: RolloutBatch,
    shape: RolloutShape,
    { remaining, readBack }: { remaining: number; readBack: boolean }
  ): Promise<Readonly<Record<string, number>> | undefined> {
    const config = this.#config;
    const part = config.anneal === 'linear' ? remaining : 1;
    this.#optimiser.learningRate = config.learningRate * part;
    const losses = tf.tidy(() => this.#step(batch, shape, part));
    if (!readBack) {
      losses.dispose();
      return undefined;
    }
    const values = await losses.data();
    losses.dispose();
    const named = LOSS_NAMES.slice(0, values.length).map((name, i) => [name, values[i] as number] as const);
    for (const [name, value] of named) {
      if (Number.isFinite(value)) continue;
      throw new AppError('training.diverged', {
        subject: name,
        expected: 'a finite number',
        got: String(value),
        remedy: 'go on from the last checkpoint with a lower learning rate'
      });
    }
    return Object.fromEntries(named);
  }

  /** @returns the loss and its parts, in the order of LOSS_NAMES */
  #step(batch: RolloutBatch, { sequence }: RolloutShape, part: number): tf.Tensor1D {
    const config = this.#config;
    const settings = {
      head: this.#head,
      weights: { entropy: config.entropyWeight, value: config.valueWeight },
      clip: 'clip' in config ? { policy: config.clip * part, value: config.valueClip } : undefined
    };
    let parts: tf.Tensor1D | undefined;
    const { grads, value } = tf.variableGrads(() => {
      const { outputs, values } = this.run({ ...batch, sequence });
      const objective = policyObjective({ outputs, values, logStd: this.nets.logStd }, batch, settings);
      parts = tf.keep(objective.parts);
      return objective.total;
    }, this.nets.parameters.variables);
    this.#optimiser.apply(grads);
    const all = tf.concat1d([tf.reshape<tf.Rank.R1>(value, [1]), parts!]);
    parts!.dispose();
    return all;
  }

  async save(into: Map<string, NamedArray>): Promise<void> {
    await this.nets.parameters.save('net', into);
    for (const [key, array] of await this.#optimiser.save()) into.set(`optimiser.${key}`, array);
    for (const [name, { values }] of into) {
      const bad = values.find((x) => !Number.isFinite(x));
      if (bad === undefined) continue;
      throw new AppError('training.diverged', {
        subject: name,
        expected: 'finite numbers',
        got: String(bad),
        remedy: 'go on from the last checkpoint with a lower learning rate'
      });
    }
  }

  load(from: NamedArrays): void {
    this.nets.parameters.load('net', from);
    const prefix = 'optimiser.';
    const own = [...from].filter(([key]) => key.startsWith(prefix));
    this.#optimiser.load(new Map(own.map(([key, array]) => [key.slice(prefix.length), array])));
  }

  dispose(): void {
    this.nets.parameters.dispose();
    this.#optimiser.dispose();
  }
}
