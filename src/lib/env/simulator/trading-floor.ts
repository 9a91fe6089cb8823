/**
 * What the simulated people act on: the books, the hidden truth, what the market believes, the present hour. Every bet
 * that takes a price goes through here, because aggressive money is what moves the belief.
 */
import { lots } from '../../core/units.ts';
import type { Ladder } from '../../market/ladder.ts';
import { NO_TICK } from '../../market/tape.ts';
import { fractionalTick, Strengths, tickWidth } from './beliefs.ts';
import type { Behaviour, RaceBehaviour, Scenario } from './scenario.ts';
import type { OrderRef, RunnerBook } from './runner-book.ts';
import { NO_ORDER, Side } from './runner-book.ts';
import type { Random } from '../../core/random.ts';

/** Who an order belongs to. Market makers count on from `maker`, orders from outside from `own`. */
export const Owner = { crowd: 0, informed: 1, momentum: 2, noise: 3, value: 4, maker: 10, own: 1000 } as const;

export interface FloorOptions {
  readonly scenario: Scenario;
  readonly ladder: Ladder;
  readonly books: readonly RunnerBook[];
  readonly random: Random;
}

/** Seconds over which momentum traders judge a trend. */
const TREND_SECONDS = 20;
/** Below so many events a second on a runner a bet moves the belief no further. */
const QUIET_PACE = { moment: 0.25, hour: 0.01 } as const;
const LOTS_PER_UNIT = 100;
const MINIMUM_UNITS = 1;

export class TradingFloor {
  readonly ladder: Ladder;
  readonly books: readonly RunnerBook[];
  readonly behaviour: Behaviour;
  readonly random: Random;
  /** What informed money knows. */
  readonly truth: Strengths;
  /** What prices are made from: moved by aggressive money alone. */
  readonly belief: Strengths;
  /** How the race is told, where it is. */
  readonly race: RaceBehaviour | undefined;
  readonly #liquidity: number;
  /** Slow average of the believed tick, and when it was last brought up to date, by runner. */
  readonly #slow: Float64Array;
  readonly #slowTime: Float64Array;
  inPlay = false;

  constructor(options: FloorOptions) {
    const { scenario, ladder, books, random } = options;
    this.ladder = ladder;
    this.books = books;
    this.behaviour = scenario.behaviour;
    this.random = random;
    this.truth = new Strengths(scenario.probabilities);
    this.belief = new Strengths(scenario.probabilities);
    this.race = scenario.race;
    this.#liquidity = scenario.liquidity;
    this.#slow = Float64Array.from(books, (_, runner) => this.believedTick(runner));
    this.#slowTime = new Float64Array(books.length);
  }

  believedTick(runner: number): number {
    return fractionalTick(this.ladder, 1 / this.belief.probability(runner));
  }

  trueTick(runner: number): number {
    return fractionalTick(this.ladder, 1 / this.truth.probability(runner));
  }

  /** How far the believed tick has moved from its slow average; brings the average up to date. */
  trend(runner: number, time: number): number {
    const now = this.believedTick(runner);
    const keep = Math.exp(-(time - this.#slowTime[runner]!) / TREND_SECONDS);
    this.#slow[runner] = now + (this.#slow[runner]! - now) * keep;
    this.#slowTime[runner] = time;
    return now - this.#slow[runner];
  }

  /** Currency units an ordinary order on a runner is for: more on short prices, as the money is. */
  ordinaryStake(runner: number): number {
    return this.#liquidity * (1 + 70 * this.belief.probability(runner));
  }

  /** A stake around `typical` units in lots, log-normal, in the round numbers people bet in. */
  stake(typical: number, spread: number): number {
    const drawn = typical * Math.exp(spread * this.random.normal());
    const { oddStakeShare, leastStake } = this.behaviour;
    if (oddStakeShare !== undefined && this.random.uniform() < oddStakeShare) {
      return Math.max(Math.round((leastStake ?? MINIMUM_UNITS) * LOTS_PER_UNIT), Math.round(drawn * LOTS_PER_UNIT));
    }
    const step = drawn < 10 ? 1 : drawn < 50 ? (this.random.uniform() < 0.5 ? 5 : 1) : 10;
    return Math.max(MINIMUM_UNITS, Math.round(drawn / step) * step) * LOTS_PER_UNIT;
  }

  /** How far an ordinary aggressive bet moves the belief, ticks: less the busier the runner is. */
  impact(eventsPerSecond: number): number {
    return (
      this.behaviour.impactTicks /
      Math.sqrt(Math.max(QUIET_PACE[this.behaviour.impactPace ?? 'moment'], eventsPerSecond))
    );
  }

  /**
   * Takes prices up to `reach` ticks past the best; what is left is cancelled. Money that is matched moves the belief.
   * @param side `bid` lays, so takes asks; `ask` backs, so takes bids
   */
  takeBest(order: { runner: number; side: Side; lots: number; reach: number; owner: number; impact: number }): void {
    const { runner, side, reach, owner } = order;
    const book = this.books[runner]!;
    const best = side === Side.bid ? book.bestAsk : book.bestBid;
    if (best === NO_TICK) return;
    const limit = side === Side.bid ? best + reach : best - reach;
    const left = book.take(side, Math.min(this.ladder.size - 1, Math.max(0, limit)), lots(order.lots), owner);
    this.shift(runner, side, order.lots - left, order.impact);
  }

  /** Aggressive money of `taken` lots moves the belief: backing shortens a price, laying lengthens it. */
  shift(runner: number, side: Side, taken: number, impact: number): void {
    if (taken === 0) return;
    const size = Math.min(2, Math.sqrt(taken / (LOTS_PER_UNIT * 0.4 * this.ordinaryStake(runner))));
    const width = tickWidth(this.ladder, this.believedTick(runner));
    this.belief.add(runner, (side === Side.ask ? 1 : -1) * impact * size * width);
  }

  /** Rests an order of the crowd; one that would cross is put beside the other side's best instead. */
  rest(order: { runner: number; side: Side; tick: number; lots: number; owner: number }): OrderRef {
    const { runner, side, owner } = order;
    const book = this.books[runner]!;
    const other = side === Side.bid ? book.bestAsk : book.bestBid;
    let tick = Math.min(this.ladder.size - 1, Math.max(0, order.tick));
    if (other !== NO_TICK) tick = side === Side.bid ? Math.min(tick, other - 1) : Math.max(tick, other + 1);
    if (tick < 0 || tick >= this.ladder.size) return NO_ORDER;
    return book.place(side, tick, order.lots, owner);
  }
}
