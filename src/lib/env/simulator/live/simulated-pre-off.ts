/**
 * `SimulatedPreOff-v0`: `AUPreOffV7TradeCost` on markets that answer. Every environment plays a market of its own that
 * trades by itself and with us: our orders are in its books, others see and take them, and what we take moves what the
 * others believe. Spaces, reward terms and info are those of `AUPreOffV7TradeCost`, so one agent plays both.
 */
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { Random } from '../../../core/random.ts';
import { actionSize } from '../../../core/spaces.ts';
import type { Seed } from '../../../core/units.ts';
import { preOffSpec } from '../../market/pre-off-spec.ts';
import { levelAfter } from '../../market/realism.ts';
import { EpisodeJournal, mustStand, playAgain } from '../../standing.ts';
import type { EnvStanding, PlaysAgain } from '../../standing.ts';
import { recorderOf } from '../../trace.ts';
import type { TraceRecorder, TraceRequest } from '../../trace.ts';
import type { EnvSpec, ResetOptions, StepBuffers } from '../../vector-env.ts';
import { slabBytes, slabOf, stepBuffers } from '../../vector-env.ts';
import type { EpisodicVectorEnv } from '../../vector.ts';
import { FULL_BEHAVIOUR, LEAN_BEHAVIOUR } from '../scenario.ts';
import { LiveEpisode, WARM_UP_SECONDS } from './live-episode.ts';
import { LiveExchangePool } from './live-exchange-pool.ts';
import type { LiveMarket } from './live-exchange-pool.ts';

/** Episodes of a `once` schedule; a `shuffle` schedule draws a new market every time and only counts the names round. */
const LISTED_EPISODES = 32;
/** When the first simulated race is due: a date, for features of the hour; markets are a day apart. */
const FIRST_OFF_MILLIS = Date.UTC(2026, 0, 3, 2, 30);
const DAY_MILLIS = 86_400_000;

export class SimulatedPreOffVectorEnv implements EpisodicVectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  readonly episodeMarkets: readonly string[];
  readonly #config: SimulatedEnvConfig;
  readonly #episodes: readonly LiveEpisode[];
  readonly #recorders: readonly (TraceRecorder | undefined)[];
  readonly #pool: LiveExchangePool;
  /** By environment: what it plays. */
  readonly #playing: (LiveMarket | undefined)[];
  readonly #streams = new Random(0 as Seed);
  readonly #journal: EpisodeJournal;
  /** By environment: the number of the episode it plays. */
  readonly #numbers: Float64Array;
  /** By environment: steps of the run before its episode. */
  readonly #playedBefore: Float64Array;
  #seed = 0 as Seed;
  #once = false;
  #traced = true;
  #next = 0;
  /** Environment steps of the run. */
  #played = 0;

  /** @param options.buffers of the spec, by itself `preOffSpec(config)`; made here when left out */
  constructor(options: {
    config: SimulatedEnvConfig;
    spec?: EnvSpec;
    buffers?: StepBuffers;
    episodes?: number;
    trace?: TraceRequest | undefined;
  }) {
    const { config, episodes = LISTED_EPISODES, trace } = options;
    this.spec = options.spec ?? preOffSpec(config);
    this.#config = config;
    this.size = config.environments;
    const { spec, size } = this;
    this.buffers = options.buffers ?? stepBuffers(spec, size, new ArrayBuffer(slabBytes(spec, size)));
    this.episodeMarkets = Array.from({ length: episodes }, (_, e) => `simulated ${String(e)}`);
    this.#episodes = Array.from(
      { length: size },
      (_, index) => new LiveEpisode({ config, buffers: this.buffers, index, forecast: spec.forecast })
    );
    this.#recorders = this.#episodes.map((_, index) => recorderOf(trace, index));
    this.#playing = this.#episodes.map(() => undefined);
    this.#journal = new EpisodeJournal(size, actionSize(spec.action), config.maxSteps);
    this.#numbers = new Float64Array(size);
    this.#playedBefore = new Float64Array(size);
    this.#pool = new LiveExchangePool({
      exchange: config,
      draw: {
        behaviour: config.pace === 'full' ? FULL_BEHAVIOUR : LEAN_BEHAVIOUR,
        leadSeconds: config.startMinutes * 60 + WARM_UP_SECONDS
      },
      scheduledMillis: this.episodeMarkets.map((_, e) => FIRST_OFF_MILLIS + e * DAY_MILLIS)
    });
  }

  reset({ seed, schedule, trace = true, stepsBefore = 0 }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info, labels } = this.buffers;
    labels.fill(Number.NaN);
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info]) {
      array.fill(0);
    }
    this.#seed = seed;
    this.#streams.reseed(new Random(seed, this.spec.id), schedule);
    this.#pool.of(this.#streams.bits() as Seed);
    this.#once = schedule === 'once';
    this.#traced = trace;
    this.#next = this.size;
    this.#played = stepsBefore;
    for (let i = 0; i < this.size; i++) this.#begin(i, i);
  }

  step(): void {
    const { actions, episode, rewards, rewardTerms, terminated, truncated, labels } = this.buffers;
    const columns = labels.length / this.size;
    const terms = this.spec.rewardTerms.length;
    this.#played += this.size;
    for (let i = 0; i < this.size; i++) {
      if (episode[i]! < 0) {
        rewards[i] = 0;
        rewardTerms.fill(0, i * terms, (i + 1) * terms);
        terminated[i] = 0;
        truncated[i] = 0;
        labels.fill(Number.NaN, i * columns, (i + 1) * columns);
        continue;
      }
      if (!this.#once) this.#journal.note(i, actions as Float32Array);
      if (this.#episodes[i]!.step()) this.#begin(i, this.#once ? episode[i]! + this.size : this.#next++);
    }
  }

  standing(): EnvStanding {
    const each = [this.#numbers, this.#playedBefore, this.#journal.steps];
    return {
      slab: slabOf(this).slice(),
      counts: Float64Array.from([this.#seed, this.#next, this.#played, ...each.flatMap((numbers) => [...numbers])]),
      actions: this.#journal.all()
    };
  }

  restore(standing: EnvStanding): void {
    const { counts } = standing;
    const n = this.size;
    const [seed, next, played] = counts;
    const of = (part: number): Float64Array => counts.subarray(3 + part * n, 3 + (part + 1) * n);
    const [numbers, playedBefore, steps] = [of(0), of(1), of(2)];
    mustStand(this.spec.id, counts.length === 3 + 3 * n, 'one of another size');
    this.reset({ seed: seed! as Seed, schedule: 'shuffle' });
    const again: PlaysAgain = {
      spec: this.spec,
      size: n,
      buffers: this.buffers,
      journal: this.#journal,
      begin: (i) => {
        this.#played = playedBefore[i]!;
        this.#begin(i, numbers[i]!);
      },
      step: (i) => this.#episodes[i]!.step()
    };
    playAgain(again, standing, steps);
    this.#next = next!;
    this.#played = played!;
  }

  dispose(): void {
    for (let i = 0; i < this.size; i++) this.#end(i);
    this.buffers.episode.fill(-1);
  }

  /** Starts the episode numbered `e` in environment i, or leaves it done when a `once` schedule has no more. */
  #begin(i: number, e: number): void {
    const { episode, observations } = this.buffers;
    const listed = this.episodeMarkets.length;
    this.#end(i);
    if (this.#once && e >= listed) {
      const width = this.spec.observation.size;
      episode[i] = -1;
      observations.fill(0, i * width, (i + 1) * width);
      return;
    }
    episode[i] = e % listed;
    this.#numbers[i] = e;
    this.#playedBefore[i] = this.#played;
    this.#journal.begin(i);
    const recorder = this.#traced ? this.#recorders[i] : undefined;
    // Evaluations are always real.
    const level = this.#once ? 1 : levelAfter(this.#played, this.#config);
    const market = recorder === undefined ? this.#pool.take(e, level) : this.#pool.traced(e, level);
    // One that is recorded keeps what was done on it, and is not played on again.
    this.#playing[i] = recorder === undefined ? market : undefined;
    this.#episodes[i]!.begin(market.exchange, this.episodeMarkets[e % listed]!, recorder);
  }

  /** Lets go of what environment i plays. */
  #end(i: number): void {
    const market = this.#playing[i];
    if (market !== undefined) this.#pool.give(market);
    this.#playing[i] = undefined;
    this.#episodes[i]!.end();
  }
}
