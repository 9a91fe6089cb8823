/**
 * Many `AUPreOffV7TradeCost` episodes side by side, on tapes they share: which episode comes next, same-step
 * autoreset, and nothing else. The order of episodes is drawn from a stream of its own a pass.
 */
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { AppError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { actionSize } from '../../core/spaces.ts';
import type { Seed } from '../../core/units.ts';
import type { MarketInfo, Tape } from '../../market/tape.ts';
import { EpisodeJournal, mustStand, playAgain } from '../standing.ts';
import type { EnvStanding, PlaysAgain } from '../standing.ts';
import { TraceRecorder } from '../trace.ts';
import type { TraceRequest } from '../trace.ts';
import { slabOf } from '../vector-env.ts';
import type { EnvSpec, ResetOptions, StepBuffers } from '../vector-env.ts';
import type { EpisodicVectorEnv } from '../vector.ts';
import { ExchangePool, PreOffEpisode } from './au-pre-off.ts';
import type { Conditions } from './au-pre-off.ts';
import { forecastTable } from './forecast-table.ts';
import { hasChance, levelAfter } from './realism.ts';
import type { Preparation, Timeline } from './timeline.ts';
import { prepareTimelines } from './timeline.ts';

/** Of a standing's counts, before those of each environment: seed, pass, next draw, steps of the run, markets. */
const HEADS = 5;

/** A number for a list of recordings, in their order: 32 bits of a stream that is named after them. */
const numberOf = (markets: readonly MarketInfo[]): number =>
  new Random(0 as Seed, markets.map(({ id, fingerprint }) => `${id} ${fingerprint}`).join('\n')).bits();

export class PreOffVectorEnv implements EpisodicVectorEnv {
  readonly spec: EnvSpec;
  readonly size: number;
  readonly buffers: StepBuffers;
  readonly episodeMarkets: readonly string[];
  /** Markets that were given but show no open market with prices before the off. */
  readonly skippedMarkets: readonly string[];
  readonly #config: MarketEnvConfig;
  /** By episode. */
  readonly #timelines: readonly Timeline[];
  readonly #episodes: readonly PreOffEpisode[];
  readonly #order: Int32Array;
  /** See `numberOf`. */
  readonly #markets: number;
  readonly #root = new Random(0 as Seed);
  readonly #chance = new Random(0 as Seed);
  /** Written over for every pass, and for every episode of an environment: a reset makes nothing. */
  readonly #ofPass = new Random(0 as Seed);
  readonly #conditions: readonly { level: number; readonly random: Random | undefined }[];
  readonly #journal: EpisodeJournal;
  /** By environment: the draw its episode was, and steps of the run before it. */
  readonly #drawn: Float64Array;
  readonly #playedBefore: Float64Array;
  /** By episode: what its decisions come to; undefined where nobody asked. */
  readonly #hindsight: readonly Float32Array[] | undefined;
  #seed = 0 as Seed;
  #once = false;
  #traced = true;
  #pass = 0;
  #next = 0;
  /** Environment steps of the run. */
  #played = 0;

  /**
   * Prepares every tape, which takes its time; see `timeline.ts`.
   * @throws AppError `data.empty` when no tape can be played
   */
  constructor(options: {
    config: MarketEnvConfig;
    spec: EnvSpec;
    tapes: readonly Tape[];
    buffers: StepBuffers;
    trace: TraceRequest | undefined;
    preparation?: Preparation | undefined;
  }) {
    const { config, spec, tapes, buffers, trace, preparation = {} } = options;
    this.spec = spec;
    this.size = config.environments;
    this.buffers = buffers;
    this.#config = config;
    this.#timelines = prepareTimelines(tapes, config, preparation);
    const played = new Set(this.#timelines.map(({ tape }) => tape));
    this.skippedMarkets = tapes.filter((tape) => !played.has(tape)).map((tape) => tape.market.id);
    if (this.#timelines.length === 0) {
      throw new AppError('data.empty', {
        subject: `${config.id} on ${String(tapes.length)} market${tapes.length === 1 ? '' : 's'}`,
        expected: 'at least one with bets at plain odds that is open, with back and lay prices, before the off',
        got: tapes.length === 0 ? 'no market was given' : `none is (${this.skippedMarkets.slice(0, 5).join(', ')})`,
        remedy:
          'choose a dataset with recordings of full ladders before the off, of markets that are not each-way, line or Asian handicap'
      });
    }
    this.episodeMarkets = this.#timelines.map(({ tape }) => tape.market.id);
    this.#order = new Int32Array(this.#timelines.length);
    this.#markets = numberOf(this.#timelines.map(({ tape }) => tape.market));
    const { forecast } = spec;
    if (forecast !== undefined) {
      this.#hindsight = this.#timelines.map((timeline) => {
        const { lotSize } = timeline.tape.market.rules;
        return forecastTable(timeline, { steps: forecast.steps, capLots: config.stakeCap / lotSize });
      });
    }
    const sure = !hasChance(config);
    this.#conditions = Array.from({ length: this.size }, () => ({
      level: 1,
      random: sure ? undefined : new Random(0 as Seed)
    }));
    this.#journal = new EpisodeJournal(this.size, actionSize(this.spec.action), config.maxSteps);
    this.#drawn = new Float64Array(this.size);
    this.#playedBefore = new Float64Array(this.size);
    const pool = new ExchangePool(config);
    for (const timeline of this.#timelines) pool.prepare(timeline, this.#conditions[0]!);
    this.#episodes = Array.from({ length: this.size }, (_, index) => {
      const traced = trace?.environment === 'all' || trace?.environment === index;
      return new PreOffEpisode({ config, pool, buffers, index, trace: traced ? new TraceRecorder(trace) : undefined });
    });
    // Once for nothing: exchanges are made and code is compiled here, where markets are made ready.
    this.reset({ seed: 0 as Seed, schedule: 'once', trace: false });
    this.dispose();
    buffers.observations.fill(0);
  }

  reset({ seed, schedule, trace = true, stepsBefore = 0 }: ResetOptions): void {
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info, labels } = this.buffers;
    this.#seed = seed;
    this.#root.reseed(new Random(seed, this.spec.id), 'episodes');
    this.#chance.reseed(this.#root, 'chance');
    this.#once = schedule === 'once';
    this.#traced = trace;
    this.#pass = 0;
    this.#next = 0;
    this.#played = stepsBefore;
    for (const array of [observations, finalObservations, rewards, rewardTerms, terminated, truncated, info]) {
      array.fill(0);
    }
    labels.fill(Number.NaN);
    for (let i = 0; i < this.size; i++) this.#begin(i, this.#once ? i : this.#draw());
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
      const ended = this.#episodes[i]!.step();
      if (this.#hindsight !== undefined) this.#tell(i, this.#hindsight[episode[i]!]!);
      if (ended) this.#begin(i, this.#once ? episode[i]! + this.size : this.#draw());
    }
  }

  /** What is known by now of a decision of environment i's episode: the table's row of the step just taken. */
  #tell(i: number, table: Float32Array): void {
    const { labels } = this.buffers;
    const columns = labels.length / this.size;
    const from = (this.#episodes[i]!.decisions - 1) * columns;
    for (let k = 0; k < columns; k++) labels[i * columns + k] = table[from + k]!;
  }

  standing(): EnvStanding {
    const heads = [this.#seed, this.#pass, this.#next, this.#played, this.#markets];
    const each = [this.buffers.episode, this.#drawn, this.#playedBefore, this.#journal.steps];
    return {
      slab: slabOf(this).slice(),
      counts: Float64Array.from([...heads, ...each.flatMap((numbers) => [...numbers])]),
      actions: this.#journal.all()
    };
  }

  restore(standing: EnvStanding): void {
    const { counts } = standing;
    const n = this.size;
    const [seed, pass, next, played, markets] = counts;
    const of = (part: number): Float64Array => counts.subarray(HEADS + part * n, HEADS + (part + 1) * n);
    const [episodes, drawn, playedBefore, steps] = [of(0), of(1), of(2), of(3)];
    const { id } = this.spec;
    mustStand(id, counts.length === HEADS + 4 * n, 'one of another size');
    const known = episodes.every((e) => e >= 0 && e < this.#timelines.length);
    mustStand(id, known && markets === this.#markets, 'one of other markets');
    this.reset({ seed: seed! as Seed, schedule: 'shuffle' });
    this.#pass = pass!;
    this.#permute(this.#pass - 1);
    const again: PlaysAgain = {
      spec: this.spec,
      size: n,
      buffers: this.buffers,
      journal: this.#journal,
      begin: (i) => {
        this.#next = drawn[i]!;
        this.#played = playedBefore[i]!;
        this.#begin(i, episodes[i]!);
      },
      step: (i) => this.#episodes[i]!.step()
    };
    playAgain(again, standing, steps);
    this.#next = next!;
    this.#played = played!;
  }

  dispose(): void {
    for (const episode of this.#episodes) episode.end();
    this.buffers.episode.fill(-1);
  }

  /** The next episode of the pass; a new pass is a new permutation, from a stream named after the pass. */
  #draw(): number {
    const at = this.#next++ % this.#order.length;
    if (at === 0) this.#permute(this.#pass++);
    return this.#order[at]!;
  }

  #permute(pass: number): void {
    for (let e = 0; e < this.#order.length; e++) this.#order[e] = e;
    this.#ofPass.reseed(this.#root, 'pass ', pass);
    this.#ofPass.shuffle(this.#order);
  }

  #begin(i: number, e: number): void {
    const { episode, observations } = this.buffers;
    const timeline = this.#timelines[e];
    if (timeline === undefined) {
      const width = this.spec.observation.size;
      this.#episodes[i]!.end();
      episode[i] = -1;
      observations.fill(0, i * width, (i + 1) * width);
      return;
    }
    episode[i] = e;
    this.#drawn[i] = this.#next;
    this.#playedBefore[i] = this.#played;
    this.#journal.begin(i);
    this.#episodes[i]!.begin(timeline, this.#conditionsOf(i, e), this.#traced);
  }

  /** Evaluations are always real. Chance is an episode's own, whoever plays it. */
  #conditionsOf(i: number, e: number): Conditions {
    const conditions = this.#conditions[i]!;
    conditions.level = this.#once ? 1 : levelAfter(this.#played, this.#config);
    if (this.#once) conditions.random?.reseed(this.#chance, 'once ', e);
    else conditions.random?.reseed(this.#chance, 'draw ', this.#next);
    return conditions;
  }
}
