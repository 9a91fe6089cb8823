/**
 * The patient crowd: people without a view of their own who leave an order at or behind the best price, wait, and lose
 * patience. They give the book its depth behind the best prices.
 */
import { NO_TICK } from '../../../market/tape.ts';
import type { OrderRef } from '../runner-book.ts';
import { NO_ORDER, Side } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';

/** Orders a runner's crowd keeps waiting, where the behaviour states none: above it, leaving is likelier than coming. */
const WAITING = 26;
/** Mean distance behind the best price of those who stand behind it, ticks, where the behaviour states none. */
const STAND_OFF_TICKS = 2;
/** Share of them that stand behind the best price, where the behaviour states none. */
const BEHIND_SHARE = 0.5;

export class PatientCrowd {
  readonly #floor: TradingFloor;
  readonly #waiting: OrderRef[][];
  readonly #standOff: number;
  readonly #usual: number;
  readonly #behind: number;

  constructor(floor: TradingFloor) {
    this.#floor = floor;
    this.#waiting = floor.books.map(() => []);
    this.#usual = floor.behaviour.waitingOrders ?? WAITING;
    this.#behind = floor.behaviour.behindShare ?? BEHIND_SHARE;
    this.#standOff = floor.behaviour.standOffTicks ?? STAND_OFF_TICKS;
  }

  /** Someone comes or someone leaves. */
  stir(runner: number): void {
    const waiting = this.#waiting[runner]!;
    const random = this.#floor.random;
    if (random.uniform() < waiting.length / (waiting.length + this.#usual)) this.#leave(runner);
    else this.#come(runner, random.uniform() < 0.5 ? Side.bid : Side.ask);
  }

  /** The orders that stood before the recording starts, thinning out far from the fair price. */
  seed(runner: number): void {
    const floor = this.#floor;
    const fair = Math.floor(floor.believedTick(runner));
    for (let i = 0; i < this.#usual / 2; i++) this.#come(runner, i % 2 === 0 ? Side.bid : Side.ask);
    for (let step = 3; step < 14; step++) {
      const lots = (): number => floor.stake(floor.ordinaryStake(runner) * 1.2, 0.7);
      if (floor.random.uniform() < 0.85) this.#deep(runner, Side.bid, fair - step, lots());
      if (floor.random.uniform() < 0.7) this.#deep(runner, Side.ask, fair + 1 + step, lots());
    }
  }

  /** All its orders have lapsed. */
  forget(): void {
    for (const waiting of this.#waiting) waiting.length = 0;
  }

  /** Leaves an order, beside the other side's best where it would cross, and remembers it. */
  wait(order: { runner: number; side: Side; tick: number; lots: number }): void {
    const { runner, side, tick, lots } = order;
    const ref = this.#floor.rest({ runner, side, tick, lots, owner: Owner.crowd });
    if (ref !== NO_ORDER) this.#waiting[runner]!.push(ref);
  }

  #come(runner: number, side: Side): void {
    const floor = this.#floor;
    const random = floor.random;
    const book = floor.books[runner]!;
    const away = side === Side.bid ? -1 : 1;
    const own = book.best(side);
    const other = book.best(side === Side.bid ? Side.ask : Side.bid);
    const fair = floor.believedTick(runner);
    const from = own !== NO_TICK ? own : side === Side.bid ? Math.floor(fair - 0.5) : Math.ceil(fair + 0.5);
    const draw = random.uniform();
    const gap = own !== NO_TICK && other !== NO_TICK ? Math.abs(other - own) : 1;
    // Most join the best price or stand behind it; in a wide market some step in front.
    let tick = from;
    if (draw < 0.2 && gap > 1) tick = from - away;
    else if (draw > 1 - this.#behind) tick = from + away * (1 + Math.floor(random.exponential(this.#standOff)));
    this.wait({ runner, side, tick, lots: floor.stake(0.45 * floor.ordinaryStake(runner), 1) });
  }

  #deep(runner: number, side: Side, tick: number, lots: number): void {
    if (tick >= 0 && tick < this.#floor.ladder.size) this.wait({ runner, side, tick, lots });
  }

  #leave(runner: number): void {
    const waiting = this.#waiting[runner]!;
    const book = this.#floor.books[runner]!;
    // Orders that were matched are still listed; a few tries find one that waits.
    for (let tries = 0; tries < 4 && waiting.length > 0; tries++) {
      const at = this.#floor.random.below(waiting.length);
      const ref = waiting[at]!;
      waiting[at] = waiting[waiting.length - 1]!;
      waiting.pop();
      if (book.cancel(ref) > 0) return;
    }
  }
}
