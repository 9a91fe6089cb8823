/**
 * `SimulatedPreOff-v0`: `AUPreOffV7TradeCost` on markets that answer. Every environment plays a market of its own that
 * trades by itself and with us: our orders are in its books, others see and take them, and what we take moves what the
 * others believe. Spaces, reward terms and info are those of `AUPreOffV7TradeCost`, so one agent plays both.
 */
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { Random } from '../../../core/random.ts';
import type { Seed } from '../../../core/units.ts';
import { ACTIONS_PER_SLOT } from '../../market/action.ts';
import { EPISODE_INFO } from '../../market/metrics.ts';
import { OBSERVATION_LIMIT, observationSize } from '../../market/observation.ts';
import { REWARD_TERMS } from '../../market/reward.ts';
import { recorderOf } from '../../trace.ts';
import type { TraceRecorder, TraceRequest } from '../../trace.ts';
import type { EnvSpec, ResetOptions, StepBuffers } from '../../vector-env.ts';
import { slabBytes, stepBuffers } from '../../vector-env.ts';
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

export function simulatedPreOffSpec(config: SimulatedEnvConfig): EnvSpec {
  return {
    id: config.id,
    observation: {
      kind: 'box',
      size: observationSize(config.slots),
      low: -OBSERVATION_LIMIT,
      high: OBSERVATION_LIMIT
    },
    action: { kind: 'box', size: config.slots * ACTIONS_PER_SLOT, low: -1, high: 1 },
    rewardTerms: REWARD_TERMS,
    info: EPISODE_INFO
  };
}

export class SimulatedPreOffVectorEnv implements EpisodicVectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  readonly episodeMarkets: readonly string[];
  readonly #episodes: readonly LiveEpisode[];
  readonly #recorders: readonly (TraceRecorder | undefined)[];
  readonly #pool: LiveExchangePool;
  /** By environment: what it plays. */
  readonly #playing: (LiveMarket | undefined)[];
  readonly #streams = new Random(0 as Seed);
  #once = false;
  #traced = true;
  #next = 0;

  /** @param options.buffers of `simulatedPreOffSpec(config)`; made here when left out */
  constructor(options: {
    config: SimulatedEnvConfig;
    buffers?: StepBuffers;
    episodes?: number;
    trace?: TraceRequest | undefined;
  }) {
    const { config, episodes = LISTED_EPISODES, trace } = options;
    this.spec = simulatedPreOffSpec(config);
    this.size = config.environments;
    const { spec, size } = this;
    this.buffers = options.buffers ?? stepBuffers(spec, size, new ArrayBuffer(slabBytes(spec, size)));
    this.episodeMarkets = Array.from({ length: episodes }, (_, e) => `simulated ${String(e)}`);
    this.#episodes = Array.from(
      { length: size },
      (_, index) => new LiveEpisode({ config, buffers: this.buffers, index })
    );
    this.#recorders = this.#episodes.map((_, index) => recorderOf(trace, index));
    this.#playing = this.#episodes.map(() => undefined);
    this.#pool = new LiveExchangePool({
      exchange: config,
      draw: {
        behaviour: config.pace === 'full' ? FULL_BEHAVIOUR : LEAN_BEHAVIOUR,
        leadSeconds: config.startMinutes * 60 + WARM_UP_SECONDS
      },
      scheduledMillis: this.episodeMarkets.map((_, e) => FIRST_OFF_MILLIS + e * DAY_MILLIS)
    });
  }

  reset({ seed, schedule, trace = true }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info } = this.buffers;
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info]) {
      array.fill(0);
    }
    this.#streams.reseed(new Random(seed, this.spec.id), schedule);
    this.#pool.of(this.#streams.bits() as Seed);
    this.#once = schedule === 'once';
    this.#traced = trace;
    this.#next = this.size;
    for (let i = 0; i < this.size; i++) this.#begin(i, i);
  }

  step(): void {
    const { episode, rewards, rewardTerms, terminated, truncated } = this.buffers;
    const terms = this.spec.rewardTerms.length;
    for (let i = 0; i < this.size; i++) {
      if (episode[i]! < 0) {
        rewards[i] = 0;
        rewardTerms.fill(0, i * terms, (i + 1) * terms);
        terminated[i] = 0;
        truncated[i] = 0;
      } else if (this.#episodes[i]!.step()) this.#begin(i, this.#once ? episode[i]! + this.size : this.#next++);
    }
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
    const recorder = this.#traced ? this.#recorders[i] : undefined;
    const market = recorder === undefined ? this.#pool.take(e) : this.#pool.traced(e);
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
