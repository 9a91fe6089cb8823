/** News: jumps of the hidden truth, some of which turn out to be nothing and go back. */
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import type { MarketTerms } from './scenario.ts';
import type { TradingFloor } from './trading-floor.ts';

/** News comes up to this many times as often right before the off. */
const RUSH = 2.5;
const RUSH_SECONDS = 240;
/** How long a rumour lives, a mean in seconds. */
const RUMOUR_SECONDS = 80;
/** A tick's width on which half of a piece of news is measured, so that short prices move in ticks as long ones do. */
const COMMON_WIDTH = 0.02;

/** Rumours that may be about at once at first; more are made room for. */
const FIRST_RUMOURS = 16;

export class News {
  /** When the next piece is due, seconds. */
  next = 0;
  readonly #floor: TradingFloor;
  readonly #random = new Random(0 as Seed);
  #offSeconds = 0;
  /** Rumours in the order they came: when each turns out to be nothing, about whom, and what that takes back. */
  #times = new Float64Array(FIRST_RUMOURS);
  #runners = new Int32Array(FIRST_RUMOURS);
  #changes = new Float64Array(FIRST_RUMOURS);
  #rumours = 0;
  #nextPiece = 0;

  constructor(floor: TradingFloor) {
    this.#floor = floor;
  }

  /** Starts over, on a floor that has begun. @param root the market's stream */
  begin(root: Random, terms: MarketTerms): void {
    this.#random.reseed(root, 'news');
    this.#offSeconds = terms.leadSeconds;
    this.#rumours = 0;
    this.next = 0;
    this.#wait();
    this.next = this.#nextPiece;
  }

  /** Draws from another stream from now on; what is about to come stays. */
  divert(root: Random): void {
    this.#random.reseed(root, 'news');
  }

  /** Brings what is due at `next` into the truth, and sets `next` anew. */
  happen(): void {
    let due = 0;
    while (due < this.#rumours && this.#times[due]! > this.next) due++;
    if (due < this.#rumours) this.#takeBack(due);
    else {
      this.#jump();
      this.#wait();
    }
    let first = this.#nextPiece;
    for (let i = 0; i < this.#rumours; i++) first = Math.min(first, this.#times[i]!);
    this.next = first;
  }

  #takeBack(rumour: number): void {
    const { truth } = this.#floor;
    const runner = this.#runners[rumour]!;
    truth.logs[runner]! += this.#changes[rumour]!;
    truth.changed(runner);
    this.#rumours--;
    for (let i = rumour; i < this.#rumours; i++) {
      this.#times[i] = this.#times[i + 1]!;
      this.#runners[i] = this.#runners[i + 1]!;
      this.#changes[i] = this.#changes[i + 1]!;
    }
  }

  #jump(): void {
    const { truth, fair, behaviour } = this.#floor;
    const random = this.#random;
    const runner = this.#subject();
    random.drawUniform();
    const size = 0.4 - 0.6 * Math.log(1 - random.drawn);
    random.drawUniform();
    const ticks = behaviour.newsTicks * size * (random.drawn < 0.5 ? 1 : -1);
    truth.price(runner);
    const at = Math.min(fair.size - 2, Math.max(0, Math.floor(truth.ticks[runner]!)));
    const change = ticks * (0.5 * (COMMON_WIDTH + fair.widths[at]!));
    truth.logs[runner]! += change;
    truth.changed(runner);
    random.drawUniform();
    if (random.drawn >= behaviour.rumourShare) return;
    if (this.#rumours === this.#times.length) this.#grow();
    random.drawUniform();
    this.#times[this.#rumours] = this.next + -RUMOUR_SECONDS * Math.log(1 - random.drawn);
    this.#runners[this.#rumours] = runner;
    this.#changes[this.#rumours] = -change;
    this.#rumours++;
  }

  /** Short prices make more news, but not in proportion. */
  #subject(): number {
    const { truth } = this.#floor;
    let sum = 0;
    for (let i = 0; i < truth.runners; i++) sum += Math.sqrt(truth.probability(i));
    this.#random.drawUniform();
    let at = this.#random.drawn * sum;
    for (let i = 0; i < truth.runners; i++) {
      at -= Math.sqrt(truth.probability(i));
      if (at < 0) return i;
    }
    return truth.runners - 1;
  }

  /** Draws when the piece after the one at `next` comes. */
  #wait(): void {
    const left = Math.max(0, this.#offSeconds - this.next);
    const pace = 1 + (RUSH - 1) * Math.exp(-left / RUSH_SECONDS);
    this.#random.drawUniform();
    this.#nextPiece = this.next + -(this.#floor.behaviour.newsSeconds / pace) * Math.log(1 - this.#random.drawn);
  }

  #grow(): void {
    const [times, runners, changes] = [this.#times, this.#runners, this.#changes];
    this.#times = new Float64Array(2 * times.length);
    this.#runners = new Int32Array(2 * times.length);
    this.#changes = new Float64Array(2 * times.length);
    this.#times.set(times);
    this.#runners.set(runners);
    this.#changes.set(changes);
  }
}
