/**
 * Deep Q learning (Mnih et al. 2015, "Human-level control through deep reinforcement learning", Nature 518, algorithm
 * 1) and its distributional form QR-DQN (Dabney et al. 2018, arXiv 1710.10044, algorithm 1): one update on a batch of
 * transitions. Each of these may be switched on by itself:
 * - double: the network chooses, its target values (van Hasselt et al. 2016, arXiv 1509.06461, eq. 4);
 * - duelling: value and advantages in streams of their own (Wang et al. 2016, arXiv 1511.06581, eq. 9; see `QNet`);
 * - returns of several steps, which the batch already holds (Sutton 1988; see `TransitionReplay`);
 * - prioritised: weights of the batch in, errors for its priorities out (Schaul et al. 2016, arXiv 1511.05952).
 */
import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../compute/adam.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import type { QConfig } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { QNet } from './nets/q-net.ts';
import { qObjective } from './q-objective.ts';
import type { QObjective } from './q-objective.ts';
import type { TransitionBatch } from './replay/transition-replay.ts';

const LOSS_NAMES = ['loss', 'value', 'error'] as const;

export interface QUpdate {
  /** Undefined where they were not asked for. */
  readonly losses: Readonly<Record<(typeof LOSS_NAMES)[number], number>> | undefined;
  /** [batch] absolute errors, for priorities; undefined where all transitions are drawn alike. */
  readonly errors: Float32Array | undefined;
}

export class QLearning {
  readonly net: QNet;
  readonly target: QNet;
  readonly #config: QConfig;
  readonly #optimiser: Adam;
  /** Whether the network has learnt since the target was last made its copy. */
  #ahead = false;

  constructor(options: {
    readonly observation: number;
    readonly branches: readonly number[];
    readonly config: QConfig;
    readonly random: Random;
  }) {
    const { observation, branches, config, random } = options;
    const distributional = 'quantiles' in config;
    const shape = {
      observation,
      branches,
      quantiles: distributional ? config.quantiles : 1,
      hidden: Array.from({ length: config.hiddenLayers }, () => config.hiddenUnits),
      duelling: config.head === 'duelling'
    };
    this.#config = config;
    this.net = new QNet(shape, random.split('net'));
    this.target = new QNet(shape, random);
    this.target.parameters.copyFrom(this.net.parameters);
    this.#optimiser = new Adam({
      variables: this.net.parameters.variables,
      learningRate: config.learningRate,
      maxGradientNorm: config.maxGradientNorm,
      // Dabney et al. 2018, section 5: 0.01 over the batch, so that the step shrinks where gradients are small. It steadies
      // the mean as it does the quantiles: with Adam's own, a policy that holds the pole is lost again and again.
      epsilon: 0.01 / config.batch
    });
  }

  /** Makes the target the network as it is now: Mnih et al. 2015, algorithm 1, last line. */
  copyToTarget(): void {
    if (this.#ahead) this.target.parameters.copyFrom(this.net.parameters);
    this.#ahead = false;
  }

  /**
   * One gradient update of the network.
   * @param remaining 1 at the run's start, falling to 0 at its end: the learning rate follows where asked
   * @param readBack whether to wait for the losses
   * @throws AppError `training.diverged` when what was read is not a finite number
   */
  async update(
    batch: TransitionBatch,
    { remaining, readBack }: { remaining: number; readBack: boolean }
  ): Promise<QUpdate> {
    const { anneal, learningRate } = this.#config;
    this.#optimiser.learningRate = anneal === 'linear' ? learningRate * remaining : learningRate;
    const wanted = { errors: this.#config.sampling === 'prioritised', losses: readBack };
    const told = tf.tidy(() => this.#step(batch, wanted));
    this.#ahead = true;
    const errors = (await told.errors?.data()) as Float32Array | undefined;
    const losses = (await told.losses?.data()) as Float32Array | undefined;
    tf.dispose(told);
    if (errors?.every(Number.isFinite) === false) throw diverged('error', Number.NaN);
    if (losses === undefined) return { losses: undefined, errors };
    LOSS_NAMES.forEach((name, i) => {
      if (!Number.isFinite(losses[i])) throw diverged(name, losses[i]!);
    });
    return { losses: { loss: losses[0]!, value: losses[1]!, error: losses[2]! }, errors };
  }

  /** @returns what is wanted of [batch] absolute errors and [losses] */
  #step(
    batch: TransitionBatch,
    wanted: { readonly errors: boolean; readonly losses: boolean }
  ): { readonly errors?: tf.Tensor1D; readonly losses?: tf.Tensor1D } {
    const { size } = batch;
    const now = tf.tensor2d(batch.observations, [size, batch.observations.length / size]);
    const after = tf.tensor2d(batch.nextObservations, now.shape);
    const future = this.target.run(after);
    const judged = this.#config.bootstrap === 'double' ? this.net.run(after) : future;
    const settings = { distributional: 'quantiles' in this.#config, tell: wanted.errors || wanted.losses };
    let told: QObjective['told'];
    const { grads, value } = tf.variableGrads(() => {
      const objective = qObjective({ values: this.net.run(now), future, judged }, batch, settings);
      if (objective.told !== undefined) {
        told = { errors: tf.keep(objective.told.errors), expected: tf.keep(objective.told.expected) };
      }
      return objective.total;
    }, this.net.parameters.variables);
    this.#optimiser.apply(grads);
    if (told === undefined) return {};
    const { errors, expected } = told;
    const losses = wanted.losses ? (tf.stack([value, expected, tf.mean(errors)]) as tf.Tensor1D) : undefined;
    expected.dispose();
    return { errors, ...(losses === undefined ? {} : { losses }) };
  }

  async save(into: Map<string, NamedArray>): Promise<void> {
    await this.net.parameters.save('net', into);
    await this.target.parameters.save('target', into);
    for (const [key, array] of await this.#optimiser.save()) into.set(`adam.${key}`, array);
    for (const [name, { values }] of into) {
      const bad = values.find((x) => !Number.isFinite(x));
      if (bad !== undefined) throw diverged(name, bad);
    }
  }

  /** @throws AppError `data.drift` when a tensor is missing or of another shape */
  load(from: NamedArrays): void {
    this.net.parameters.load('net', from);
    this.target.parameters.load('target', from);
    const own = [...from].filter(([key]) => key.startsWith('adam.'));
    this.#optimiser.load(new Map(own.map(([key, array]) => [key.slice('adam.'.length), array])));
    this.#ahead = true;
  }

  dispose(): void {
    this.net.parameters.dispose();
    this.target.parameters.dispose();
    this.#optimiser.dispose();
  }
}

function diverged(name: string, value: number): AppError {
  return new AppError('training.diverged', {
    subject: name,
    expected: 'a finite number',
    got: String(value),
    remedy: 'go on from the last checkpoint with a lower learning rate, or a gradient norm below 10'
  });
}
