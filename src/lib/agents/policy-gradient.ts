/**
 * One gradient step of an on-policy agent on a minibatch: networks, loss, optimiser. PPO is Schulman et al. 2017, arXiv
 * 1707.06347, algorithm 1; A2C is the synchronous form of Mnih et al. 2016, arXiv 1602.01783, algorithm S3. With memory
 * a minibatch is chunks of consecutive steps, run from the recurrent state they were played in.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../compute/adam.ts';
import { captured } from '../compute/captured.ts';
import type { UpdateInputs } from '../compute/captured.ts';
import { fresh } from '../compute/fresh.ts';
import { readsAtOnce } from '../compute/host-memory.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { RmsProp } from '../compute/rms-prop.ts';
import type { A2cConfig, PpoConfig } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { ActionHead } from './action-head.ts';
import type { PolicyMemory } from './nets/policy-value.ts';
import { PolicyValue } from './nets/policy-value.ts';
import type { NetShape } from './nets/torso.ts';
import { inNumbers, inTensors } from './policy-objective.ts';
import type { Objective, PolicyOutputs } from './policy-objective.ts';
import type { RolloutBatch, RolloutShape } from './rollout/rollout.ts';

export type PolicyConfig = PpoConfig | A2cConfig;

const LOSS_NAMES = ['loss', 'policy_loss', 'value_loss', 'entropy', 'approximate_kl', 'clip_fraction'] as const;

type InputName = 'inputs' | 'starts' | 'state' | 'actions' | 'advantages' | 'returns' | 'logProbs' | 'values';

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

/** What the networks put out. */
interface Judged {
  readonly outputs: tf.Tensor;
  readonly values: tf.Tensor;
  readonly memory?: PolicyMemory;
}

export class PolicyGradient {
  readonly nets: PolicyValue;
  readonly #head: ActionHead;
  readonly #config: PolicyConfig;
  readonly #lstmUnits: number;
  readonly #optimiser: Adam | RmsProp;
  /** For backends that are not read without waiting. */
  readonly #update = captured<InputName>((inputs) => this.#inTensors(inputs));
  /** By how much the clip range has fallen, from 1 on. */
  #part = 1;

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
  run({ inputs, starts, state, sequence, chunks }: PolicyRows): Judged {
    const rows = sequence * chunks;
    const width = inputs.length / rows;
    if (this.#lstmUnits === 0) return this.nets.judge(tf.tensor2d(inputs, [rows, width]));
    return this.#remember(
      tf.tensor3d(inputs, [sequence, chunks, width]),
      tf.tensor2d(starts, [sequence, chunks]),
      tf.tensor2d(state, [chunks, 4 * this.#lstmUnits])
    );
  }

  #remember(inputs: tf.Tensor3D, starts: tf.Tensor2D, state: tf.Tensor2D): Judged {
    const [ph, pc, vh, vc] = tf.split(state, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    return this.nets.run(inputs, starts, { policy: { h: ph, c: pc }, value: { h: vh, c: vc } });
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
    this.#part = config.anneal === 'linear' ? remaining : 1;
    this.#optimiser.learningRate = config.learningRate * this.#part;
    // Where reading costs nothing every update is looked at, so that the first that goes wrong is known.
    const values = readsAtOnce()
      ? this.#inNumbers(batch, shape)
      : await this.#update.run(this.#inputs(batch, shape), readBack);
    if (values === undefined) return undefined;
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
    return readBack ? Object.fromEntries(named) : undefined;
  }

  #inNumbers(batch: RolloutBatch, { sequence }: RolloutShape): Float32Array {
    const { clip, ...settings } = this.#settings;
    const now = clip === undefined ? undefined : { ...clip, policy: clip.policy * this.#part };
    return tf.tidy(() => {
      const losses = this.#step(
        () => this.run({ ...batch, sequence }),
        (outputs) => inNumbers(outputs, batch, { ...settings, clip: now })
      );
      return losses.dataSync<'float32'>();
    });
  }

  #inTensors({ inputs, starts, state, ...played }: Readonly<Record<InputName, tf.Tensor>>): tf.Tensor1D {
    const { clip, ...settings } = this.#settings;
    const policy =
      clip === undefined ? undefined : (fresh(() => Float32Array.of(clip.policy * this.#part), []) as tf.Scalar);
    return this.#step(
      () =>
        this.#lstmUnits === 0
          ? this.nets.judge(inputs as tf.Tensor2D)
          : this.#remember(inputs as tf.Tensor3D, starts as tf.Tensor2D, state as tf.Tensor2D),
      (outputs) =>
        inTensors(outputs, played, {
          ...settings,
          clip: clip === undefined || policy === undefined ? undefined : { policy, value: clip.value }
        })
    );
  }

  /** Gradient and step of the optimiser. @returns the loss and its parts, in the order of LOSS_NAMES */
  #step(judge: () => Judged, objective: (outputs: PolicyOutputs) => Objective): tf.Tensor1D {
    let parts: tf.Tensor1D | undefined;
    const { grads, value } = tf.variableGrads(() => {
      const { outputs, values } = judge();
      const { total, parts: apart } = objective({ outputs, values, logStd: this.nets.logStd });
      parts = tf.keep(apart);
      return total;
    }, this.nets.parameters.variables);
    this.#optimiser.apply(grads);
    const all = tf.concat1d([tf.reshape<tf.Rank.R1>(value, [1]), parts!]);
    parts!.dispose();
    return all;
  }

  get #settings() {
    const config = this.#config;
    return {
      head: this.#head,
      weights: { entropy: config.entropyWeight, value: config.valueWeight },
      clip: 'clip' in config ? { policy: config.clip, value: config.valueClip } : undefined
    };
  }

  /** As the networks take them in: without memory rows alone. */
  #inputs(batch: RolloutBatch, { sequence }: RolloutShape): UpdateInputs<InputName> {
    const { chunks } = batch;
    const rows = this.#lstmUnits === 0 ? [sequence * chunks] : [sequence, chunks];
    const columns = (values: Float32Array): NamedArray => ({
      shape: [...rows, values.length / sequence / chunks],
      values
    });
    const each = (values: Float32Array): NamedArray => ({ shape: rows, values });
    return {
      inputs: columns(batch.inputs),
      starts: each(batch.starts),
      state: { shape: [chunks, batch.state.length / chunks], values: batch.state },
      actions: columns(batch.actions),
      advantages: each(batch.advantages),
      returns: each(batch.returns),
      logProbs: each(batch.logProbs),
      values: each(batch.values)
    };
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
    this.#update.dispose();
    this.nets.parameters.dispose();
    this.#optimiser.dispose();
  }
}
