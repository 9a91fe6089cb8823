/**
 * The patient crowd: people without a view of their own who leave an order at or behind the best price, wait, and lose
 * patience. They give the book its depth behind the best prices.
 */
import { NO_TICK } from '../../../market/tape.ts';
import { NO_ORDER, Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** Orders a runner's crowd keeps waiting, where the behaviour states none: above it, leaving is likelier than coming. */
const WAITING = 26;
/** Mean distance behind the best price of those who stand behind it, ticks, where the behaviour states none. */
const STAND_OFF_TICKS = 2;
/** Share of them that stand behind the best price, where the behaviour states none. */
const BEHIND_SHARE = 0.5;
/** References kept a runner at first; more are made room for. */
const FIRST_CAPACITY = 512;

export class PatientCrowd {
  readonly #floor: TradingFloor;
  /** By runner: references of its waiting orders, those that were matched since among them, and how many. */
  readonly #waiting: Float64Array[];
  readonly #counts: Int32Array;
  #standOff = STAND_OFF_TICKS;
  #usual = WAITING;
  #behind = BEHIND_SHARE;

  constructor(floor: TradingFloor) {
    this.#floor = floor;
    this.#waiting = floor.books.map(() => new Float64Array(FIRST_CAPACITY));
    this.#counts = new Int32Array(floor.books.length);
  }

  /** Starts over, with nobody there, on a floor that has begun. */
  begin(): void {
    const { waitingOrders, behindShare, standOffTicks } = this.#floor.behaviour;
    this.#usual = waitingOrders ?? WAITING;
    this.#behind = behindShare ?? BEHIND_SHARE;
    this.#standOff = standOffTicks ?? STAND_OFF_TICKS;
    this.forget();
  }

  /** Someone comes or someone leaves. */
  stir(runner: number): void {
    const count = this.#counts[runner]!;
    const random = this.#floor.random;
    random.drawUniform();
    if (random.drawn < count / (count + this.#usual)) {
      this.#leave(runner);
      return;
    }
    random.drawUniform();
    this.#come(runner, random.drawn < 0.5 ? Side.bid : Side.ask);
  }

  /** The orders that stood before the recording starts, thinning out far from the fair price. */
  seed(runner: number): void {
    const { belief, random } = this.#floor;
    belief.price(runner);
    const fair = Math.floor(belief.ticks[runner]!);
    for (let i = 0; i < this.#usual / 2; i++) this.#come(runner, i % 2 === 0 ? Side.bid : Side.ask);
    for (let step = 3; step < 14; step++) {
      random.drawUniform();
      if (random.drawn < 0.85) this.#deep(runner, Side.bid, fair - step);
      random.drawUniform();
      if (random.drawn < 0.7) this.#deep(runner, Side.ask, fair + 1 + step);
    }
  }

  /** All its orders have lapsed. */
  forget(): void {
    this.#counts.fill(0);
  }

  /** Leaves an order, beside the other side's best where it would cross, and remembers it. */
  wait(runner: number, side: Side, tick: number, lots: number): void {
    const ref = this.#floor.rest(runner, side, tick, lots, Owner.crowd);
    if (ref === NO_ORDER) return;
    const count = this.#counts[runner]!;
    if (count === this.#waiting[runner]!.length) this.#grow(runner);
    this.#waiting[runner]![count] = ref;
    this.#counts[runner] = count + 1;
  }

  #come(runner: number, side: Side): void {
    const floor = this.#floor;
    const { random, belief } = floor;
    const book = floor.books[runner]!;
    const away = side === Side.bid ? -1 : 1;
    const own = book.best(side);
    const other = book.best(side === Side.bid ? Side.ask : Side.bid);
    belief.price(runner);
    const fair = belief.ticks[runner]!;
    const from = own !== NO_TICK ? own : side === Side.bid ? Math.floor(fair - 0.5) : Math.ceil(fair + 0.5);
    random.drawUniform();
    const draw = random.drawn;
    const gap = own !== NO_TICK && other !== NO_TICK ? Math.abs(other - own) : 1;
    // Most join the best price or stand behind it; in a wide market some step in front.
    let tick = from;
    if (draw < 0.2 && gap > 1) tick = from - away;
    else if (draw > 1 - this.#behind) {
      random.drawUniform();
      tick = from + away * (1 + Math.floor(-this.#standOff * Math.log(1 - random.drawn)));
    }
    floor.setOrdinary(runner);
    floor.typical = 0.45 * floor.ordinary;
    this.wait(runner, side, tick, floor.stake(1));
  }

  #deep(runner: number, side: Side, tick: number): void {
    const floor = this.#floor;
    floor.setOrdinary(runner);
    floor.typical = floor.ordinary * 1.2;
    const lots = floor.stake(0.7);
    if (tick >= 0 && tick < floor.ladder.size) this.wait(runner, side, tick, lots);
  }

  #leave(runner: number): void {
    const waiting = this.#waiting[runner]!;
    const { books, random } = this.#floor;
    const book = books[runner]!;
    // Orders that were matched are still listed; a few tries find one that waits.
    for (let tries = 0; tries < 4 && this.#counts[runner]! > 0; tries++) {
      const last = this.#counts[runner]! - 1;
      const at = random.below(last + 1);
      const ref = waiting[at]!;
      waiting[at] = waiting[last]!;
      this.#counts[runner] = last;
      if (book.cancel(ref) > 0) return;
    }
  }

  #grow(runner: number): void {
    const wider = new Float64Array(2 * this.#waiting[runner]!.length);
    wider.set(this.#waiting[runner]!);
    this.#waiting[runner] = wider;
  }
}
