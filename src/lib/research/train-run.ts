/**
 * The training loop: act, step, observe, update; points for the charts, checkpoints and evaluations on their cadence.
 * It is handed its environment, agent and clock, and does the same with them in a worker and in Node. What it makes
 * depends on configuration and seed alone; the clock decides only when it reports and saves.
 */
import type { Agent, Checkpoint } from '../agents/agent.ts';
import type { RunConfig } from '../config/run-config.ts';
import { Random } from '../core/random.ts';
import type { Clock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import { arrayOf } from '../agents/replay/rings.ts';
import type { StoredArrays } from '../compute/safetensors.ts';
import type { EnvStanding } from '../env/standing.ts';
import { EpisodeTally } from './episode-tally.ts';
import { MetricWindow } from './metric-window.ts';
import type { RunProgress } from './metric-window.ts';
import type { RunControl } from './run-control.ts';
import { standingArrays } from './run-memory.ts';
import type { MemoryToKeep, RunMemory } from './run-memory.ts';
import type { EvaluationReport, MetricRow } from './types.ts';

export interface TrainRunEvents {
  rows(rows: readonly MetricRow[]): void;
  evaluation(report: EvaluationReport): void;
  /** With what a run that goes on exactly needs beside it, where that is kept. */
  checkpoint(checkpoint: Checkpoint, progress: RunProgress, memory: MemoryToKeep | undefined): Promise<void>;
  paused(paused: boolean): void;
}

export interface TrainRunOptions {
  readonly config: RunConfig;
  readonly env: RemoteVectorEnv;
  readonly agent: Agent;
  /** On the held-out episodes; may not move anything that training depends on. */
  readonly evaluate: (updates: number) => Promise<EvaluationReport>;
  readonly control: RunControl;
  readonly clock: Clock;
  /** Lets waiting messages and timers run. */
  readonly breathe: () => Promise<void>;
  readonly events: TrainRunEvents;
  /** Where a resumed run stands: the checkpoint's `state.run`, once the agent has loaded it. */
  readonly from?: RunStanding;
  /** Where a run is to go on exactly; left out, a resumed one begins fresh episodes. */
  readonly memory?: {
    readonly keeper: RunMemory;
    readonly standing: () => Promise<EnvStanding>;
    /** What was kept, once agent and environments stand as they did. */
    readonly recalled?: StoredArrays;
  };
}

/** What the loop adds to a checkpoint's `state`, under `run`. */
export interface RunStanding extends RunProgress {
  /** Updates owed but not yet done: the part of one that `updatesPerStep` leaves over. */
  readonly credit: number;
}

const START: RunStanding = { updates: 0, environmentSteps: 0, wallSeconds: 0, credit: 0 };
/** A point at least this often, so that a chart lives before the first update and when updates are slow. */
const QUIET_SECONDS = 1;
const BREATH_MILLIS = 25;

/** @returns how it ended and where it stands; what went wrong is thrown */
export async function trainRun(
  options: TrainRunOptions
): Promise<{ state: 'finished' | 'stopped'; progress: RunProgress }> {
  return new TrainRun(options).run();
}

class TrainRun {
  readonly #options: TrainRunOptions;
  readonly #before: Float32Array;
  readonly #next: Float32Array;
  readonly #starts: Uint8Array;
  readonly #window: MetricWindow;
  #updates: number;
  #environmentSteps: number;
  #credit: number;
  /** Seconds up to the last stop of the stopwatch, and when it was last started. */
  #secondsBefore: number;
  #startedMillis: number;
  #onTheClock = true;
  #savedMillis: number;
  #breathedMillis: number;

  constructor(options: TrainRunOptions) {
    const { env, clock, from = START } = options;
    this.#options = options;
    this.#before = new Float32Array(env.buffers.observations.length);
    this.#next = new Float32Array(env.buffers.observations.length);
    this.#starts = new Uint8Array(env.size).fill(1);
    this.#window = new MetricWindow(env.spec, from);
    this.#updates = from.updates;
    this.#environmentSteps = from.environmentSteps;
    this.#credit = from.credit;
    this.#secondsBefore = from.wallSeconds;
    this.#startedMillis = this.#savedMillis = this.#breathedMillis = clock.monotonicMillis();
  }

  async run(): Promise<{ state: 'finished' | 'stopped'; progress: RunProgress }> {
    const { config, control } = this.#options;
    const tally = await this.#begin();
    while (this.#updates < config.training.updates && !control.stopping) {
      if (control.paused) await this.#pause(tally);
      else await this.#vectorStep(tally);
    }
    if (this.#window.secondsSince(this.#progress()) > QUIET_SECONDS / 10) this.#report();
    await this.#save(tally);
    await this.#evaluate();
    const state = this.#updates >= config.training.updates ? 'finished' : 'stopped';
    return { state, progress: this.#progress() };
  }

  /** From the beginning, in the midst of the episodes at hand, or, where those are not known, with fresh ones. */
  async #begin(): Promise<EpisodeTally> {
    const { config, env, memory } = this.#options;
    const recalled = memory?.recalled;
    if (recalled === undefined) {
      const episodes = new Random(seed(config.seed), 'train').split(`from ${String(this.#updates)}`);
      await env.reset({ seed: seed(episodes.bits()), schedule: 'shuffle', stepsBefore: this.#environmentSteps });
      return new EpisodeTally(env);
    }
    const tally = new EpisodeTally(env);
    tally.load(recalled);
    this.#starts.set(arrayOf(recalled, 'run.starts', env.size, this.#starts));
    // A rollout that was stopped in the midst of its updates.
    if (this.#options.agent.pace === 'rollout') await this.#learn();
    return tally;
  }

  /** Vector steps between spells of learning from a replay. */
  get #learnEvery(): number {
    const { agent } = this.#options.config;
    return 'learnEvery' in agent ? agent.learnEvery : 1;
  }

  async #vectorStep(tally: EpisodeTally): Promise<void> {
    const { env, agent, config, clock } = this.#options;
    const { buffers } = env;
    await agent.act(buffers.observations, buffers.actions, 'explore', this.#starts, buffers.rewards);
    this.#before.set(buffers.observations);
    // With a replay the environments play on while the agent learns from what it had before this step.
    const due = agent.pace === 'replay' && (this.#environmentSteps / env.size) % this.#learnEvery === 0;
    await Promise.all([env.step(), due ? this.#learn() : undefined]);
    this.#bootstrapStates();
    agent.observe({
      observations: this.#before,
      actions: buffers.actions,
      rewards: buffers.rewards,
      nextObservations: this.#next,
      terminated: buffers.terminated,
      truncated: buffers.truncated,
      labels: buffers.labels
    });
    this.#environmentSteps += env.size;
    this.#window.episodes(tally.step());
    if (agent.pace === 'rollout') await this.#learn();
    else if (agent.ready) this.#credit += config.training.updatesPerStep;
    const progress = this.#progress();
    if (this.#window.secondsSince(progress) >= QUIET_SECONDS) this.#report();
    const now = clock.monotonicMillis();
    if (now - this.#savedMillis >= config.training.checkpointSeconds * 1000) await this.#save(tally);
    if (now - this.#breathedMillis >= BREATH_MILLIS) await this.#breathe();
  }

  async #learn(): Promise<void> {
    const { agent, config, clock } = this.#options;
    const { updates: last, evaluateEvery, reportEvery } = config.training;
    const owed = (): boolean => agent.pace === 'rollout' || this.#credit >= 1;
    while (owed() && agent.ready && this.#updates < last) {
      if (agent.pace === 'replay') this.#credit--;
      const { updates, losses } = await agent.update();
      this.#updates = updates;
      if (losses !== undefined) this.#window.losses(losses);
      if (updates % reportEvery === 0) this.#report();
      if (evaluateEvery > 0 && updates % evaluateEvery === 0 && updates < last) {
        await this.#evaluate();
      }
      // With a replay a spell is ended first: the environments have played on beside it.
      if (this.#options.control.stopping && agent.pace === 'rollout') return;
      if (clock.monotonicMillis() - this.#breathedMillis >= BREATH_MILLIS) await this.#breathe();
    }
  }

  /** `next` is what was seen after the step: where an episode ended, its last observation, not the new one's first. */
  #bootstrapStates(): void {
    const { spec, buffers, size } = this.#options.env;
    const width = spec.observation.size;
    this.#next.set(buffers.observations);
    for (let e = 0; e < size; e++) {
      const ended = buffers.terminated[e] === 1 || buffers.truncated[e] === 1;
      this.#starts[e] = ended ? 1 : 0;
      if (ended) this.#next.set(buffers.finalObservations.subarray(e * width, (e + 1) * width), e * width);
    }
  }

  async #pause(tally: EpisodeTally): Promise<void> {
    const { control, events } = this.#options;
    this.#report();
    await this.#save(tally);
    events.paused(true);
    await this.#offTheClock(() => control.untilAwake());
    if (!control.stopping) events.paused(false);
  }

  async #evaluate(): Promise<void> {
    const { evaluate, events } = this.#options;
    await this.#offTheClock(async () => {
      events.evaluation(await evaluate(this.#updates));
    });
  }

  /** Neither pauses nor evaluations count as time spent training. */
  async #offTheClock(work: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    this.#secondsBefore = this.#progress().wallSeconds;
    this.#onTheClock = false;
    await work();
    this.#onTheClock = true;
    this.#startedMillis = this.#breathedMillis = clock.monotonicMillis();
  }

  #report(): void {
    this.#options.events.rows([this.#window.take(this.#progress())]);
  }

  async #save(tally: EpisodeTally): Promise<void> {
    const { agent, events } = this.#options;
    // What a resumed run would not know of is told now.
    if (this.#window.pending) this.#report();
    const progress = this.#progress();
    const checkpoint = await agent.save();
    const run: RunStanding = { ...progress, credit: this.#credit };
    await events.checkpoint(
      { ...checkpoint, meta: { ...checkpoint.meta, state: { ...checkpoint.meta.state, run } } },
      progress,
      await this.#remember(tally)
    );
    this.#savedMillis = this.#options.clock.monotonicMillis();
  }

  async #remember(tally: EpisodeTally): Promise<MemoryToKeep | undefined> {
    const { memory } = this.#options;
    if (memory === undefined) return undefined;
    const starts = { shape: [this.#starts.length], values: this.#starts.slice() };
    const standing = standingArrays(await memory.standing());
    return memory.keeper.take(this.#updates, new Map([...tally.save(), ...standing, ['run.starts', starts] as const]));
  }

  async #breathe(): Promise<void> {
    await this.#options.breathe();
    this.#breathedMillis = this.#options.clock.monotonicMillis();
  }

  #progress(): RunProgress {
    const running = this.#onTheClock ? (this.#options.clock.monotonicMillis() - this.#startedMillis) / 1000 : 0;
    return {
      updates: this.#updates,
      environmentSteps: this.#environmentSteps,
      wallSeconds: this.#secondsBefore + running
    };
  }
}
