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
import type { EnvSpec, ResetOptions, StepBuffers } from '../../vector-env.ts';
import { slabBytes, stepBuffers } from '../../vector-env.ts';
import type { EpisodicVectorEnv } from '../../vector.ts';
import { drawScenario, FULL_BEHAVIOUR, LEAN_BEHAVIOUR } from '../scenario.ts';
import { LiveEpisode, WARM_UP_SECONDS } from './live-episode.ts';

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
  readonly #config: SimulatedEnvConfig;
  readonly #episodes: readonly LiveEpisode[];
  #seed = 0 as Seed;
  #once = false;
  #next = 0;

  /** @param options.buffers of `simulatedPreOffSpec(config)`; made here when left out */
  constructor(options: { config: SimulatedEnvConfig; buffers?: StepBuffers; episodes?: number }) {
    const { config, episodes = LISTED_EPISODES } = options;
    this.spec = simulatedPreOffSpec(config);
    this.size = config.environments;
    const { spec, size } = this;
    this.buffers = options.buffers ?? stepBuffers(spec, size, new ArrayBuffer(slabBytes(spec, size)));
    this.#config = config;
    this.episodeMarkets = Array.from({ length: episodes }, (_, e) => `simulated ${String(e)}`);
    this.#episodes = Array.from(
      { length: size },
      (_, index) => new LiveEpisode({ config, buffers: this.buffers, index })
    );
  }

  reset({ seed, schedule }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info } = this.buffers;
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info]) {
      array.fill(0);
    }
    this.#seed = new Random(seed, this.spec.id).split(schedule).bits() as Seed;
    this.#once = schedule === 'once';
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
    for (const episode of this.#episodes) episode.end();
    this.buffers.episode.fill(-1);
  }

  /** Starts the episode numbered `e` in environment i, or leaves it done when a `once` schedule has no more. */
  #begin(i: number, e: number): void {
    const { episode, observations } = this.buffers;
    const listed = this.episodeMarkets.length;
    if (this.#once && e >= listed) {
      const width = this.spec.observation.size;
      this.#episodes[i]!.end();
      episode[i] = -1;
      observations.fill(0, i * width, (i + 1) * width);
      return;
    }
    episode[i] = e % listed;
    this.#episodes[i]!.begin(
      drawScenario({
        seed: this.#seed,
        index: e,
        scheduledMillis: FIRST_OFF_MILLIS + (e % listed) * DAY_MILLIS,
        behaviour: this.#config.pace === 'full' ? FULL_BEHAVIOUR : LEAN_BEHAVIOUR,
        leadSeconds: this.#config.startMinutes * 60 + WARM_UP_SECONDS
      })
    );
  }
}
