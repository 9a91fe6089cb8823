/**
 * Draws markets at random, one after another into the same object, so that an environment which plays a new one every
 * episode makes nothing. What is drawn are the terms a market is made of; names are put together when they are asked for.
 */
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { COURSE_NAMES, courseName, RUNNER_NAMES, runnerName } from './names.ts';
import { LEAN_BEHAVIOUR } from './scenario.ts';
import type { Behaviour, MarketTerms, RaceBehaviour, Scenario } from './scenario.ts';

const FEWEST_RUNNERS = 6;
const MOST_RUNNERS = 12;
const LEAD_SECONDS = 720;
/** Where the race is not told: from the turn to the suspension. */
const IN_PLAY_SECONDS = 12;
/** From the gate to the post. */
const METRES_A_SECOND = 16.5;
/** Standard deviation of a field's abilities, and the least chance before chances are made to sum to 1. */
const ABILITY_SPREAD = 0.95;
const LEAST_CHANCE = 0.008;
const INDEX_DIGITS = 3;

export interface ScenarioOptions {
  readonly seed: Seed;
  /** Which of the seed's markets. */
  readonly index: number;
  readonly scheduledMillis: number;
  readonly behaviour?: Partial<Behaviour>;
  readonly leadSeconds?: number;
  /** Tells the race to its finish, one to two and a half minutes. */
  readonly race?: RaceBehaviour;
}

/** A market drawn at random: 6 to 12 runners of a plausible spread of chances, liquidity and delay of the start. */
export function drawScenario(options: ScenarioOptions): Scenario {
  const draw = new MarketDraw(options);
  draw.of(options.seed);
  draw.scheduledMillis = options.scheduledMillis;
  draw.draw(options.index);
  return draw.scenario();
}

export class MarketDraw implements MarketTerms {
  /** The stream of the market drawn last: its people's and its venue's are split from it. */
  readonly stream = new Random(0 as Seed);
  readonly behaviour: Behaviour;
  readonly race: RaceBehaviour | undefined;
  readonly leadSeconds: number;
  /** Set before a draw, and not drawn. */
  scheduledMillis = 0;
  delaySeconds = 0;
  inPlaySeconds = 0;
  liquidity = 0;
  /** A view on as many chances as there are runners. */
  probabilities: Float64Array;
  readonly #chances = new Float64Array(MOST_RUNNERS);
  readonly #fields: readonly Float64Array[];
  readonly #random = new Random(0 as Seed);
  readonly #names = new Int32Array(RUNNER_NAMES);
  /** Bits of the seed drawn from and of the market's own, signed: so they are handed over as they are. */
  #seed = 0;
  #prefix = '';
  #index = 0;
  #ownSeed = 0;
  #course = 0;
  #raceNumber = 0;
  #metres = 0;

  constructor(options: Pick<ScenarioOptions, 'behaviour' | 'leadSeconds' | 'race'>) {
    this.behaviour = { ...LEAN_BEHAVIOUR, ...options.behaviour };
    this.race = options.race;
    this.leadSeconds = options.leadSeconds ?? LEAD_SECONDS;
    this.#fields = Array.from({ length: MOST_RUNNERS + 1 }, (_, runners) => this.#chances.subarray(0, runners));
    this.probabilities = this.#fields[FEWEST_RUNNERS]!;
  }

  get runners(): number {
    return this.probabilities.length;
  }

  /** Draws from a seed's markets from now on. @param bits the seed, or its bits as a signed number */
  of(bits: number): void {
    if (this.#prefix !== '' && this.#seed === (bits | 0)) return;
    this.#seed = bits | 0;
    this.#prefix = `SIM.${String(bits >>> 0)}.`;
  }

  /** @param index which of the seed's markets */
  draw(index: number): void {
    const random = this.#random;
    random.restart(this.#seed, 'scenario/', index);
    this.#index = index;
    random.drawUniform();
    const one = random.drawn;
    random.drawUniform();
    const most = MOST_RUNNERS - FEWEST_RUNNERS + 1;
    this.probabilities = this.#fields[FEWEST_RUNNERS + Math.floor(most * Math.min(one, random.drawn))]!;
    this.#raceNumber = 1 + random.below(8);
    this.#metres = 1000 + 100 * random.below(13);
    this.#ownSeed = random.bits() | 0;
    this.#course = random.below(COURSE_NAMES);
    for (let i = 0; i < RUNNER_NAMES; i++) this.#names[i] = i;
    random.shuffle(this.#names);
    this.#drawChances();
    random.drawUniform();
    this.delaySeconds = Math.round(8 + Math.min(150, -45 * Math.log(1 - random.drawn)));
    this.inPlaySeconds = this.race === undefined ? IN_PLAY_SECONDS : Math.round(this.#metres / METRES_A_SECOND);
    random.drawNormal();
    this.liquidity = Math.round(100 * Math.exp(0.2 + 0.6 * random.drawn)) / 100;
    this.stream.restart(this.#ownSeed, this.#prefix, index, INDEX_DIGITS);
  }

  /** The market drawn last, names and all, as plain data that stays as it is. */
  scenario(): Scenario {
    const { scheduledMillis, leadSeconds, delaySeconds, inPlaySeconds, liquidity, behaviour, race } = this;
    return {
      version: 1,
      seed: this.#ownSeed >>> 0,
      marketId: `${this.#prefix}${String(this.#index).padStart(INDEX_DIGITS, '0')}`,
      course: courseName(this.#course),
      raceName: `R${String(this.#raceNumber)} ${String(this.#metres)}m Invented`,
      runners: Array.from(this.#names.subarray(0, this.runners), runnerName),
      probabilities: Array.from(this.probabilities),
      scheduledMillis,
      leadSeconds,
      delaySeconds,
      inPlaySeconds,
      liquidity,
      behaviour,
      ...(race === undefined ? {} : { race })
    };
  }

  /** Chances of a field: normal abilities through a softmax, so that favourites of 2 to 5 and long shots both occur. */
  #drawChances(): void {
    const random = this.#random;
    const chances = this.probabilities;
    let sum = 0;
    for (let i = 0; i < chances.length; i++) {
      random.drawNormal();
      chances[i] = Math.exp(ABILITY_SPREAD * random.drawn);
      sum += chances[i]!;
    }
    let total = 0;
    for (let i = 0; i < chances.length; i++) {
      chances[i] = Math.max(LEAST_CHANCE, chances[i]! / sum);
      total += chances[i]!;
    }
    for (let i = 0; i < chances.length; i++) chances[i]! /= total;
    sortFalling(chances);
  }
}

/** In place; the sort of typed arrays makes copies when it is given an order. */
function sortFalling(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! < value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
}
