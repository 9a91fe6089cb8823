/**
 * TD3: a deterministic policy and twin critics. Fujimoto et al. 2018, "Addressing Function Approximation Error in
 * Actor-Critic Methods", arXiv 1802.09477, algorithm 1. Three things keep the critics from overrating actions: the
 * smaller of two is believed, the target's action is blurred, and the policy follows only every so many updates.
 * Actions are in [-1, 1], and so are the deviations of noise.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../compute/adam.ts';
import { captured } from '../compute/captured.ts';
import type { UpdateInputs } from '../compute/captured.ts';
import type { CounterNoise } from '../compute/counter-noise.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { polyakUpdate } from '../compute/polyak.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { Critic } from './nets/critic.ts';
import { DeterministicActor } from './nets/deterministic-actor.ts';
import type { DeterministicActorShape } from './nets/deterministic-actor.ts';
import type { Parameters } from './nets/parameters.ts';
import { inputWidth } from './replay/sequence-batch.ts';
import type { SequenceBatch } from './replay/sequence-batch.ts';
import { maskedMean } from './soft-losses.ts';

export interface Td3Settings {
  readonly gamma: number;
  readonly tau: number;
  readonly actorLearningRate: number;
  readonly criticLearningRate: number;
  /** Updates of the critics for one of policy and targets: the paper's d. */
  readonly policyDelay: number;
  /** Deviation of the noise on the target's action, and what it is cut to: the paper's σ̃ and c. */
  readonly targetNoise: number;
  readonly targetNoiseClip: number;
  /** Largest global norm of a network's gradient; 0 for no limit. */
  readonly maxGradientNorm: number;
}

/** `critic_loss`, and where the policy learnt too `actor_loss`: minus the mean value of its actions. */
export type Td3Losses = Readonly<Record<string, number>>;

type InputName = 'observations' | 'actions' | 'rewards' | 'terminated' | 'valid' | 'noise';
type Inputs = Readonly<Record<InputName, tf.Tensor>>;

const LOSS_NAMES = ['critic_loss', 'actor_loss'] as const;

export class Td3 {
  readonly actor: DeterministicActor;
  readonly targetActor: DeterministicActor;
  /** θ1 and θ2, and the slow copies of them. */
  readonly critics: readonly [Critic, Critic];
  readonly targets: readonly [Critic, Critic];
  readonly #settings: Td3Settings;
  readonly #noise: CounterNoise | undefined;
  readonly #optimisers: Readonly<Record<'actor' | 'critic', Adam>>;
  // Two updates rather than one with a branch: a recorded update has none.
  readonly #critical = captured<InputName>((inputs) => tf.stack([this.#learnValues(inputs)]));
  readonly #whole = captured<InputName>((inputs) => {
    return tf.stack([this.#learnValues(inputs), this.#learnPolicy(inputs)]);
  });

  /** @param options.noise for updates that are given none; the caller disposes of it */
  constructor(options: {
    shape: DeterministicActorShape;
    settings: Td3Settings;
    random: Random;
    noise?: CounterNoise | undefined;
  }) {
    const { shape, settings, random } = options;
    const net = { ...shape, inputs: inputWidth(shape.observation, shape.action), lstmUnits: 0 };
    const critic = (name: string): Critic => new Critic(net, 1, random.split(name));
    this.#settings = settings;
    this.#noise = options.noise;
    this.actor = new DeterministicActor(shape, random.split('actor'));
    this.critics = [critic('critic0'), critic('critic1')];
    this.targetActor = new DeterministicActor(shape, random.split('actor'));
    this.targets = [critic('critic0'), critic('critic1')];
    for (const [target, source] of this.#followed) target.copyFrom(source);
    const { actorLearningRate, criticLearningRate, maxGradientNorm } = settings;
    this.#optimisers = {
      actor: new Adam({
        variables: this.actor.parameters.variables,
        learningRate: actorLearningRate,
        maxGradientNorm
      }),
      critic: new Adam({ variables: this.#criticVariables, learningRate: criticLearningRate, maxGradientNorm })
    };
  }

  /**
   * One update of the critics; with `number` a multiple of the delay also of the policy, and then of the targets.
   * @param batch of single transitions: sequences of one row, without burn-in
   * @param noise standard normal, [batch, action]; undefined to draw it on the device
   * @param number counts updates, from 1
   * @param readBack whether to wait for the losses
   * @throws AppError `training.diverged` when a loss that was read is not a finite number
   */
  async update(
    batch: SequenceBatch,
    noise: Float32Array | undefined,
    { number, readBack }: { readonly number: number; readonly readBack: boolean }
  ): Promise<Td3Losses | undefined> {
    const whole = number % this.#settings.policyDelay === 0;
    const values = await (whole ? this.#whole : this.#critical).run(updateInputs(batch, noise), readBack);
    if (values === undefined) return undefined;
    const losses = [...values].map((value, i) => [LOSS_NAMES[i]!, value] as const);
    for (const [name, value] of losses) if (!Number.isFinite(value)) throw diverged(name, value);
    return Object.fromEntries(losses);
  }

  #learnValues({ observations, actions, rewards, terminated, valid, noise: given }: Inputs): tf.Scalar {
    const { gamma, targetNoise, targetNoiseClip } = this.#settings;
    const [now, next] = tf.split(observations, 2);
    // ã = clip(π'(s') + clip(ε, -c, c), -1, 1), ε of deviation σ̃: eq. 14.
    const noise = given.size > 0 ? given : this.#draw(actions.shape);
    const blur = tf.clipByValue(tf.mul(noise, targetNoise), -targetNoiseClip, targetNoiseClip);
    const nextActions = tf.clipByValue(tf.add(this.targetActor.run(next!), blur), -1, 1);
    // y = r + γ (1 - d) min Q'(s', ã): eq. 10; a truncated row keeps its bootstrap.
    const [first, second] = this.targets.map((critic) => valueOf(critic, next!, nextActions));
    const future = tf.mul(tf.mul(gamma, tf.sub(1, terminated)), tf.minimum(first!, second!));
    const target = tf.add(rewards, future);
    const { value, grads } = tf.variableGrads(() => {
      // Sum over the twins of their mean squared errors: algorithm 1.
      const errors = this.critics.map((critic) => {
        return maskedMean(tf.squaredDifference(valueOf(critic, now!, actions), target), valid);
      });
      return tf.addN<tf.Scalar>(errors);
    }, this.#criticVariables);
    this.#optimisers.critic.apply(grads);
    return value;
  }

  /** Policy by the deterministic policy gradient of the first critic (algorithm 1), then the targets. */
  #learnPolicy({ observations, valid }: Inputs): tf.Scalar {
    const [now] = tf.split(observations, 2);
    const { value, grads } = tf.variableGrads(
      () => tf.neg<tf.Scalar>(maskedMean(valueOf(this.critics[0], now!, this.actor.run(now!)), valid)),
      this.actor.parameters.variables
    );
    this.#optimisers.actor.apply(grads);
    // θ' ← τ θ + (1 - τ) θ': of critics and policy alike.
    for (const [target, source] of this.#followed) {
      polyakUpdate(target.variables, source.variables, this.#settings.tau);
    }
    return value;
  }

  #draw(shape: readonly number[]): tf.Tensor {
    const [noise] = this.#noise?.normals([shape]) ?? [];
    if (noise === undefined) throw new Error('TD3: neither noise nor a way to draw it');
    return noise;
  }

  async save(into: Map<string, NamedArray>): Promise<void> {
    for (const [name, parameters] of this.#networks) await parameters.save(name, into);
    for (const [name, optimiser] of Object.entries(this.#optimisers)) {
      for (const [key, array] of await optimiser.save()) into.set(`adam.${name}.${key}`, array);
    }
    for (const [name, { values }] of into) {
      const bad = values.find((x) => !Number.isFinite(x));
      if (bad !== undefined) throw diverged(name, bad);
    }
  }

  /** @throws AppError `data.drift` when a tensor is missing or of another shape */
  load(from: NamedArrays): void {
    for (const [name, parameters] of this.#networks) parameters.load(name, from);
    for (const [name, optimiser] of Object.entries(this.#optimisers)) {
      const prefix = `adam.${name}.`;
      const own = [...from].filter(([key]) => key.startsWith(prefix));
      optimiser.load(new Map(own.map(([key, array]) => [key.slice(prefix.length), array])));
    }
  }

  dispose(): void {
    this.#critical.dispose();
    this.#whole.dispose();
    for (const [, parameters] of this.#networks) parameters.dispose();
    for (const optimiser of Object.values(this.#optimisers)) optimiser.dispose();
  }

  get #criticVariables(): tf.Variable[] {
    return this.critics.flatMap(({ parameters }) => parameters.variables);
  }

  /** Targets, each with what it follows. */
  get #followed(): (readonly [Parameters, Parameters])[] {
    return [
      ...this.targets.map((target, i) => [target.parameters, this.critics[i]!.parameters] as const),
      [this.targetActor.parameters, this.actor.parameters]
    ];
  }

  get #networks(): (readonly [string, Parameters])[] {
    return [
      ['actor', this.actor.parameters],
      ['targetActor', this.targetActor.parameters],
      ...this.critics.map((critic, i) => [`critic${String(i)}`, critic.parameters] as const),
      ...this.targets.map((target, i) => [`target${String(i)}`, target.parameters] as const)
    ];
  }
}

/** @param observations [1, batch, observation] @returns [1, batch] */
const valueOf = (critic: Critic, observations: tf.Tensor, actions: tf.Tensor): tf.Tensor =>
  tf.squeeze(critic.value([observations], actions), [-1]);

/** What an update takes in: the two rows of every window, and of what happened the first. */
function updateInputs(batch: SequenceBatch, noise: Float32Array | undefined): UpdateInputs<InputName> {
  const { observation, action, batch: size } = batch.shape;
  const width = inputWidth(observation, action);
  const observations = new Float32Array(2 * size * observation);
  for (let row = 0; row < 2 * size; row++) {
    for (let i = 0; i < observation; i++) observations[row * observation + i] = batch.inputs[row * width + i]!;
  }
  const first = (values: Float32Array): NamedArray => ({ shape: [1, size], values: values.subarray(0, size) });
  return {
    observations: { shape: [2, size, observation], values: observations },
    actions: { shape: [1, size, action], values: batch.actions.subarray(0, size * action) },
    rewards: first(batch.rewards),
    terminated: first(batch.terminated),
    valid: first(batch.valid),
    noise:
      noise === undefined ? { shape: [0], values: new Float32Array(0) } : { shape: [1, size, action], values: noise }
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
