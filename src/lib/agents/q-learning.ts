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
import { captured } from '../compute/captured.ts';
import type { UpdateInputs } from '../compute/captured.ts';
import { readsAtOnce } from '../compute/host-memory.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { polyakUpdate } from '../compute/polyak.ts';
import type { QConfig } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { QNet } from './nets/q-net.ts';
import { inNumbers, inTensors, oneHotBranches, oneHotRows } from './q-objective.ts';
import type { QObjective, QOutputs } from './q-objective.ts';
import type { TransitionBatch } from './replay/transition-replay.ts';

const LOSS_NAMES = ['loss', 'value', 'error'] as const;

type InputName = 'observations' | 'nextObservations' | 'chosen' | 'rewards' | 'discounts' | 'weights';

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
  readonly #branches: readonly number[];
  readonly #optimiser: Adam;
  /** For backends that are not read without waiting: the losses by name, then the errors. */
  readonly #update = captured<InputName>((inputs) => this.#whole(inputs));
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
    this.#branches = branches;
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
    const [target, net] = [this.target.parameters, this.net.parameters];
    if (this.#ahead) {
      // In place where updates are recorded: a target that was assigned would have them recorded anew.
      if (readsAtOnce()) target.copyFrom(net);
      else polyakUpdate(target.variables, net.variables, 1);
    }
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
    const { anneal, learningRate, sampling } = this.#config;
    this.#optimiser.learningRate = anneal === 'linear' ? learningRate * remaining : learningRate;
    const wanted = { errors: sampling === 'prioritised', losses: readBack };
    this.#ahead = true;
    if (readsAtOnce()) return this.#inNumbers(batch, wanted);
    const told = await this.#update.run(updateInputs(batch, this.#branches), wanted.errors || wanted.losses);
    if (told === undefined) return { losses: undefined, errors: undefined };
    const errors = wanted.errors ? told.subarray(LOSS_NAMES.length) : undefined;
    const { losses } = judged([...told.subarray(0, LOSS_NAMES.length)], errors);
    return { losses: wanted.losses ? losses : undefined, errors };
  }

  /** One update, of which the loss is looked at every time: reading it costs nothing. */
  #inNumbers(batch: TransitionBatch, wanted: { readonly errors: boolean; readonly losses: boolean }): QUpdate {
    const { size } = batch;
    const width = batch.observations.length / size;
    const settings = { distributional: this.#distributional, tell: wanted.errors || wanted.losses };
    const all = tf.tidy(() => {
      const { value, told } = this.#step(
        tf.tensor2d(batch.observations, [size, width]),
        tf.tensor2d(batch.nextObservations, [size, width]),
        (outputs) => inNumbers(outputs, batch, settings)
      );
      const losses = told === undefined || !wanted.losses ? [value] : [value, told.expected, tf.mean(told.errors)];
      const read = {
        losses: losses.map((each) => each.dataSync<'float32'>()[0]!),
        errors: wanted.errors ? told?.errors.dataSync<'float32'>().slice() : undefined
      };
      if (told !== undefined) tf.dispose([told.errors, told.expected]);
      return read;
    });
    return judged(all.losses, all.errors);
  }

  /** One update in tensors alone. */
  #whole({
    observations,
    nextObservations,
    chosen,
    rewards,
    discounts,
    weights
  }: Readonly<Record<InputName, tf.Tensor>>) {
    const rows = { chosen: oneHotBranches(chosen, this.#branches), rewards, discounts, weights };
    const settings = { distributional: this.#distributional, tell: true };
    const { value, told } = this.#step(observations as tf.Tensor2D, nextObservations as tf.Tensor2D, (outputs) =>
      inTensors(outputs, rows, settings)
    );
    const { errors, expected } = told!;
    const all = tf.concat([tf.stack([value, expected, tf.mean(errors)]), errors]);
    tf.dispose(told!);
    return all;
  }

  /** Gradient and step of the optimiser. @returns the loss, and what was told besides, kept: the caller disposes of it */
  #step(
    now: tf.Tensor2D,
    after: tf.Tensor2D,
    objective: (outputs: QOutputs) => QObjective
  ): { readonly value: tf.Scalar; readonly told: QObjective['told'] } {
    const future = this.target.run(after);
    const judged = this.#config.bootstrap === 'double' ? this.net.run(after) : future;
    let told: QObjective['told'];
    const { grads, value } = tf.variableGrads(() => {
      const { total, told: apart } = objective({ values: this.net.run(now), future, judged });
      if (apart !== undefined) told = { errors: tf.keep(apart.errors), expected: tf.keep(apart.expected) };
      return total;
    }, this.net.parameters.variables);
    this.#optimiser.apply(grads);
    return { value, told };
  }

  get #distributional(): boolean {
    return 'quantiles' in this.#config;
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
    this.#update.dispose();
    this.net.parameters.dispose();
    this.target.parameters.dispose();
    this.#optimiser.dispose();
  }
}

/**
 * @param losses in the order of their names, the first of them at least
 * @throws AppError `training.diverged` about the first that is not finite
 */
function judged(losses: readonly number[], errors: Float32Array | undefined): QUpdate {
  losses.forEach((value, i) => {
    if (!Number.isFinite(value)) throw diverged(LOSS_NAMES[i]!, value);
  });
  const bad = errors?.find((error) => !Number.isFinite(error));
  if (bad !== undefined) throw diverged('error', bad);
  const [loss, value, error] = losses;
  if (value === undefined) return { losses: undefined, errors };
  return { losses: { loss: loss!, value, error: error! }, errors };
}

function updateInputs(batch: TransitionBatch, branches: readonly number[]): UpdateInputs<InputName> {
  const { size } = batch;
  const rows = (values: Float32Array): NamedArray => ({ shape: [size, values.length / size], values });
  const each = (values: Float32Array): NamedArray => ({ shape: [size], values });
  return {
    observations: rows(batch.observations),
    nextObservations: rows(batch.nextObservations),
    chosen: rows(oneHotRows(batch, branches)),
    rewards: each(batch.rewards),
    discounts: each(batch.discounts),
    weights: each(batch.weights)
  };
}

function diverged(name: string, value: number): AppError {
  return new AppError('training.diverged', {
    subject: name,
    expected: 'a finite number',
    got: String(value),
    remedy: 'go on from the last checkpoint with a lower learning rate, or a gradient norm below 10'
  });
}
