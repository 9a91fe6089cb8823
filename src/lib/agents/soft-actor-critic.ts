/**
 * What every soft actor-critic does, with automatic temperature (Haarnoja et al. 2018b, "Soft Actor-Critic Algorithms
 * and Applications", arXiv 1812.05905, algorithm 1), over sequences: separate recurrent actor and recurrent critics
 * with targets, burn-in as in R2D2 (Kapturowski et al. 2019). One update is one call; it is the same for networks
 * without memory, whose sequences are one row long. How critics value is a `CriticKind`: `sac.ts`, `tqc.ts`, `qr-sac.ts`.
 * Every memory may have to tell the near future besides: `forecast-loss.ts`; without that task nothing of it is there.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Adam } from '../compute/adam.ts';
import { captured } from '../compute/captured.ts';
import type { UpdateInputs } from '../compute/captured.ts';
import type { CounterNoise } from '../compute/counter-noise.ts';
import type { NamedArray, NamedArrays } from '../compute/named-arrays.ts';
import { polyakUpdate } from '../compute/polyak.ts';
import { runAhead } from '../compute/run-ahead.ts';
import { AppError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { CriticKind } from './critic-kind.ts';
import { ForecastErrors, askedKinds } from './forecast-loss.ts';
import type { ForecastTask, Told } from './forecast-loss.ts';
import { Actor } from './nets/actor.ts';
import { Critic } from './nets/critic.ts';
import { ForecastHead } from './nets/forecast-head.ts';
import { Parameters } from './nets/parameters.ts';
import { squashedSample } from './nets/squashed-gaussian.ts';
import type { Gaussian } from './nets/squashed-gaussian.ts';
import { Torso } from './nets/torso.ts';
import type { Features, MemoryState, NetShape } from './nets/torso.ts';
import type { SequenceBatch } from './replay/sequence-batch.ts';
import { bootstrapRows, surprise, weightedLoss } from './sequence-learning.ts';
import { actorLoss, maskedMean, temperatureLoss } from './soft-losses.ts';
import { rowsFrom, rowsOn, updateInputs } from './soft-rows.ts';
import type { SoftInput, SoftNoise } from './soft-rows.ts';

export interface SoftSettings {
  readonly gamma: number;
  readonly tau: number;
  readonly actorLearningRate: number;
  readonly criticLearningRate: number;
  readonly temperatureLearningRate: number;
  readonly initialTemperature: number;
  readonly targetEntropy: number;
  /** Largest global norm of a network's gradient; 0 for no limit. */
  readonly maxGradientNorm: number;
  /** Whether sequences count by their importance, and errors of each are told. */
  readonly prioritised?: boolean;
}

const LOSS_NAMES = ['critic_loss', 'actor_loss', 'temperature_loss', 'temperature', 'entropy'] as const;
/** And of what is to be forecast the mean error over all memories, unweighted: `aux_price`, `aux_volume`, `aux_fill`. */
export type SoftLosses = Readonly<Record<(typeof LOSS_NAMES)[number], number> & { [name: `aux_${string}`]: number }>;

export class SoftActorCritic {
  readonly actor: Actor;
  readonly critics: readonly Critic[];
  readonly targets: readonly Critic[];
  /** ln α, [1]. */
  readonly logTemperature: tf.Variable;
  readonly #temperature = new Parameters();
  readonly #forecast: ForecastTask | undefined;
  /** Of the actor's memory, and of each critic's; none without a task. */
  readonly #heads: readonly ForecastHead[];
  readonly #kind: CriticKind;
  readonly #settings: SoftSettings;
  readonly #noise: CounterNoise | undefined;
  readonly #optimisers: Readonly<Record<'actor' | 'critic' | 'temperature', Adam>>;
  readonly #update = captured<SoftInput>((inputs) => this.#step(inputs));

  /**
   * @param options.forecast what the memories are to tell; for a shape with memory
   * @param options.noise for updates that are given none; the caller disposes of it
   */
  constructor(options: {
    shape: NetShape;
    kind: CriticKind;
    settings: SoftSettings;
    random: Random;
    forecast?: ForecastTask | undefined;
    noise?: CounterNoise | undefined;
  }) {
    const { shape, kind, settings, random, forecast } = options;
    const { outputs } = kind;
    this.#forecast = forecast;
    this.#kind = kind;
    this.#settings = settings;
    this.#noise = options.noise;
    this.actor = new Actor(shape, random.split('actor'));
    this.critics = Array.from({ length: kind.critics }, (_, i) => {
      return new Critic(shape, outputs, random.split(`critic${String(i)}`));
    });
    this.targets = this.critics.map(() => new Critic(shape, outputs, random));
    this.targets.forEach((target, i) => {
      target.parameters.copyFrom((this.critics[i] as Critic).parameters);
    });
    const told = { inputs: Torso.width(shape), outputs: forecast?.spec.kinds.length ?? 0 };
    const memories = forecast === undefined ? [] : ['actor', ...this.critics.map((_, i) => `critic${String(i)}`)];
    this.#heads = memories.map((name) => new ForecastHead({ ...told, random: random.split(`forecast ${name}`) }));
    const [actorHead, ...criticHeads] = this.#heads.map(({ parameters }) => parameters.variables);
    const start = Float32Array.of(Math.log(settings.initialTemperature));
    this.logTemperature = this.#temperature.given('log', [1], start);
    const { maxGradientNorm } = settings;
    this.#optimisers = {
      actor: new Adam({
        variables: [...this.actor.parameters.variables, ...(actorHead ?? [])],
        learningRate: settings.actorLearningRate,
        maxGradientNorm
      }),
      critic: new Adam({
        variables: [...this.#criticVariables, ...criticHeads.flat()],
        learningRate: settings.criticLearningRate,
        maxGradientNorm
      }),
      temperature: new Adam({ variables: [this.logTemperature], learningRate: settings.temperatureLearningRate })
    };
  }

  /**
   * One gradient update of temperature, critics and actor, then the targets.
   * @param noise undefined to draw it on the device, as the options of the constructor say
   * @param readBack whether to wait for the losses
   * @throws AppError `training.diverged` when a loss that was read is not a finite number
   */
  async update(batch: SequenceBatch, noise: SoftNoise | undefined, readBack: boolean): Promise<SoftLosses | undefined> {
    const values = await this.#update.run(this.#inputs(batch, noise), readBack);
    return values === undefined ? undefined : this.#lossesOf(values);
  }

  /**
   * One update of which everything is read: begun when this returns, so that others may be begun before it has ended.
   * @returns the losses, and how much each sequence surprised, [batch]
   */
  async judgedUpdate(
    batch: SequenceBatch,
    noise: SoftNoise | undefined
  ): Promise<{ losses: SoftLosses; errors: Float32Array }> {
    const values = (await this.#update.run(this.#inputs(batch, noise), true)) as Float32Array;
    const losses = this.#lossesOf(values);
    const errors = values.subarray(values.length - batch.shape.batch);
    for (const error of errors) if (!Number.isFinite(error)) throw diverged('error of a sequence', error);
    return { losses, errors };
  }

  /** @throws AppError `training.diverged` */
  #lossesOf(values: Float32Array): SoftLosses {
    const asked = this.#forecast === undefined ? [] : askedKinds(this.#forecast).map((kind) => `aux_${kind}`);
    const losses = [...LOSS_NAMES, ...asked].map((name, i) => [name, values[i] as number] as const);
    for (const [name, value] of losses) if (!Number.isFinite(value)) throw diverged(name, value);
    return Object.fromEntries(losses) as SoftLosses;
  }

  /** @param inputs as `updateInputs` shapes them @returns the losses, in the order of their names */
  #step(inputs: Readonly<Record<SoftInput, tf.Tensor>>): tf.Tensor1D {
    const [sequence, size, action] = inputs.actions.shape as [number, number, number];
    const [policyNoise, nextNoise] = this.#noiseOf(inputs);
    const rows = rowsOn(inputs);
    const { ahead: bootstrap } = inputs;
    const steps = Math.max(1, bootstrap.shape[0]);
    const burnIn = rows.inputs.shape[0] - sequence - steps;
    const learn = rowsFrom(rows, burnIn, sequence);

    // Burn-in: the stored state brought up to date with today's weights, outside every gradient.
    const before = burnIn === 0 ? undefined : rowsFrom(rows, 0, burnIn);
    const warm = (net: Actor | Critic, state: MemoryState): MemoryState =>
      before === undefined ? state : net.torso.after(before.inputs, before.starts, state);
    const actorState = warm(this.actor, rows.stored);
    // The policy at the rows learnt from: the critics come to learn from it before its own gradient is taken.
    const ahead = runAhead(() => {
      const { policy, features, state } = this.actor.run(learn.inputs, learn.starts, actorState);
      return { ...policy, ...state, ...squashedSample(policy, policyNoise), ...this.#tell(0, features) };
    });
    const now = ahead.result;
    // And at the rows after them: all but the last are the same rows.
    const end = rowsFrom(rows, burnIn + sequence, steps);
    const { policy: last } = this.actor.run(end.inputs, end.starts, { h: now.h, c: now.c });
    const oneOn = (of: keyof Gaussian): tf.Tensor =>
      sequence === 1 ? last[of] : tf.concat([tf.slice(now[of], [1, 0, 0], [sequence - 1, size, action]), last[of]], 0);
    const atEnd = (of: keyof Gaussian): tf.Tensor => bootstrapRows(oneOn(of), bootstrap);
    const next = squashedSample({ mean: atEnd('mean'), logStd: atEnd('logStd') }, nextNoise);

    // Temperature (eq. 18); the rest of the update still uses the one before the step.
    const temperature = tf.reshape(tf.exp(this.logTemperature), []);
    const temperatureGrads = tf.variableGrads(
      () =>
        temperatureLoss({
          logTemperature: this.logTemperature,
          logProb: now.logProb,
          targetEntropy: this.#settings.targetEntropy,
          mask: rows.valid
        }),
      [this.logTemperature]
    );
    this.#optimisers.temperature.apply(temperatureGrads.grads);

    // Critics: the target looks one row on, which for a truncated episode is its last observation.
    const nextValues = this.targets.map((target) => {
      const { features } = target.torso.run(rows.inputs, rows.starts, target.torso.zeroState(size));
      const after = features.map((part) => {
        const rowsAfter = tf.slice(part, [burnIn + 1, 0, 0], [sequence + steps - 1, size, part.shape[2] as number]);
        return bootstrapRows(rowsAfter, bootstrap);
      });
      return target.value(after, next.action);
    });
    const target = this.#kind.target({
      rewards: rows.rewards,
      terminated: rows.terminated,
      next: nextValues,
      nextLogProb: next.logProb,
      temperature,
      gamma: this.#settings.gamma
    });
    const criticStates = this.critics.map((critic) => warm(critic, critic.torso.zeroState(size)));
    const errors = this.#forecast === undefined ? undefined : new ForecastErrors(this.#forecast, inputs);
    const [actorHead, ...criticHeads] = this.#heads.map(({ parameters }) => parameters.variables);
    const { prioritised = false } = this.#settings;
    let surprised: tf.Tensor1D | undefined;
    const criticGrads = tf.variableGrads(() => {
      const told: Told[] = [];
      const values = this.critics.map((critic, i) => {
        const { features } = critic.torso.run(learn.inputs, learn.starts, criticStates[i] as MemoryState);
        told.push(this.#tell(i + 1, features));
        return critic.value(features, rows.actions);
      });
      const judged = { values, target, valid: rows.valid };
      if (prioritised) surprised = tf.keep(surprise(judged));
      const loss = prioritised
        ? weightedLoss(this.#kind, judged, inputs.weights)
        : this.#kind.loss(values, target, rows.valid);
      return errors?.addTo(loss, told) ?? loss;
    }, [...this.#criticVariables, ...criticHeads.flat()]);
    this.#optimisers.critic.apply(criticGrads.grads);

    // Actor (eq. 7) through the critics just updated; their memory takes no gradient from it. Their burn-in is that of a
    // moment ago, one step older than they are: running it again would cost a tenth of the update.
    const features = this.critics.map((critic, i) => {
      return critic.torso.run(learn.inputs, learn.starts, criticStates[i] as MemoryState).features;
    });
    const actorGrads = tf.variableGrads(() => {
      const { action: chosen, logProb, ...rest } = ahead.resume();
      const value = this.#kind.worth(this.critics.map((critic, i) => critic.value(features[i] as Features, chosen)));
      const loss = actorLoss({ temperature, logProb, value, mask: rows.valid });
      return errors?.addTo(loss, [rest]) ?? loss;
    }, [...this.actor.parameters.variables, ...(actorHead ?? [])]);
    this.#optimisers.actor.apply(actorGrads.grads);

    this.critics.forEach((critic, i) => {
      const { variables } = (this.targets[i] as Critic).parameters;
      polyakUpdate(variables, critic.parameters.variables, this.#settings.tau);
    });

    const entropy = tf.neg(maskedMean(now.logProb, rows.valid));
    const [criticLoss, actorLossNow] = errors?.losses ?? [criticGrads.value, actorGrads.value];
    const losses = [
      criticLoss!,
      actorLossNow!,
      temperatureGrads.value,
      temperature,
      entropy,
      ...(errors?.means() ?? [])
    ];
    const told = tf.stack(losses) as tf.Tensor1D;
    errors?.dispose();
    if (surprised === undefined) return told;
    const all = tf.concat([told, surprised]);
    surprised.dispose();
    return all;
  }

  /** For the rows learnt from, and for those after them: as given, else as the device draws it. */
  #noiseOf({
    policyNoise,
    nextNoise,
    actions
  }: Readonly<Record<SoftInput, tf.Tensor>>): readonly [tf.Tensor, tf.Tensor] {
    if (policyNoise.size > 0) return [policyNoise, nextNoise];
    if (this.#noise === undefined) throw new Error('soft actor-critic: neither noise nor a way to draw it');
    return this.#noise.normals([actions.shape, actions.shape]) as [tf.Tensor, tf.Tensor];
  }

  #inputs(batch: SequenceBatch, noise: SoftNoise | undefined): UpdateInputs<SoftInput> {
    return updateInputs(batch, noise, this.#settings.prioritised === true);
  }

  /** What the head of a memory tells, [rows, batch, columns]; nothing where there is no task. */
  #tell(head: number, features: Features): Told {
    const told = this.#heads[head]?.run(features);
    return told === undefined ? {} : { told };
  }

  /** What the actor's memory tells, [rows, batch, columns]; undefined without a task. */
  foretell(features: Features): tf.Tensor | undefined {
    return this.#tell(0, features).told;
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

  load(from: NamedArrays): void {
    for (const [name, parameters] of this.#networks) parameters.load(name, from);
    for (const [name, optimiser] of Object.entries(this.#optimisers)) {
      const prefix = `adam.${name}.`;
      const own = [...from].filter(([key]) => key.startsWith(prefix));
      optimiser.load(new Map(own.map(([key, array]) => [key.slice(prefix.length), array])));
    }
  }

  dispose(): void {
    this.#update.dispose();
    for (const [, parameters] of this.#networks) parameters.dispose();
    for (const optimiser of Object.values(this.#optimisers)) optimiser.dispose();
  }

  get #criticVariables(): tf.Variable[] {
    return this.critics.flatMap((critic) => critic.parameters.variables);
  }

  get #networks(): (readonly [string, Parameters])[] {
    return [
      ['actor', this.actor.parameters],
      ...this.critics.map((critic, i) => [`critic${String(i)}`, critic.parameters] as const),
      ...this.targets.map((target, i) => [`target${String(i)}`, target.parameters] as const),
      ['temperature', this.#temperature],
      ...this.#heads.map((head, i) => [`forecast${String(i)}`, head.parameters] as const)
    ];
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
