/**
 * Everyone who trades in a simulated market, as one: whose turn it is at an event, and what they share. Informed money,
 * noise, momentum and value traders come with an aim; market makers and the patient crowd make the book.
 */
import type { Random } from '../../../core/random.ts';
import type { Match } from '../runner-book.ts';
import { Owner } from '../trading-floor.ts';
import type { TradingFloor } from '../trading-floor.ts';
import { actInformed, InformedShare } from './informed-traders.ts';
import { MarketMaker } from './market-maker.ts';
import { actMomentum } from './momentum-traders.ts';
import { actNoise } from './noise-traders.ts';
import { PatientCrowd } from './patient-crowd.ts';
import { actValue } from './value-traders.ts';

const MAKERS = 3;
/** Share of market makers among those who make the book, where the behaviour states none. */
const MAKER_SHARE = 0.5;
/** Share of events that are value traders'. */
const VALUE_SHARE = 0.06;

export class People {
  readonly #floor: TradingFloor;
  readonly #crowd: PatientCrowd;
  readonly #makers: readonly MarketMaker[];
  readonly #informed = new InformedShare();

  constructor(floor: TradingFloor) {
    this.#floor = floor;
    this.#crowd = new PatientCrowd(floor);
    this.#makers = Array.from({ length: MAKERS }, (_, i) => new MarketMaker(floor, Owner.maker + i));
  }

  /** Starts over, on a floor that has begun. @param root the market's stream */
  begin(root: Random): void {
    this.#crowd.begin();
    for (let i = 0; i < MAKERS; i++) this.#makers[i]!.begin(root, i);
  }

  /** The orders that stand when the market is first seen. */
  open(runner: number): void {
    this.#crowd.seed(runner);
    for (let i = 0; i < MAKERS; i++) this.#makers[i]!.refresh(runner);
  }

  /** One event on a runner, at the floor's time and pace. @param aimed false: only those who make the book come */
  act(runner: number, aimed: boolean): void {
    const floor = this.#floor;
    if (aimed && this.#actWithAim(runner)) return;
    floor.random.drawUniform();
    if (floor.random.drawn < (floor.behaviour.makerShare ?? MAKER_SHARE))
      this.#makers[floor.random.below(MAKERS)]!.refresh(runner);
    else this.#crowd.stir(runner);
  }

  /** Whoever's resting order was matched hears of it. */
  matched(slot: number, match: Readonly<Match>): void {
    const maker = match.makerOwner - Owner.maker;
    if (maker >= 0 && maker < MAKERS) this.#makers[maker]!.filled(slot, match.side, match.lots);
  }

  /** All their orders have lapsed. */
  forget(): void {
    this.#crowd.forget();
    for (const maker of this.#makers) maker.forget();
  }

  /** Draw from other streams from now on. */
  divert(root: Random): void {
    for (let i = 0; i < MAKERS; i++) this.#makers[i]!.divert(root, i);
  }

  /** @returns false when the event belongs to those who make the book: makers and the patient crowd */
  #actWithAim(runner: number): boolean {
    const floor = this.#floor;
    const { noiseTaking, momentumTaking } = floor.behaviour;
    floor.setImpact();
    this.#informed.of(floor, runner);
    const informed = this.#informed.now;
    floor.random.drawUniform();
    const draw = floor.random.drawn;
    if (draw < informed) actInformed(floor, runner);
    else if (draw < informed + noiseTaking) actNoise(floor, runner);
    else if (draw < informed + noiseTaking + momentumTaking) actMomentum(floor, runner);
    else if (draw < informed + noiseTaking + momentumTaking + VALUE_SHARE) actValue(floor, this.#crowd, runner);
    else return false;
    return true;
  }
}
