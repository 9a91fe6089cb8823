/** News: jumps of the hidden truth, some of which turn out to be nothing and go back. */
import type { Random } from '../../core/random.ts';
import { tickWidth } from './beliefs.ts';
import type { TradingFloor } from './trading-floor.ts';

/** News comes up to this many times as often right before the off. */
const RUSH = 2.5;
const RUSH_SECONDS = 240;
/** How long a rumour lives, a mean in seconds. */
const RUMOUR_SECONDS = 80;
/** A tick's width on which half of a piece of news is measured, so that short prices move in ticks as long ones do. */
const COMMON_WIDTH = 0.02;

interface Reversal {
  readonly time: number;
  readonly runner: number;
  readonly change: number;
}

export class News {
  /** When the next piece is due, seconds. */
  next: number;
  readonly #floor: TradingFloor;
  readonly #random: Random;
  readonly #offSeconds: number;
  readonly #reversals: Reversal[] = [];
  #nextPiece: number;

  constructor(options: { floor: TradingFloor; random: Random; offSeconds: number }) {
    this.#floor = options.floor;
    this.#random = options.random;
    this.#offSeconds = options.offSeconds;
    this.#nextPiece = this.#wait(0);
    this.next = this.#nextPiece;
  }

  /** Brings what is due at `next` into the truth, and sets `next` anew. */
  happen(): void {
    const now = this.next;
    const due = this.#reversals.findIndex((reversal) => reversal.time <= now);
    if (due >= 0) {
      for (const reversal of this.#reversals.splice(due, 1)) this.#floor.truth.add(reversal.runner, reversal.change);
    } else {
      this.#jump(now);
      this.#nextPiece = this.#wait(now);
    }
    this.next = this.#reversals.reduce((first, reversal) => Math.min(first, reversal.time), this.#nextPiece);
  }

  #jump(now: number): void {
    const { truth, ladder, behaviour } = this.#floor;
    const random = this.#random;
    const runner = this.#subject();
    const ticks = behaviour.newsTicks * (0.4 + random.exponential(0.6)) * (random.uniform() < 0.5 ? 1 : -1);
    const width = 0.5 * (COMMON_WIDTH + tickWidth(ladder, this.#floor.trueTick(runner)));
    const change = ticks * width;
    truth.add(runner, change);
    if (random.uniform() >= behaviour.rumourShare) return;
    this.#reversals.push({ time: now + random.exponential(RUMOUR_SECONDS), runner, change: -change });
  }

  /** Short prices make more news, but not in proportion. */
  #subject(): number {
    const { truth } = this.#floor;
    let sum = 0;
    for (let i = 0; i < truth.runners; i++) sum += Math.sqrt(truth.probability(i));
    let at = this.#random.uniform() * sum;
    for (let i = 0; i < truth.runners; i++) {
      at -= Math.sqrt(truth.probability(i));
      if (at < 0) return i;
    }
    return truth.runners - 1;
  }

  #wait(now: number): number {
    const left = Math.max(0, this.#offSeconds - now);
    const pace = 1 + (RUSH - 1) * Math.exp(-left / RUSH_SECONDS);
    return now + this.#random.exponential(this.#floor.behaviour.newsSeconds / pace);
  }
}
