/**
 * DQN and QR-DQN as an `Agent`: acts for all environments in one batch, now and then at random, stores what happened,
 * and learns by `QLearning`, which holds the algorithm. For one choice a step, or several at once, a branch each.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { QConfig } from '../config/agent-config.ts';
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Seed } from '../core/units.ts';
import type { Agent, AgentSpaces, Checkpoint, PolicyView, Transitions, UpdateReport } from './agent.ts';
import { loadStreams, refuseForeign, saveStreams } from './checkpoint.ts';
import type { Experience } from './experience.ts';
import { ObservationScale, requireStats, savedScale } from './observation-scale.ts';
import { QLearning } from './q-learning.ts';
import { bestChoice, valuesAt } from './q-losses.ts';
import { TransitionReplay } from './replay/transition-replay.ts';
import type { TransitionBatch } from './replay/transition-replay.ts';
import { brokenAction, whatBroke } from './what-broke.ts';

export interface QAgentOptions {
  readonly config: QConfig;
  readonly spaces: AgentSpaces;
  readonly seed: Seed;
  readonly schemaHash: string;
  /** Updates between read-backs of the losses. */
  readonly reportEvery: number;
  /** Updates of the whole run: what annealing runs over, and importance weights, in full force at its end. */
  readonly totalUpdates: number;
  /** Of the replay; without a limit when left out. */
  readonly mostReplayBytes?: number | undefined;
}

type StreamName = 'explore' | 'replay';
/** α, ε and β at the start: Schaul et al. 2016, table 3 (proportional), ε as in its section 3.3. */
const PRIORITIES = { exponent: 0.6, least: 1e-6 };
const FIRST_BETA = 0.4;

export class QAgent implements Agent {
  readonly pace = 'replay';
  readonly #options: QAgentOptions;
  readonly #branches: readonly number[];
  readonly #learner: QLearning;
  readonly #replay: TransitionReplay;
  readonly #batch: TransitionBatch;
  readonly #streams: Readonly<Record<StreamName, Random>>;
  /** Undefined where observations are taken as they come. */
  readonly #scale: ObservationScale | undefined;
  #updates = 0;
  #environmentSteps = 0;

  constructor(options: QAgentOptions) {
    const { config, spaces, seed } = options;
    const { action, observation, environments } = spaces;
    if (action.kind === 'box') {
      throw new AppError('config.invalid', {
        subject: 'agent.algorithm',
        expected: 'an environment with choices for actions',
        got: 'continuous actions',
        remedy: 'choose another environment or another agent'
      });
    }
    this.#options = options;
    this.#branches = action.kind === 'discrete' ? [action.n] : action.n;
    const root = new Random(seed, 'agent');
    this.#learner = new QLearning({
      observation: observation.size,
      branches: this.#branches,
      config,
      random: root
    });
    this.#replay = new TransitionReplay({
      observation: observation.size,
      action: this.#branches.length,
      environments,
      capacity: config.replaySteps,
      steps: config.nStep,
      gamma: config.gamma,
      priorities: config.sampling === 'prioritised' ? PRIORITIES : undefined,
      mostBytes: options.mostReplayBytes
    });
    this.#batch = this.#replay.batch(config.batch);
    this.#scale = config.normalise === 'none' ? undefined : new ObservationScale(observation.size);
    this.#streams = { explore: root.split('explore'), replay: root.split('replay') };
  }

  get experience(): Experience {
    return this.#replay;
  }

  get ready(): boolean {
    return this.#replay.transitions >= Math.max(1, this.#options.config.learningStarts);
  }

  async act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    _starts: Uint8Array,
    _previousRewards: Float32Array
  ): Promise<void> {
    const n = observations.length / this.#options.spaces.observation.size;
    if (mode === 'explore') this.#scale?.see(observations);
    const atRandom = mode === 'explore' ? this.#explored(into, n) : new Uint8Array(n);
    if (atRandom.every((one) => one === 1)) return;
    const values = await this.#values(observations, n);
    const width = this.#branches.length;
    let from = 0;
    this.#branches.forEach((choices, branch) => {
      for (let e = 0; e < n; e++) {
        const at = from + e * choices;
        if (atRandom[e] === 0) into[e * width + branch] = indexOfLargest(values, at, choices);
      }
      from += n * choices;
    });
  }

  observe(step: Transitions): void {
    this.#replay.add(step);
    const { targetSteps } = this.#options.config;
    const before = Math.floor(this.#environmentSteps / targetSteps);
    this.#environmentSteps += this.#options.spaces.environments;
    if (Math.floor(this.#environmentSteps / targetSteps) > before) this.#learner.copyToTarget();
  }

  async update(): Promise<UpdateReport> {
    const { totalUpdates, reportEvery } = this.#options;
    const remaining = Math.max(0, 1 - this.#updates / totalUpdates);
    // Linear to 1 at the end: Schaul et al. 2016, section 3.4.
    const beta = 1 - (1 - FIRST_BETA) * remaining;
    this.#replay.sample(this.#batch, this.#streams.replay, beta);
    const { observations: before, nextObservations: after } = this.#batch;
    for (const rows of [before, after]) this.#scale?.scale(rows, this.#options.spaces.observation.size);
    const readBack = (this.#updates + 1) % reportEvery === 0;
    try {
      const { losses, errors } = await this.#learner.update(this.#batch, { remaining, readBack });
      if (errors !== undefined) this.#replay.reprioritise(this.#batch.rows, errors);
      this.#updates++;
      return {
        updates: this.#updates,
        losses: losses === undefined ? undefined : { ...losses, exploration: this.#exploration }
      };
    } catch (thrown) {
      const { rewards, observations, nextObservations } = this.#batch;
      throw await whatBroke(thrown, {
        update: this.#updates + 1,
        taken: {
          'rewards of the batch': rewards,
          'observations of the batch': observations,
          'next observations of the batch': nextObservations
        },
        save: () => this.#learner.save(new Map())
      });
    }
  }

  /** The mean is the value of each choice, branch after branch; the value is that of the best. */
  async inspect(observations: Float32Array): Promise<PolicyView> {
    const n = observations.length / this.#options.spaces.observation.size;
    const [mean, value] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
      const branches = this.#learner.net.run(this.#seen(observations, n));
      const expected = branches.map((all) => tf.mean<tf.Tensor2D>(all, 1));
      // Quantiles of the best choice, a mean over branches, as the target has them.
      const best = branches.map((all) => valuesAt(all, bestChoice(all)));
      return [tf.concat(expected, 1), tf.div(tf.addN(best), best.length)];
    });
    const view = { mean: (await mean.data()) as Float32Array, value: (await value.data()) as Float32Array };
    tf.dispose([mean, value]);
    return { ...view, deviation: new Float32Array(view.mean.length) };
  }

  async save(): Promise<Checkpoint> {
    const tensors = new Map<string, NamedArray>();
    await this.#learner.save(tensors);
    return {
      tensors,
      meta: {
        format: 1,
        algorithm: this.#options.config.algorithm,
        schemaHash: this.#options.schemaHash,
        seed: this.#options.seed,
        updates: this.#updates,
        environmentSteps: this.#environmentSteps,
        state: { streams: saveStreams(this.#streams), ...savedScale(this.#scale) }
      }
    };
  }

  load({ tensors, meta }: Checkpoint): Promise<void> {
    refuseForeign(meta, { algorithm: this.#options.config.algorithm, schemaHash: this.#options.schemaHash });
    const seen = requireStats(this.#scale, meta, this.#options.spaces.observation.size);
    this.#learner.load(tensors);
    if (seen !== undefined) this.#scale?.load(seen);
    loadStreams(this.#streams, meta);
    this.#updates = meta.updates;
    this.#environmentSteps = meta.environmentSteps;
    return Promise.resolve();
  }

  dispose(): void {
    this.#learner.dispose();
  }

  /** ε: 1 until it learns, and from there on a straight line (Mnih et al. 2015, methods). */
  get #exploration(): number {
    const { learningStarts, explorationSteps, explorationEnd } = this.#options.config;
    if (this.#environmentSteps < learningStarts) return 1;
    if (this.#environmentSteps >= explorationSteps) return explorationEnd;
    return 1 - ((1 - explorationEnd) * this.#environmentSteps) / explorationSteps;
  }

  /** Writes the random choices and says whose they are, [n]. Drawn in any case: the stream does not hang on ε. */
  #explored(into: Float32Array | Int32Array, n: number): Uint8Array {
    const epsilon = this.#exploration;
    const { explore } = this.#streams;
    const width = this.#branches.length;
    const atRandom = new Uint8Array(n);
    for (let e = 0; e < n; e++) {
      atRandom[e] = explore.uniform() < epsilon ? 1 : 0;
      this.#branches.forEach((choices, branch) => {
        into[e * width + branch] = explore.below(choices);
      });
    }
    return atRandom;
  }

  /** [n, observation] as the networks take them in. */
  #seen(observations: Float32Array, n: number): tf.Tensor2D {
    return tf.tensor2d(this.#scale?.scaled(observations) ?? observations, [n, observations.length / n]);
  }

  /** Expected value of every choice: [n, choices] of each branch, one after the other. */
  async #values(observations: Float32Array, n: number): Promise<Float32Array> {
    const result = tf.tidy(() => {
      const branches = this.#learner.net.run(this.#seen(observations, n));
      const flat = branches.map((all) => tf.reshape(all.shape[1] === 1 ? all : tf.mean(all, 1), [-1]));
      return flat.length === 1 ? (flat[0] as tf.Tensor) : tf.concat(flat);
    });
    const values = (await result.data()) as Float32Array;
    result.dispose();
    if (values.every(Number.isFinite)) return values;
    throw await whatBroke(brokenAction('value of a choice'), {
      update: this.#updates,
      taken: { 'observations of the environment': observations },
      save: () => this.#learner.save(new Map())
    });
  }
}

function indexOfLargest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}
