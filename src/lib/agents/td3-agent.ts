/**
 * TD3 as an `Agent`: acts for all environments in one batch with noise on top, stores what happened, and learns by
 * `Td3`, which holds the algorithm.
 */
import * as tf from '@tensorflow/tfjs-core';
import { counterNoise, type CounterNoise } from '../compute/counter-noise.ts';
import { readsAtOnce } from '../compute/host-memory.ts';
import { fillNormal, fillUniform } from '../compute/random.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { Td3Config } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Box } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import { fromSpace, toSpace } from './action-scale.ts';
import type { Agent, AgentSpaces, Checkpoint, PolicyView, Transitions, UpdateReport } from './agent.ts';
import { loadDraws, loadStreams, refuseForeign, savedDraws, saveStreams } from './checkpoint.ts';
import type { Experience } from './experience.ts';
import { ObservationScale, requireStats, savedScale } from './observation-scale.ts';
import { inputWidth, sequenceBatch } from './replay/sequence-batch.ts';
import type { BatchShape, SequenceBatch } from './replay/sequence-batch.ts';
import { SequenceReplay } from './replay/sequence-replay.ts';
import { Td3 } from './td3.ts';
import { brokenAction, whatBroke } from './what-broke.ts';

export interface Td3AgentOptions {
  readonly config: Td3Config;
  readonly spaces: AgentSpaces;
  readonly seed: Seed;
  /** Of what the observations and actions mean; a checkpoint with another is refused. */
  readonly schemaHash: string;
  /** Updates between read-backs of the losses. */
  readonly reportEvery: number;
  /** Of the replay; without a limit when left out. */
  readonly mostReplayBytes?: number | undefined;
}

type StreamName = 'explore' | 'replay' | 'noise';

export class Td3Agent implements Agent {
  readonly pace = 'replay';
  readonly #options: Td3AgentOptions;
  readonly #action: Box;
  readonly #shape: BatchShape;
  readonly #td3: Td3;
  /** Where the device draws the noise of updates itself; elsewhere it comes from the stream `noise`. */
  readonly #deviceNoise: CounterNoise | undefined;
  readonly #replay: SequenceReplay;
  readonly #batch: SequenceBatch;
  readonly #streams: Readonly<Record<StreamName, Random>>;
  /** [n] of the last `act` in mode `explore`. */
  readonly #starts: Uint8Array;
  /** [n, action] in [-1, 1]. */
  readonly #taken: Float32Array;
  /** Undefined where observations are taken as they come. */
  readonly #scale: ObservationScale | undefined;
  readonly #stateless = new Float32Array(0);
  #updates = 0;
  #environmentSteps = 0;

  constructor(options: Td3AgentOptions) {
    const { config, spaces, seed } = options;
    const { action, observation, environments } = spaces;
    if (action.kind !== 'box') {
      throw new AppError('config.invalid', {
        subject: 'agent.algorithm',
        expected: 'an environment with continuous actions',
        got: `${action.kind} actions`,
        remedy: 'choose another environment or another agent'
      });
    }
    this.#options = options;
    this.#action = action;
    const { batch, replaySteps, hiddenUnits, secondUnits } = config;
    // Single steps are sequences of one row, with the row after it to look ahead to.
    const shape = { burnIn: 0, sequence: 1, batch, observation: observation.size, action: action.size, state: 0 };
    this.#shape = shape;
    const root = new Random(seed, 'agent');
    this.#replay = new SequenceReplay({
      shape,
      environments,
      capacity: replaySteps,
      mostBytes: options.mostReplayBytes
    });
    this.#batch = sequenceBatch(shape);
    this.#deviceNoise = counterNoise(root.split('device noise'));
    this.#td3 = new Td3({
      shape: { observation: observation.size, action: action.size, hidden: [hiddenUnits, secondUnits] },
      settings: config,
      random: root,
      noise: this.#deviceNoise
    });
    this.#streams = { explore: root.split('explore'), replay: root.split('replay'), noise: root.split('noise') };
    this.#scale = config.normalise === 'none' ? undefined : new ObservationScale(observation.size);
    this.#starts = new Uint8Array(environments);
    this.#taken = new Float32Array(environments * action.size);
  }

  get experience(): Experience {
    return this.#replay;
  }

  get ready(): boolean {
    return this.#replay.transitions >= this.#options.config.learningStarts && this.#replay.windows > 0;
  }

  /** Exploring: a = clip(π(s) + ε, -1, 1), ε normal (Fujimoto et al. 2018, algorithm 1); at random before it learns. */
  async act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    starts: Uint8Array,
    _previousRewards: Float32Array
  ): Promise<void> {
    const { explorationNoise, learningStarts } = this.#options.config;
    const n = observations.length / this.#shape.observation;
    const unit = new Float32Array(n * this.#shape.action);
    if (mode === 'explore') {
      this.#starts.set(starts);
      this.#scale?.see(observations);
    }
    if (mode === 'explore' && this.#environmentSteps < learningStarts) {
      fillUniform(this.#streams.explore, unit, -1, 1);
    } else {
      if (mode === 'explore') fillNormal(this.#streams.explore, unit);
      const chosen = await this.#policy(observations, n);
      if (!chosen.every(Number.isFinite)) {
        throw await whatBroke(brokenAction(), {
          update: this.#updates,
          taken: { 'observations of the environment': observations },
          save: () => this.#td3.save(new Map())
        });
      }
      for (let i = 0; i < unit.length; i++) {
        unit[i] = Math.min(1, Math.max(-1, chosen[i]! + explorationNoise * unit[i]!));
      }
    }
    toSpace(this.#action, unit, into);
  }

  observe(step: Transitions): void {
    fromSpace(this.#action, step.actions, this.#taken);
    this.#replay.add({
      observations: step.observations,
      actions: this.#taken,
      rewards: step.rewards,
      nextObservations: step.nextObservations,
      terminated: step.terminated,
      truncated: step.truncated,
      starts: this.#starts,
      state: this.#stateless
    });
    this.#environmentSteps += this.#options.spaces.environments;
  }

  async update(): Promise<UpdateReport> {
    this.#replay.sample(this.#batch, this.#streams.replay);
    this.#scale?.scale(this.#batch.inputs, inputWidth(this.#shape.observation, this.#shape.action));
    const noise = this.#deviceNoise === undefined ? this.#drawNoise() : undefined;
    const number = this.#updates + 1;
    const due = number % this.#options.reportEvery === 0;
    // Where reading costs nothing every update is looked at, so that the first that goes wrong is known.
    const readBack = due || readsAtOnce();
    try {
      const losses = await this.#td3.update(this.#batch, noise, { number, readBack });
      this.#updates = number;
      return { updates: number, losses: due ? losses : undefined };
    } catch (thrown) {
      const { inputs, actions, rewards } = this.#batch;
      throw await whatBroke(thrown, {
        update: number,
        taken: { 'rewards of the batch': rewards, 'actions of the batch': actions, 'inputs of the batch': inputs },
        save: () => this.#td3.save(new Map())
      });
    }
  }

  #drawNoise(): Float32Array {
    const { batch, action } = this.#shape;
    const noise = new Float32Array(batch * action);
    fillNormal(this.#streams.noise, noise);
    return noise;
  }

  /** The value is that of the smaller critic; the policy itself has no spread. */
  async inspect(observations: Float32Array): Promise<PolicyView> {
    const n = observations.length / this.#shape.observation;
    const [mean, value] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
      const seen = this.#seen(observations, n);
      const action = this.#td3.actor.run(seen);
      const [first, second] = this.#td3.critics.map((critic) => critic.value([seen], action));
      return [action, tf.minimum(first!, second!)];
    });
    const view = { mean: (await mean.data()) as Float32Array, value: (await value.data()) as Float32Array };
    tf.dispose([mean, value]);
    return { ...view, deviation: new Float32Array(view.mean.length) };
  }

  async save(): Promise<Checkpoint> {
    const tensors = new Map<string, NamedArray>();
    await this.#td3.save(tensors);
    return {
      tensors,
      meta: {
        format: 1,
        algorithm: this.#options.config.algorithm,
        schemaHash: this.#options.schemaHash,
        seed: this.#options.seed,
        updates: this.#updates,
        environmentSteps: this.#environmentSteps,
        state: {
          streams: saveStreams(this.#streams),
          ...savedScale(this.#scale),
          ...(await savedDraws(this.#deviceNoise))
        }
      }
    };
  }

  load({ tensors, meta }: Checkpoint): Promise<void> {
    refuseForeign(meta, { algorithm: this.#options.config.algorithm, schemaHash: this.#options.schemaHash });
    const seen = requireStats(this.#scale, meta, this.#shape.observation);
    this.#td3.load(tensors);
    if (seen !== undefined) this.#scale?.load(seen);
    loadStreams(this.#streams, meta);
    loadDraws(this.#deviceNoise, meta);
    this.#updates = meta.updates;
    this.#environmentSteps = meta.environmentSteps;
    return Promise.resolve();
  }

  dispose(): void {
    this.#td3.dispose();
    this.#deviceNoise?.dispose();
  }

  /** [n, action] in [-1, 1]. */
  async #policy(observations: Float32Array, n: number): Promise<Float32Array> {
    const result = tf.tidy(() => this.#td3.actor.run(this.#seen(observations, n)));
    const chosen = (await result.data()) as Float32Array;
    result.dispose();
    return chosen;
  }

  /** [n, observation] as the networks take them in. */
  #seen(observations: Float32Array, n: number): tf.Tensor2D {
    return tf.tensor2d(this.#scale?.scaled(observations) ?? observations, [n, this.#shape.observation]);
  }
}
