/**
 * PPO and A2C as an `Agent`, with LSTM memory or without: plays a rollout with all environments in one batch, estimates
 * its advantages, learns from it in minibatches, forgets it. What a minibatch teaches is `PolicyGradient`'s.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedArray } from '../compute/named-arrays.ts';
import type { StoredArrays } from '../compute/safetensors.ts';
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Seed } from '../core/units.ts';
import { actionHead } from './action-head.ts';
import type { ActionHead } from './action-head.ts';
import { ActingMemory } from './acting-memory.ts';
import type { Agent, AgentSpaces, Checkpoint, PolicyView, Transitions, UpdateReport } from './agent.ts';
import { loadStreams, refuseForeign, saveStreams } from './checkpoint.ts';
import type { Experience } from './experience.ts';
import { NORMAL_LIMIT, requireStats } from './observation-scale.ts';
import { PolicyGradient } from './policy-gradient.ts';
import type { PolicyConfig } from './policy-gradient.ts';
import { normaliseAdvantages } from './policy-losses.ts';
import { inputWidth } from './replay/sequence-batch.ts';
import { loadOwed, saveOwed } from './rollout/owed.ts';
import type { CutOff, Owed } from './rollout/owed.ts';
import { Rollout } from './rollout/rollout.ts';
import type { RolloutBatch, RolloutShape } from './rollout/rollout.ts';
import { RunningStats } from './running-stats.ts';
import { brokenAction, whatBroke } from './what-broke.ts';

export interface PolicyAgentOptions {
  readonly config: PolicyConfig;
  readonly spaces: AgentSpaces;
  readonly seed: Seed;
  readonly schemaHash: string;
  /** Updates between read-backs of the losses. */
  readonly reportEvery: number;
  /** Updates of the whole run: what annealing runs over. */
  readonly totalUpdates: number;
}

type StreamName = 'explore' | 'shuffle';

export class PolicyAgent implements Agent {
  readonly pace = 'rollout';
  readonly #options: PolicyAgentOptions;
  readonly #head: ActionHead;
  readonly #shape: RolloutShape;
  readonly #observation: number;
  readonly #learner: PolicyGradient;
  readonly #rollout: Rollout;
  readonly #batch: RolloutBatch;
  readonly #streams: Readonly<Record<StreamName, Random>>;
  readonly #exploring: ActingMemory;
  readonly #logProbs: Float32Array;
  readonly #seen: RunningStats | undefined;
  readonly #scored: RunningStats | undefined;
  /** Discounted return so far, an environment: its spread scales rewards. */
  readonly #discounted: Float64Array;
  readonly #normal: Float32Array;
  readonly #scaled: Float32Array;
  #greedy: ActingMemory | undefined;
  #cutOff: CutOff[] = [];
  /** Input rows and state after the rollout's last step. */
  #last: Owed['last'];
  /** Minibatches of this rollout taken so far, and in all. */
  #taken = 0;
  #updates = 0;
  #environmentSteps = 0;

  constructor(options: PolicyAgentOptions) {
    const { config, spaces, seed } = options;
    const { observation, action, environments } = spaces;
    const memory = 'lstmUnits' in config;
    const lstmUnits = memory ? config.lstmUnits : 0;
    const sequence = memory ? config.sequence : 1;
    if (config.rolloutSteps % sequence !== 0) {
      throw new AppError('config.invalid', {
        subject: 'agent.rolloutSteps',
        expected: `a multiple of the sequence of ${String(sequence)} steps`,
        got: String(config.rolloutSteps),
        remedy: 'change one of the two'
      });
    }
    this.#options = options;
    this.#head = actionHead(action);
    this.#observation = observation.size;
    // Without memory a policy sees the observation alone.
    const inputs = memory ? inputWidth(observation.size, this.#head.width) : observation.size;
    this.#shape = {
      environments,
      steps: config.rolloutSteps,
      sequence,
      inputs,
      action: this.#head.width,
      state: 4 * lstmUnits
    };
    const root = new Random(seed, 'agent');
    const hidden = Array.from({ length: config.hiddenLayers }, () => config.hiddenUnits);
    this.#learner = new PolicyGradient({
      shape: { observation: observation.size, action: this.#head.width, inputs, lstmUnits, hidden },
      head: this.#head,
      config,
      random: root
    });
    this.#rollout = new Rollout(this.#shape);
    const wanted = Math.max(1, Math.round(this.#batchSteps / sequence));
    this.#batch = this.#rollout.batch(Math.min(this.#rollout.chunks, wanted));
    this.#streams = { explore: root.split('explore'), shuffle: root.split('shuffle') };
    this.#exploring = this.#memory(environments);
    this.#logProbs = new Float32Array(environments);
    this.#seen = config.normalise === 'none' ? undefined : new RunningStats(observation.size);
    this.#scored = config.normalise === 'running' ? new RunningStats(1) : undefined;
    this.#discounted = new Float64Array(environments);
    this.#normal = new Float32Array(environments * observation.size);
    this.#scaled = new Float32Array(environments);
  }

  /** The rollout at hand: nothing is added to it for good, so it is whole each time. */
  get experience(): Experience {
    return {
      bytes: this.#rollout.bytes,
      state: () =>
        new Map([
          ...this.#rollout.save(),
          ...saveOwed(
            { taken: this.#taken, discounted: this.#discounted, cutOff: this.#cutOff, last: this.#last },
            this.#shape
          )
        ]),
      position: () => [],
      rows: () => new Map(),
      outlived: () => true,
      loadRows: () => [],
      loadState: (state) => {
        this.#loadExperienced(state);
      }
    };
  }

  get ready(): boolean {
    return this.#rollout.full;
  }

  async act(
    observations: Float32Array,
    into: Float32Array | Int32Array,
    mode: 'explore' | 'greedy',
    starts: Uint8Array,
    previousRewards: Float32Array
  ): Promise<void> {
    const explore = mode === 'explore';
    const n = observations.length / this.#observation;
    const memory = explore ? this.#exploring : this.#greedyFor(n);
    if (explore) this.#seen?.update(observations);
    const seen = this.#normalised(observations);
    const row = memory.begin(seen, starts, previousRewards);
    const inputs = this.#shape.state === 0 ? seen : row.inputs;
    const before = explore ? memory.state.slice() : memory.state;
    const { outputs, values, state } = await this.#forward(inputs, row.starts, memory.state, n);
    const actions = memory.previousActions;
    const logProbs = explore ? this.#logProbs : new Float32Array(n);
    const logStd = explore && this.#learner.nets.logStd !== undefined ? await this.#logStd() : this.#noSpread();
    this.#head.draw({ outputs, logStd, random: explore ? this.#streams.explore : undefined, actions, logProbs });
    if (!actions.every(Number.isFinite)) {
      throw await whatBroke(brokenAction(), {
        update: this.#updates,
        taken: { 'observations of the environment': observations, 'rewards of the environment': previousRewards },
        save: () => this.#learner.save(new Map())
      });
    }
    this.#head.tell(actions, into);
    memory.state.set(state);
    if (explore) this.#rollout.decide({ inputs, starts, state: before, actions, logProbs, values });
  }

  observe(step: Transitions): void {
    const { environments: n, inputs: width, state } = this.#shape;
    const memory = this.#exploring;
    const rewards = this.#scaledRewards(step);
    const t = this.#rollout.played;
    this.#rollout.play({ rewards, terminated: step.terminated, truncated: step.truncated });
    this.#environmentSteps += n;
    const { full } = this.#rollout;
    if (!full && !step.truncated.includes(1)) return;
    const after = this.#inputsAfter(step);
    for (let e = 0; e < n; e++) {
      if (step.truncated[e] !== 1 || step.terminated[e] === 1) continue;
      const own = (values: Float32Array, size: number): Float32Array => values.slice(e * size, (e + 1) * size);
      this.#cutOff.push({ step: t, environment: e, inputs: own(after, width), state: own(memory.state, state) });
    }
    if (full) this.#last = { inputs: after, state: memory.state.slice() };
  }

  async update(): Promise<UpdateReport> {
    const { epochs, lambda, gamma } = this.#learning;
    const batches = Math.floor(this.#rollout.chunks / this.#batch.chunks);
    if (this.#taken === 0) {
      const values = await this.#owedValues();
      this.#rollout.estimate(values, gamma, lambda);
    }
    if (this.#taken % batches === 0) this.#rollout.shuffle(this.#streams.shuffle);
    this.#rollout.take((this.#taken % batches) * this.#batch.chunks, this.#batch);
    if (this.#options.config.normaliseAdvantages === 'batch') normaliseAdvantages(this.#batch.advantages);
    const losses = await this.#learn();
    this.#updates++;
    if (++this.#taken === epochs * batches) this.#forget();
    return { updates: this.#updates, losses };
  }

  async #learn(): Promise<UpdateReport['losses']> {
    try {
      return await this.#learner.update(this.#batch, this.#shape, {
        remaining: Math.max(0, 1 - this.#updates / this.#options.totalUpdates),
        readBack: (this.#updates + 1) % this.#options.reportEvery === 0
      });
    } catch (thrown) {
      const { inputs, state, actions, logProbs, values, advantages, returns } = this.#batch;
      throw await whatBroke(thrown, {
        update: this.#updates + 1,
        taken: {
          'rewards of the rollout': this.#rollout.rewards,
          'inputs of the rollout': inputs,
          'recurrent state of the rollout': state,
          'actions of the rollout': actions,
          'probabilities of the rollout': logProbs,
          'values of the rollout': values,
          'returns of the rollout': returns,
          'advantages of the rollout': advantages
        },
        save: () => this.#learner.save(new Map())
      });
    }
  }

  /** With the memory of the greedy episode at hand, as it is; one column of value. */
  async inspect(observations: Float32Array): Promise<PolicyView> {
    const n = observations.length / this.#observation;
    const memory = this.#greedyFor(n);
    const { inputs: width } = this.#shape;
    const inputs = new Float32Array(n * width);
    const normal = this.#normalised(observations);
    for (let e = 0; e < n; e++) {
      inputs.set(normal.subarray(e * this.#observation, (e + 1) * this.#observation), e * width);
    }
    const { outputs, values } = await this.#forward(inputs, new Float32Array(n), memory.state, n);
    const logStd = this.#learner.nets.logStd === undefined ? this.#noSpread() : await this.#logStd();
    const deviation = Float32Array.from({ length: outputs.length }, (_, i) => {
      return logStd.length === 0 ? 0 : Math.exp(logStd[i % logStd.length]!);
    });
    return { mean: outputs, deviation, value: values };
  }

  async save(): Promise<Checkpoint> {
    const tensors = new Map<string, NamedArray>();
    await this.#learner.save(tensors);
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
          ...(this.#seen === undefined ? {} : { seen: this.#seen.save() }),
          ...(this.#scored === undefined ? {} : { scored: this.#scored.save() })
        }
      }
    };
  }

  load({ tensors, meta }: Checkpoint): Promise<void> {
    refuseForeign(meta, { algorithm: this.#options.config.algorithm, schemaHash: this.#options.schemaHash });
    const remembered = this.#exploring.saved(tensors);
    const seen = requireStats(this.#seen, meta, this.#observation);
    const scored = requireStats(this.#scored, meta, 1, 'scored');
    this.#learner.load(tensors);
    this.#exploring.load(remembered);
    loadStreams(this.#streams, meta);
    if (seen !== undefined) this.#seen?.load(seen);
    if (scored !== undefined) this.#scored?.load(scored);
    this.#updates = meta.updates;
    this.#environmentSteps = meta.environmentSteps;
    this.#forget();
    return Promise.resolve();
  }

  dispose(): void {
    this.#learner.dispose();
  }

  #forget(): void {
    this.#taken = 0;
    this.#rollout.clear();
    this.#cutOff = [];
    this.#last = undefined;
  }

  #loadExperienced(saved: StoredArrays): void {
    const { taken, discounted, cutOff, last } = loadOwed(saved, this.#shape);
    this.#rollout.load(saved);
    this.#taken = taken;
    this.#discounted.set(discounted);
    this.#cutOff = [...cutOff];
    this.#last = last;
  }

  /** What the two algorithms differ in besides their loss: A2C sees its rollout once, in one piece. */
  get #learning(): { epochs: number; lambda: number; gamma: number } {
    const { config } = this.#options;
    return { epochs: 'clip' in config ? config.epochs : 1, lambda: config.lambda, gamma: config.gamma };
  }

  get #batchSteps(): number {
    const { config, spaces } = this.#options;
    return 'clip' in config ? config.batch : config.rolloutSteps * spaces.environments;
  }

  /** Values of the observations that ended in a cut, told to the rollout, and [n] of those after its last step. */
  async #owedValues(): Promise<Float32Array> {
    const { environments: n, inputs: width, state } = this.#shape;
    const last = this.#last;
    if (last === undefined) throw new Error('policy agent: update before the rollout is full');
    const owed = this.#cutOff;
    const count = n + owed.length;
    const inputs = new Float32Array(count * width);
    const states = new Float32Array(count * state);
    inputs.set(last.inputs);
    states.set(last.state);
    owed.forEach((one, i) => {
      inputs.set(one.inputs, (n + i) * width);
      states.set(one.state, (n + i) * state);
    });
    const { values } = await this.#forward(inputs, new Float32Array(count), states, count);
    owed.forEach(({ step, environment }, i) => {
      this.#rollout.valueTruncated(step, environment, values[n + i]!);
    });
    return values.subarray(0, n);
  }

  async #forward(inputs: Float32Array, starts: Float32Array, state: Float32Array, n: number) {
    const { state: stateWidth } = this.#shape;
    const { outputs: count } = this.#head;
    const result = tf.tidy(() => {
      const { outputs, values, memory } = this.#learner.run({ inputs, starts, state, sequence: 1, chunks: n });
      if (memory === undefined) return tf.concat([outputs, values], 1);
      const { policy, value } = memory;
      const flat = [tf.reshape(outputs, [n, count]), tf.reshape(values, [n, 1])];
      return tf.concat([...flat, policy.h, policy.c, value.h, value.c], 1);
    });
    const all = (await result.data()) as Float32Array;
    result.dispose();
    const columns = (from: number, size: number): Float32Array => {
      const into = new Float32Array(n * size);
      const row = count + 1 + stateWidth;
      for (let e = 0; e < n; e++) into.set(all.subarray(e * row + from, e * row + from + size), e * size);
      return into;
    };
    return { outputs: columns(0, count), values: columns(count, 1), state: columns(count + 1, stateWidth) };
  }

  async #logStd(): Promise<Float32Array> {
    return (await (this.#learner.nets.logStd as tf.Variable).data()) as Float32Array;
  }

  #noSpread(): Float32Array {
    return this.#head.gaussian ? new Float32Array(this.#head.outputs) : new Float32Array(0);
  }

  #normalised(observations: Float32Array): Float32Array {
    if (this.#seen === undefined) return observations;
    const into = observations.length === this.#normal.length ? this.#normal : new Float32Array(observations.length);
    this.#seen.normalise(observations, into, NORMAL_LIMIT);
    return into;
  }

  /** Rewards over the spread of the discounted return, the mean left as it is; returns start over with an episode. */
  #scaledRewards({ rewards, terminated, truncated }: Transitions): Float32Array {
    if (this.#scored === undefined) return rewards;
    const { gamma } = this.#options.config;
    for (let e = 0; e < rewards.length; e++) this.#discounted[e] = this.#discounted[e]! * gamma + rewards[e]!;
    this.#scored.update(this.#discounted);
    const scale = 1 / Math.sqrt(this.#scored.variance[0]! + 1e-8);
    for (let e = 0; e < rewards.length; e++) {
      this.#scaled[e] = Math.min(NORMAL_LIMIT, Math.max(-NORMAL_LIMIT, rewards[e]! * scale));
      if (terminated[e] === 1 || truncated[e] === 1) this.#discounted[e] = 0;
    }
    return this.#scaled;
  }

  /** [n, inputs] of what was seen after a step, as the networks would take it in next. */
  #inputsAfter(step: Transitions): Float32Array {
    const { environments: n, inputs: width, action } = this.#shape;
    const normal = this.#normalised(step.nextObservations);
    if (this.#shape.state === 0) return normal.slice();
    const inputs = new Float32Array(n * width);
    const { previousActions } = this.#exploring;
    for (let e = 0; e < n; e++) {
      inputs.set(normal.subarray(e * this.#observation, (e + 1) * this.#observation), e * width);
      inputs.set(previousActions.subarray(e * action, (e + 1) * action), e * width + this.#observation);
      inputs[(e + 1) * width - 1] = Math.sign(step.rewards[e]!) * Math.log1p(Math.abs(step.rewards[e]!));
    }
    return inputs;
  }

  #greedyFor(n: number): ActingMemory {
    if (this.#greedy?.environments !== n) this.#greedy = this.#memory(n);
    return this.#greedy;
  }

  #memory(environments: number): ActingMemory {
    const { action, state } = this.#shape;
    return new ActingMemory({ observation: this.#observation, action, state, history: 0 }, environments);
  }
}
