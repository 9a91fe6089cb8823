/**
 * What the simulated people act on: the books, the hidden truth, what the market believes, the present hour. Every bet
 * that takes a price goes through here, because aggressive money is what moves the belief.
 *
 * A number that is not whole and goes from call to call is an object each time. So fractions stand in fields here, which
 * the one sets and the next reads; what is handed over are whole numbers.
 */
import { assert } from '../../core/assert.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import type { Ladder } from '../../market/ladder.ts';
import { NO_TICK } from '../../market/tape.ts';
import { Strengths } from './beliefs.ts';
import { FairPrices } from './fair-prices.ts';
import type { Behaviour, MarketTerms, RaceBehaviour } from './scenario.ts';
import type { OrderRef, RunnerBook } from './runner-book.ts';
import { NO_ORDER, Side } from './runner-book.ts';

/** Who an order belongs to. Market makers count on from `maker`, orders from outside from `own`. */
export const Owner = { crowd: 0, informed: 1, momentum: 2, noise: 3, value: 4, maker: 10, own: 1000 } as const;

/** Seconds over which momentum traders judge a trend. */
const TREND_SECONDS = 20;
/** Below so many events a second on a runner a bet moves the belief no further. */
const QUIET_PACE = { moment: 0.25, hour: 0.01 } as const;
const LOTS_PER_UNIT = 100;
const MINIMUM_UNITS = 1;

const fairPrices = new Map<string, FairPrices>();

export class TradingFloor {
  readonly ladder: Ladder;
  readonly fair: FairPrices;
  readonly books: readonly RunnerBook[];
  readonly random = new Random(0 as Seed);
  /** What informed money knows. */
  readonly truth: Strengths;
  /** What prices are made from: moved by aggressive money alone. */
  readonly belief: Strengths;
  behaviour: Behaviour;
  /** How the race is told, where it is. */
  race: RaceBehaviour | undefined;
  inPlay = false;
  /** Seconds on the market's clock, and events a second on the runner that is acted on, as `act` set them. */
  time = 0;
  pace = 0;
  /** How far an ordinary aggressive bet moves the belief now, ticks; `setImpact` sets it. */
  impact = 0;
  /** Currency units that an ordinary order is for, as `setOrdinary` found; and that the next `stake` is drawn around. */
  ordinary = 0;
  typical = 0;
  /** What `followTrend` found, ticks. */
  trend = 0;
  #liquidity = 0;
  /** Slow average of the believed tick, and when it was last brought up to date, by runner. */
  readonly #slow: Float64Array;
  readonly #slowTime: Float64Array;

  constructor(options: { ladder: Ladder; books: readonly RunnerBook[]; behaviour: Behaviour }) {
    const { ladder, books, behaviour } = options;
    let fair = fairPrices.get(ladder.id);
    if (fair === undefined) fairPrices.set(ladder.id, (fair = new FairPrices(ladder)));
    this.ladder = ladder;
    this.fair = fair;
    this.books = books;
    this.behaviour = behaviour;
    this.truth = new Strengths(books.length, fair);
    this.belief = new Strengths(books.length, fair);
    this.#slow = new Float64Array(books.length);
    this.#slowTime = new Float64Array(books.length);
  }

  /** Starts over with empty books. @param root the market's stream */
  begin(terms: MarketTerms, root: Random): void {
    assert(terms.probabilities.length === this.books.length, 'trading floor: expected a chance for every book');
    this.behaviour = terms.behaviour;
    this.random.reseed(root, 'people');
    this.race = terms.race;
    this.inPlay = false;
    this.#liquidity = terms.liquidity;
    this.truth.begin(terms.probabilities);
    this.belief.begin(terms.probabilities);
    for (let runner = 0; runner < this.books.length; runner++) {
      this.belief.price(runner);
      this.#slow[runner] = this.belief.ticks[runner]!;
    }
    this.#slowTime.fill(0);
  }

  /** Sets `trend`: how far the believed tick has moved from its slow average; brings the average up to date. */
  followTrend(runner: number): void {
    this.belief.price(runner);
    const now = this.belief.ticks[runner]!;
    const keep = Math.exp(-(this.time - this.#slowTime[runner]!) / TREND_SECONDS);
    const slow = now + (this.#slow[runner]! - now) * keep;
    this.#slow[runner] = slow;
    this.#slowTime[runner] = this.time;
    this.trend = now - slow;
  }

  /** Sets `ordinary` to what an ordinary order on a runner is for: more on short prices, as the money is. */
  setOrdinary(runner: number): void {
    this.ordinary = this.#liquidity * (1 + 70 * this.belief.probability(runner));
  }

  /** A stake around `typical` in lots, log-normal, in the round numbers people bet in. */
  stake(spread: number): number {
    const { random } = this;
    random.drawNormal();
    const drawn = this.typical * Math.exp(spread * random.drawn);
    const { oddStakeShare, leastStake } = this.behaviour;
    if (oddStakeShare !== undefined) {
      random.drawUniform();
      if (random.drawn < oddStakeShare) {
        return Math.max(Math.round((leastStake ?? MINIMUM_UNITS) * LOTS_PER_UNIT), Math.round(drawn * LOTS_PER_UNIT));
      }
    }
    let step = 10;
    if (drawn < 10) step = 1;
    else if (drawn < 50) {
      random.drawUniform();
      step = random.drawn < 0.5 ? 5 : 1;
    }
    return Math.max(MINIMUM_UNITS, Math.round(drawn / step) * step) * LOTS_PER_UNIT;
  }

  /** Sets `impact` to what belongs to the `pace`: less the busier the runner is. */
  setImpact(): void {
    const { impactTicks, impactPace } = this.behaviour;
    const quiet = impactPace === 'hour' ? QUIET_PACE.hour : QUIET_PACE.moment;
    this.impact = impactTicks / Math.sqrt(Math.max(quiet, this.pace));
  }

  /**
   * Takes prices up to `reach` ticks past the best; what is left is cancelled. Money that is matched moves the belief by
   * `impact`. Takes its terms one by one: a record a bet would be the most that a market allocates.
   * @param side `bid` lays, so takes asks; `ask` backs, so takes bids
   */
  takeBest(runner: number, side: Side, lots: number, reach: number, owner: number): void {
    const book = this.books[runner]!;
    const best = side === Side.bid ? book.bestAsk : book.bestBid;
    if (best === NO_TICK) return;
    const limit = side === Side.bid ? best + reach : best - reach;
    const left = book.take(side, Math.min(this.ladder.size - 1, Math.max(0, limit)), lots, owner);
    this.shift(runner, side, lots - left);
  }

  /** Aggressive money of `taken` lots moves the belief: backing shortens a price, laying lengthens it. */
  shift(runner: number, side: Side, taken: number): void {
    if (taken === 0) return;
    const { belief, fair } = this;
    this.setOrdinary(runner);
    const size = Math.min(2, Math.sqrt(taken / (LOTS_PER_UNIT * 0.4 * this.ordinary)));
    belief.price(runner);
    const width = fair.widths[Math.min(fair.size - 2, Math.max(0, Math.floor(belief.ticks[runner]!)))]!;
    belief.logs[runner]! += (side === Side.ask ? 1 : -1) * this.impact * size * width;
    belief.changed(runner);
  }

  /** Rests an order of the crowd; one that would cross is put beside the other side's best instead. */
  rest(runner: number, side: Side, tick: number, lots: number, owner: number): OrderRef {
    const book = this.books[runner]!;
    const other = side === Side.bid ? book.bestAsk : book.bestBid;
    let at = Math.min(this.ladder.size - 1, Math.max(0, tick));
    if (other !== NO_TICK) at = side === Side.bid ? Math.min(at, other - 1) : Math.max(at, other + 1);
    if (at < 0 || at >= this.ladder.size) return NO_ORDER;
    return book.place(side, at, lots, owner);
  }
}
