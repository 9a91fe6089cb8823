/**
 * A market maker: keeps a few levels on both sides of what it takes for the fair price, leaning against what it holds,
 * and takes what others left standing at a wrong price. Slow to look, so faster money picks it off.
 */
import { Random } from '../../../core/random.ts';
import type { Seed } from '../../../core/units.ts';
import { NO_TICK } from '../../../market/tape.ts';
import type { OrderRef } from '../runner-book.ts';
import { NO_ORDER, Side } from '../runner-book.ts';
import type { TradingFloor } from '../trading-floor.ts';

const LEVELS = 3;
/** Share of the ordinary stake at the best level and the two behind it. */
const LEVEL_STAKE = [0.8, 1.1, 1];
/** An order eaten down to less than this share of what it was is put up again. */
const REPLENISH_BELOW = 0.4;
/** How much wider it quotes in play where the race is not told. */
const IN_PLAY_EXTRA_TICKS = 3;

export class MarketMaker {
  readonly owner: number;
  readonly #floor: TradingFloor;
  readonly #random = new Random(0 as Seed);
  /** Distance it keeps from the fair price, ticks. */
  #half = 0;
  /** Its own opinion against the market's, ticks, by runner. */
  readonly #opinion: Float64Array;
  /** Ticks it leans for what it holds, by runner: positive when it has laid more than it backed. */
  readonly #lean: Float64Array;
  readonly #orders: Float64Array;
  readonly #intended: Float64Array;

  constructor(floor: TradingFloor, owner: number) {
    this.owner = owner;
    this.#floor = floor;
    const runners = floor.books.length;
    this.#opinion = new Float64Array(runners);
    this.#lean = new Float64Array(runners);
    this.#orders = new Float64Array(runners * 2 * LEVELS);
    this.#intended = new Float64Array(runners * 2 * LEVELS);
  }

  /** Starts over, with nothing quoted. @param root the market's stream @param number which maker it is */
  begin(root: Random, number: number): void {
    const random = this.#random;
    random.reseed(root, 'maker/', number);
    random.drawUniform();
    this.#half = 0.05 + 0.4 * random.drawn;
    this.#opinion.fill(0);
    this.#lean.fill(0);
    this.#intended.fill(0);
    this.forget();
  }

  /** Draws from another stream from now on. */
  divert(root: Random, number: number): void {
    this.#random.reseed(root, 'maker/', number);
  }

  /** Told when one of its orders was matched, so that it leans the other way. */
  filled(runner: number, side: Side, lots: number): void {
    this.#floor.setOrdinary(runner);
    const stakes = lots / (100 * this.#floor.ordinary);
    const lean = this.#lean[runner]! + (side === Side.bid ? 0.05 : -0.05) * stakes;
    this.#lean[runner] = Math.max(-0.6, Math.min(0.6, lean));
  }

  /** Looks at a runner again and brings its orders to where they should be. */
  refresh(runner: number): void {
    const floor = this.#floor;
    this.#random.drawNormal();
    const opinion = 0.9 * this.#opinion[runner]! + 0.14 * this.#random.drawn;
    this.#opinion[runner] = opinion;
    this.#lean[runner]! *= 0.97;
    const half = this.#half + (floor.inPlay ? (floor.race?.makerTicks ?? IN_PLAY_EXTRA_TICKS) : 0);
    // Having laid too much, it wants to back: it bids less eagerly and offers lower. On odds that is a higher tick bid away.
    floor.belief.price(runner);
    const fair = floor.belief.ticks[runner]! + opinion - this.#lean[runner]!;
    const bid = Math.min(floor.ladder.size - 2, Math.max(0, Math.floor(fair - half)));
    const ask = Math.max(bid + 1, Math.min(floor.ladder.size - 1, Math.ceil(fair + half)));
    this.#withdraw(runner, Side.bid, bid);
    this.#withdraw(runner, Side.ask, ask);
    this.#quote(runner, Side.bid, bid);
    this.#quote(runner, Side.ask, ask);
  }

  /** Forgets its orders: they have all lapsed. */
  forget(): void {
    this.#orders.fill(NO_ORDER);
  }

  #withdraw(runner: number, side: Side, best: number): void {
    const book = this.#floor.books[runner]!;
    for (let level = 0; level < LEVELS; level++) {
      const at = (runner * 2 + side) * LEVELS + level;
      const ref: OrderRef = this.#orders[at]!;
      if (ref === NO_ORDER) continue;
      const tick = book.tickOf(ref);
      const behind = side === Side.bid ? best - tick : tick - best;
      const eaten = tick === NO_TICK || book.remaining(ref) < REPLENISH_BELOW * this.#intended[at]!;
      if (!eaten && behind >= 0 && behind < LEVELS) continue;
      book.cancel(ref);
      this.#orders[at] = NO_ORDER;
    }
  }

  #quote(runner: number, side: Side, best: number): void {
    const floor = this.#floor;
    const book = floor.books[runner]!;
    const other = side === Side.bid ? book.bestAsk : book.bestBid;
    for (let level = 0; level < LEVELS; level++) {
      const tick = side === Side.bid ? best - level : best + level;
      if (tick < 0 || tick >= floor.ladder.size || this.#stands(runner, side, tick)) continue;
      // At the other side's best it waits its turn one tick back; past it, the other side is stale and is taken.
      if (tick === other) continue;
      const at = this.#vacancy(runner, side);
      floor.setOrdinary(runner);
      floor.typical = floor.ordinary * LEVEL_STAKE[level]!;
      const lots = floor.stake(0.35);
      this.#orders[at] = book.place(side, tick, lots, this.owner);
      this.#intended[at] = lots;
    }
  }

  #stands(runner: number, side: Side, tick: number): boolean {
    const book = this.#floor.books[runner]!;
    const first = (runner * 2 + side) * LEVELS;
    for (let at = first; at < first + LEVELS; at++) {
      if (this.#orders[at] !== NO_ORDER && book.tickOf(this.#orders[at]!) === tick) return true;
    }
    return false;
  }

  #vacancy(runner: number, side: Side): number {
    const first = (runner * 2 + side) * LEVELS;
    for (let at = first; at < first + LEVELS; at++) if (this.#orders[at] === NO_ORDER) return at;
    return first;
  }
}
