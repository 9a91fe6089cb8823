/**
 * The soft actor-critics as an `Agent`, with LSTM memory or without: acts for all environments in one batch, keeps its
 * own recurrent state, stores what happened, and learns by `SoftActorCritic`, which holds the algorithm. The memory
 * takes in observation, previous action and previous reward (Ni et al. 2022, arXiv 2110.05038; Yang and Nguyen 2021,
 * arXiv 2110.12628).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { SoftConfig } from '../config/agent-config.ts';
import { forecastWeights } from '../config/forecasts.ts';
import { counterNoise, type CounterNoise } from '../compute/counter-noise.ts';
import { fillNormal, fillUniform } from '../compute/random.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Box } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import { fromSpace, toSpace } from './action-scale.ts';
import { ActingMemory } from './acting-memory.ts';
import type { Agent, AgentSpaces, Checkpoint, Foretold, PolicyView, Transitions, UpdateReport } from './agent.ts';
import { loadDraws, loadStreams, refuseForeign, savedDraws, saveStreams } from './checkpoint.ts';
import type { Experience } from './experience.ts';
import { askedKinds } from './forecast-loss.ts';
import type { ForecastTask } from './forecast-loss.ts';
import { LabelMeans } from './label-means.ts';
import type { CriticKind } from './critic-kind.ts';
import type { NetShape } from './nets/torso.ts';
import { ObservationScale, requireStats, savedScale } from './observation-scale.ts';
import { inputWidth, sequenceBatch } from './replay/sequence-batch.ts';
import type { BatchShape, DrawnWindows, SequenceBatch } from './replay/sequence-batch.ts';
import { SequenceReplay } from './replay/sequence-replay.ts';
import { SoftActorCritic } from './soft-actor-critic.ts';
import type { SoftLosses } from './soft-actor-critic.ts';
import type { SoftNoise } from './soft-rows.ts';
import { criticKind, softShape } from './soft-kinds.ts';
import { brokenAction, whatBroke } from './what-broke.ts';

export interface SoftAgentOptions {
  readonly config: SoftConfig;
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

interface Judging {
  readonly drawn: DrawnWindows;
  readonly update: ReturnType<SoftActorCritic['judgedUpdate']>;
}

/** Exponent of the priority: R2D2, section 2.3; ε of Schaul et al. 2016, section 3.3. */
const PRIORITIES = { exponent: 0.9, least: 1e-6 };
/** β, of the importance, constant as in DeepMind's own R2D2 (acme/agents/jax/r2d2/config.py). */
const IMPORTANCE = 0.6;
/** How many updates later a GPU's errors become priorities. */
const UPDATES_LATE = 4;

export class SoftAgent implements Agent {
  readonly pace = 'replay';
  readonly #options: SoftAgentOptions;
  readonly #action: Box;
  readonly #shape: BatchShape;
  readonly #sac: SoftActorCritic;
  /** Where the device draws the noise of updates itself; elsewhere it comes from the stream `noise`. */
  readonly #deviceNoise: CounterNoise | undefined;
  readonly #kind: CriticKind;
  readonly #replay: SequenceReplay;
  readonly #batch: SequenceBatch;
  readonly #streams: Readonly<Record<StreamName, Random>>;
  readonly #exploring: ActingMemory;
  /** Undefined where observations are taken as they come. */
  readonly #scale: ObservationScale | undefined;
  /** What it learns to forecast, and the means of what came; undefined where it does not. */
  readonly #forecast: ForecastTask | undefined;
  readonly #labelMeans: LabelMeans | undefined;
  /** [n, columns] of the last greedy `act`. */
  #told: Float32Array | undefined;
  #greedy: ActingMemory | undefined;
  /** What `observe` stores with the step: as `act` found it. */
  readonly #stateBefore: Float32Array;
  readonly #starts: Uint8Array;
  /** Updates whose errors were not told to the replay yet, oldest first. */
  readonly #judging: Judging[] = [];
  /** Whether an update of this device has been waited for. */
  #recorded = false;
  #updates = 0;
  #environmentSteps = 0;

  constructor(options: SoftAgentOptions) {
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
    const { lstmUnits, hidden, burnIn, sequence } = softShape(config);
    const weights = forecastWeights(config);
    this.#forecast =
      weights === undefined || spaces.forecast === undefined ? undefined : { spec: spaces.forecast, weights };
    this.#labelMeans = this.#forecast === undefined ? undefined : new LabelMeans(this.#forecast.spec);
    this.#shape = {
      burnIn,
      sequence,
      batch: config.batch,
      observation: observation.size,
      action: action.size,
      state: 2 * lstmUnits,
      nStep: config.nStep,
      forecast: this.#forecast?.spec
    };
    const root = new Random(seed, 'agent');
    const net: NetShape = {
      observation: observation.size,
      action: action.size,
      inputs: inputWidth(observation.size, action.size),
      lstmUnits,
      hidden
    };
    this.#replay = new SequenceReplay({
      shape: this.#shape,
      environments,
      capacity: config.replaySteps,
      gamma: config.gamma,
      priorities: this.#prioritised ? PRIORITIES : undefined,
      mostBytes: options.mostReplayBytes
    });
    this.#batch = sequenceBatch(this.#shape);
    // H̄ = -dim(A): Haarnoja et al. 2018b, appendix D.
    this.#kind = criticKind(config);
    this.#deviceNoise = counterNoise(root.split('device noise'));
    this.#sac = new SoftActorCritic({
      shape: net,
      kind: this.#kind,
      settings: {
        ...config,
        targetEntropy: -config.targetEntropyScale * action.size,
        prioritised: this.#prioritised
      },
      random: root,
      noise: this.#deviceNoise,
      forecast: this.#forecast
    });
    this.#streams = { explore: root.split('explore'), replay: root.split('replay'), noise: root.split('noise') };
    this.#exploring = this.#memory(environments, 0);
    this.#scale = config.normalise === 'none' ? undefined : new ObservationScale(observation.size);
    this.#stateBefore = new Float32Array(environments * this.#shape.state);
    this.#starts = new Uint8Array(environments);
  }

  get #prioritised(): boolean {
    return this.#options.config.sampling === 'prioritised';
  }

  get experience(): Experience {
    return this.#replay;
  }

  get ready(): boolean {
    return this.#replay.transitions >= this.#options.config.learningStarts && this.#replay.windows > 0;
  }

  async act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    starts: Uint8Array,
    previousRewards: Float32Array
  ): Promise<void> {
    const explore = mode === 'explore';
    const n = observations.length / this.#shape.observation;
    const memory = explore ? this.#exploring : this.#greedyFor(n);
    const { action, state } = this.#shape;
    if (explore) this.#scale?.see(observations);
    const row = memory.begin(this.#scale?.scaled(observations) ?? observations, starts, previousRewards);
    if (explore) {
      this.#stateBefore.set(memory.state);
      this.#starts.set(starts);
    }
    const noise = new Float32Array(n * action);
    if (explore) fillNormal(this.#streams.explore, noise);
    const result = tf.tidy(() => {
      const {
        policy,
        state: after,
        features
      } = this.#sac.actor.run(
        tf.tensor3d(row.inputs, [1, n, row.inputs.length / n]),
        tf.tensor2d(row.starts, [1, n]),
        this.#stateTensors(memory)
      );
      const u = tf.add(policy.mean, tf.mul(tf.exp(policy.logStd), tf.tensor3d(noise, [1, n, action])));
      const told = explore ? undefined : this.#sac.foretell(features);
      const columns = told === undefined ? [] : [tf.reshape(told, [n, -1])];
      return tf.concat([tf.reshape(tf.tanh(u), [n, action]), after.h, after.c, ...columns], 1);
    });
    const values = (await result.data()) as Float32Array;
    result.dispose();
    const width = values.length / n;
    if (!explore && this.#forecast !== undefined) {
      const columns = width - action - state;
      this.#told = Float32Array.from({ length: n * columns }, (_, i) => {
        return values[Math.floor(i / columns) * width + action + state + (i % columns)]!;
      });
    }
    for (let e = 0; e < n; e++) {
      memory.previousActions.set(values.subarray(e * width, e * width + action), e * action);
      memory.state.set(values.subarray(e * width + action, e * width + action + state), e * state);
    }
    // Uniform at first, so that the replay begins with the whole range of actions.
    if (explore && this.#environmentSteps < this.#options.config.learningStarts) {
      fillUniform(this.#streams.explore, memory.previousActions, -1, 1);
    }
    if (!memory.previousActions.every(Number.isFinite)) {
      throw await whatBroke(brokenAction(), {
        update: this.#updates,
        taken: { 'observations of the environment': observations, 'rewards of the environment': previousRewards },
        save: () => this.#sac.save(new Map())
      });
    }
    toSpace(this.#action, memory.previousActions, into);
  }

  observe(step: Transitions): void {
    const memory = this.#exploring;
    fromSpace(this.#action, step.actions, memory.previousActions);
    if (step.labels !== undefined) this.#labelMeans?.add(step.labels);
    this.#replay.add({
      observations: step.observations,
      actions: memory.previousActions,
      rewards: step.rewards,
      nextObservations: step.nextObservations,
      terminated: step.terminated,
      truncated: step.truncated,
      starts: this.#starts,
      state: this.#stateBefore,
      labels: step.labels
    });
    this.#environmentSteps += memory.environments;
  }

  async update(): Promise<UpdateReport> {
    if (this.#shape.forecast === undefined && forecastWeights(this.#options.config) !== undefined) {
      throw new Error('soft agent: it is to learn to forecast, and its environment tells nothing');
    }
    this.#replay.sample(this.#batch, this.#streams.replay, IMPORTANCE);
    this.#scale?.scale(this.#batch.inputs, inputWidth(this.#shape.observation, this.#shape.action));
    const noise = this.#deviceNoise === undefined ? this.#drawNoise() : undefined;
    const due = (this.#updates + 1) % this.#options.reportEvery === 0;
    // Where reading costs nothing every update is looked at, so that the first that goes wrong is known.
    const read = due || tf.getBackend() !== 'webgpu';
    try {
      const losses = await (this.#prioritised ? this.#judge(noise, due) : this.#sac.update(this.#batch, noise, read));
      this.#updates++;
      return { updates: this.#updates, losses: due ? losses : undefined };
    } catch (thrown) {
      const { state, inputs, actions, rewards } = this.#batch;
      throw await whatBroke(thrown, {
        update: this.#updates + 1,
        taken: {
          'recurrent state of the batch': state,
          'rewards of the batch': rewards,
          'actions of the batch': actions,
          'inputs of the batch': inputs
        },
        save: () => this.#sac.save(new Map())
      });
    }
  }

  #drawNoise(): SoftNoise {
    const { sequence, batch, action } = this.#shape;
    const [policy, next] = [0, 1].map(() => {
      const values = new Float32Array(sequence * batch * action);
      fillNormal(this.#streams.noise, values);
      return values;
    }) as [Float32Array, Float32Array];
    return { policy, next };
  }

  /**
   * An update whose errors become priorities. On a GPU that is some updates later, always as many, so that none waits to
   * be read; but the first one is waited for, while it is recorded, and so is one whose losses are due.
   */
  async #judge(noise: SoftNoise | undefined, due: boolean): Promise<SoftLosses | undefined> {
    const { places, firsts } = this.#batch.drawn;
    const update = this.#sac.judgedUpdate(this.#batch, noise);
    // What goes wrong is thrown when it is waited for, in its turn.
    update.catch(() => undefined);
    this.#judging.push({ drawn: { places: places.slice(), firsts: firsts.slice() }, update });
    const late = due || !this.#recorded || tf.getBackend() !== 'webgpu' ? 0 : UPDATES_LATE;
    const losses = await this.#judged(late);
    this.#recorded = true;
    return due ? losses : undefined;
  }

  /** Waits until only so many updates are still to be judged. @returns the losses of the last that was */
  async #judged(late: number): Promise<SoftLosses | undefined> {
    let last: SoftLosses | undefined;
    while (this.#judging.length > late) {
      const { drawn, update } = this.#judging.shift() as Judging;
      const { losses, errors } = await update;
      this.#replay.reprioritise(drawn, errors);
      last = losses;
    }
    return last;
  }

  /** With the memory of the greedy episode at hand, which it does not move on; the value as the kind of critic shows it. */
  async inspect(observations: Float32Array): Promise<PolicyView> {
    const n = observations.length / this.#shape.observation;
    const memory = this.#greedyFor(n);
    const recent = memory.recent();
    if (recent === undefined) throw new Error('inspect: call act in greedy mode at these observations first');
    const all = tf.tidy(() => {
      const { rows } = recent;
      const inputs = tf.tensor3d(recent.inputs, [rows, n, recent.inputs.length / rows / n]);
      const starts = tf.tensor2d(recent.starts, [rows, n]);
      const last = (t: tf.Tensor): tf.Tensor => tf.reshape(tf.slice(t, [rows - 1, 0, 0], [1, n, -1]), [n, -1]);
      const { actor, critics } = this.#sac;
      const { policy } = actor.run(inputs, starts, actor.torso.zeroState(n));
      const action = tf.tanh(last(policy.mean));
      const values = critics.map((critic) =>
        critic.value(critic.torso.run(inputs, starts, critic.torso.zeroState(n)).features.map(last), action)
      );
      const value = tf.reshape(this.#kind.shown(values), [n, this.#kind.outputs]);
      return tf.concat([action, tf.exp(last(policy.logStd)), value], 1);
    });
    const values = (await all.data()) as Float32Array;
    all.dispose();
    const { action } = this.#shape;
    const { outputs } = this.#kind;
    const width = 2 * action + outputs;
    const columns = (from: number, count: number): Float32Array =>
      Float32Array.from({ length: n * count }, (_, i) => values[Math.floor(i / count) * width + from + (i % count)]!);
    return { mean: columns(0, action), deviation: columns(action, action), value: columns(2 * action, outputs) };
  }

  foretold(): Foretold | undefined {
    const [told, means] = [this.#told, this.#labelMeans];
    if (this.#forecast === undefined || told === undefined || means === undefined) return undefined;
    return { asked: askedKinds(this.#forecast), told, naive: means.told };
  }

  async save(): Promise<Checkpoint> {
    await this.#judged(0);
    const tensors = new Map<string, NamedArray>();
    await this.#sac.save(tensors);
    this.#exploring.save(tensors);
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
          ...(this.#labelMeans === undefined ? {} : { labels: this.#labelMeans.save() }),
          ...(await savedDraws(this.#deviceNoise))
        }
      }
    };
  }

  load({ tensors, meta }: Checkpoint): Promise<void> {
    refuseForeign(meta, { algorithm: this.#options.config.algorithm, schemaHash: this.#options.schemaHash });
    const remembered = this.#exploring.saved(tensors);
    const seen = requireStats(this.#scale, meta, this.#shape.observation);
    this.#sac.load(tensors);
    if (seen !== undefined) this.#scale?.load(seen);
    this.#exploring.load(remembered);
    loadStreams(this.#streams, meta);
    loadDraws(this.#deviceNoise, meta);
    this.#labelMeans?.load(meta.state['labels'] as ReturnType<LabelMeans['save']> | undefined);
    this.#judging.length = 0;
    this.#recorded = false;
    this.#updates = meta.updates;
    this.#environmentSteps = meta.environmentSteps;
    return Promise.resolve();
  }

  dispose(): void {
    this.#sac.dispose();
    this.#deviceNoise?.dispose();
  }

  #stateTensors(memory: ActingMemory): { h: tf.Tensor2D; c: tf.Tensor2D } {
    const both = tf.tensor2d(memory.state, [memory.environments, this.#shape.state]);
    const [h, c] = tf.split(both, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    return { h, c };
  }

  #greedyFor(n: number): ActingMemory {
    if (this.#greedy?.environments !== n) this.#greedy = this.#memory(n, this.#shape.burnIn + this.#shape.sequence);
    return this.#greedy;
  }

  #memory(environments: number, history: number): ActingMemory {
    const { observation, action, state } = this.#shape;
    return new ActingMemory({ observation, action, state, history }, environments);
  }
}
