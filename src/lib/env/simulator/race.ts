/**
 * The race itself, run before everyone's eyes once the market is in play: how the chances move until one runner has won.
 *
 * The winner w is drawn from the truth at the start. From then on the course tells of every runner j a signal with
 * drift for the winner alone, dY_j = k 1{j = w} dt + dW_j, and the chances are what Bayes' rule makes of the signals:
 * log-strengths move by k dY_j, their softmax is the posterior, a martingale that ends at the winner. This is the
 * filtering of Brody, Hughston and Macrina (2008), with k^2 rising towards the finish, where races are decided.
 */
import type { Random } from '../../core/random.ts';
import type { RaceBehaviour } from './scenario.ts';
import type { TradingFloor } from './trading-floor.ts';

/** Seconds between two looks at the race. */
const LOOK_SECONDS = 0.4;

export class Race {
  readonly winner: number;
  /** When chances move next, seconds. */
  next: number;
  readonly #floor: TradingFloor;
  readonly #random: Random;
  readonly #race: RaceBehaviour;
  readonly #start: number;
  readonly #seconds: number;

  /** @param options.start when the race starts, on the market's clock, and how many `seconds` it takes */
  constructor(options: { floor: TradingFloor; random: Random; race: RaceBehaviour; start: number; seconds: number }) {
    const { floor, random, race, start, seconds } = options;
    this.#floor = floor;
    this.#random = random;
    this.#race = race;
    this.#start = start;
    this.#seconds = seconds;
    this.winner = floor.truth.draw(random.uniform());
    this.next = start + LOOK_SECONDS;
  }

  /** Brings what was seen since the last look into the truth, and the part that pictures show into the belief. */
  happen(): void {
    const { truth, belief } = this.#floor;
    const information = this.#informationUntil(this.next) - this.#informationUntil(this.next - LOOK_SECONDS);
    for (let runner = 0; runner < truth.runners; runner++) {
      const drift = runner === this.winner ? information : 0;
      const change = drift + Math.sqrt(information) * this.#random.normal();
      truth.logs[runner]! += change;
      truth.changed(runner);
      belief.logs[runner]! += this.#race.publicShare * change;
      belief.changed(runner);
    }
    this.next += LOOK_SECONDS;
  }

  /** Integral of k^2 since the start: a tenth of it evenly, the rest with the cube of the way run. */
  #informationUntil(time: number): number {
    const run = Math.min(1, Math.max(0, (time - this.#start) / this.#seconds));
    return this.#race.information * (0.1 * run + 0.9 * run ** 3);
  }
}
