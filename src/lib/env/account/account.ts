/**
 * What our matched and waiting orders of one back/lay market are worth, in exact whole numbers. The unit is a POINT: a
 * hundredth of a lot (0.0001 of the currency), so that lots times a price in hundredths is whole; it is rounded to
 * minor units once, at settlement. Knows nothing of books or time.
 */
import { Side } from '../matching/order.ts';

/** Points in a lot: see above. */
export const POINTS_PER_LOT = 100;

/** Where the waiting part of a runner's row begins; see `rows`. */
const WAITING = 4;

/**
 * By runner slot: lots matched and waiting on either side, and the result in points if the runner wins and if it loses,
 * as Betfair counts a market's exposure; from these the worst result, what is at risk, and what would close a position.
 */
export class BackLayAccount {
  readonly slots: number;
  /** How many runners win. */
  readonly winners: number;
  /** By slot: 1 once the runner has left; it can no longer win, and its bets are void. */
  readonly removed: Uint8Array;
  /**
   * A row of eight a slot, so that what a step asks of a runner lies together: 0 ifWins, 1 ifLoses, 2 matchedBack,
   * 3 matchedLay, which are void once the runner leaves, 4 waitingBack, 5 waitingLay, 6 waitingLiability. Literals, for
   * the accessors to be short enough to be compiled into every caller.
   */
  private readonly rows: Float64Array;
  /** By slot, in points: what we gain by the runner's winning over its losing; Infinity once it has left. */
  readonly #gain: Float64Array;
  /** The same if every waiting order matched where it hurts. */
  readonly #gainWaiting: Float64Array;
  /**
   * 0, 1: sum over the runners that have not left of what they pay when they lose, matched alone and with waiting orders.
   * 2: no less than `exposure`: what that was when it was last asked, and the most that each bet since could add.
   */
  readonly #sums: Float64Array;
  /** The smallest gains, smallest first: one a winner. */
  readonly #least: Float64Array;

  constructor(options: { slots: number; winners: number }) {
    const { slots, winners } = options;
    this.slots = slots;
    this.winners = winners;
    this.removed = new Uint8Array(slots);
    this.rows = new Float64Array(slots * 8);
    this.#gain = new Float64Array(slots);
    this.#gainWaiting = new Float64Array(slots);
    this.#sums = new Float64Array(3);
    this.#least = new Float64Array(Math.max(1, winners));
  }

  /** @param removed by slot, 1 for the runners that have left already */
  clear(removed?: Uint8Array): void {
    this.rows.fill(0);
    this.#gain.fill(0);
    this.#gainWaiting.fill(0);
    this.#sums.fill(0);
    this.removed.fill(0);
    if (removed === undefined) return;
    for (let slot = 0; slot < this.slots; slot++) if (removed[slot] === 1) this.remove(slot);
  }

  /** Points: what our matches on the runner pay when it wins. */
  ifWins(slot: number): number {
    return this.rows[slot * 8]!;
  }

  /** Points: what they pay when it loses. */
  ifLoses(slot: number): number {
    return this.rows[slot * 8 + 1]!;
  }

  /** Lots: stakes of the backs that were matched. */
  matchedBack(slot: number): number {
    return this.rows[slot * 8 + 2]!;
  }

  matchedLay(slot: number): number {
    return this.rows[slot * 8 + 3]!;
  }

  /** Lots: stakes of the backs that wait. */
  waitingBack(slot: number): number {
    return this.rows[slot * 8 + 4]!;
  }

  waitingLay(slot: number): number {
    return this.rows[slot * 8 + 5]!;
  }

  /** Points: liability of the lays that wait. */
  waitingLiability(slot: number): number {
    return this.rows[slot * 8 + 6]!;
  }

  /** A match of `lots` at `price` hundredths. */
  match(slot: number, side: Side, lots: number, price: number): void {
    const win = lots * (price - 100);
    const stake = lots * POINTS_PER_LOT;
    const rows = this.rows;
    const at = slot * 8;
    if (side === Side.back) {
      rows[at]! += win;
      rows[at + 1]! -= stake;
      rows[at + 2]! += lots;
      this.#sums[2]! += stake;
      this.#change(slot, win + stake, -stake);
    } else {
      rows[at]! -= win;
      rows[at + 1]! += stake;
      rows[at + 3]! += lots;
      this.#sums[2]! += win;
      this.#change(slot, -win - stake, stake);
    }
  }

  #change(slot: number, gain: number, lose: number): void {
    this.#gain[slot]! += gain;
    this.#gainWaiting[slot]! += gain;
    if (this.removed[slot] === 1) return;
    this.#sums[0]! += lose;
    this.#sums[1]! += lose;
  }

  /** So many more lots (fewer when negative) wait at `price` hundredths. */
  wait(slot: number, side: Side, lots: number, price: number): void {
    const rows = this.rows;
    const at = slot * 8;
    if (side === Side.back) {
      const stake = lots * POINTS_PER_LOT;
      rows[at + 4]! += lots;
      if (lots > 0) this.#sums[2]! += stake;
      this.#gainWaiting[slot]! += stake;
      if (this.removed[slot] === 0) this.#sums[1]! -= stake;
    } else {
      const liability = lots * (price - 100);
      rows[at + 5]! += lots;
      rows[at + 6]! += liability;
      if (lots > 0) this.#sums[2]! += liability;
      this.#gainWaiting[slot]! -= liability;
    }
  }

  /** Restates a match at a reduced price after another runner left. */
  reprice(slot: number, side: Side, lots: number, change: { from: number; to: number }): void {
    const delta = lots * (change.to - change.from);
    this.rows[slot * 8]! += side === Side.back ? delta : -delta;
    this.#sums[2]! += Math.abs(delta);
    this.#change(slot, side === Side.back ? delta : -delta, 0);
  }

  /** Voids a runner: its bets neither win nor lose. */
  remove(slot: number): void {
    if (this.removed[slot] === 0) {
      this.#sums[0]! -= this.ifLoses(slot);
      this.#sums[1]! -= this.ifLoses(slot) - this.waitingBack(slot) * POINTS_PER_LOT;
      this.#gain[slot] = Infinity;
      this.#gainWaiting[slot] = Infinity;
      this.#sums[2] = Infinity;
    }
    this.removed[slot] = 1;
    const at = slot * 8;
    this.rows.fill(0, at, at + WAITING);
  }

  /**
   * Points we end with when `slot` alone wins (with several winners: and the runners that suit us worst beside it are
   * not counted). Sum over the others of `ifLoses`, plus its own `ifWins`.
   */
  profitIfWins(slot: number): number {
    return this.sumIfLoses() - this.ifLoses(slot) + this.ifWins(slot);
  }

  sumIfLoses(): number {
    return this.#sums[0]!;
  }

  /** Points of the worst outcome over every set of winners, matched bets only. */
  worst(): number {
    return this.#worst(false, -1, Side.back, 0, 0);
  }

  /** Points at risk as the venue counts them: the worst outcome if every waiting order matched where it hurts. */
  exposure(): number {
    const exposure = Math.max(0, -this.#worst(true, -1, Side.back, 0, 0));
    this.#sums[2] = exposure;
    return exposure;
  }

  /**
   * Whether `exposureWith` is certainly no more than `limit`, without asking every runner. False says nothing.
   * @param limit lots
   */
  surelyWithin(limit: number, side: Side, lots: number, price: number): boolean {
    const most = side === Side.back ? lots * POINTS_PER_LOT : lots * (price - 100);
    return (this.#sums[2]! + most) / POINTS_PER_LOT <= limit;
  }

  /** `exposure` with one more waiting order of `lots` at `price` hundredths. */
  exposureWith(slot: number, side: Side, lots: number, price: number): number {
    return Math.max(0, -this.#worst(true, slot, side, lots, price));
  }

  /** Points that the runner's own matched bets lose at worst, whether it wins or loses. */
  matchedExposure(slot: number): number {
    return Math.max(0, -Math.min(this.ifWins(slot), this.ifLoses(slot)));
  }

  /**
   * Points that the runner's own bets lose at worst when waiting orders match too: all lays if it wins, all backs if it
   * loses. The venue counts the part over `matchedExposure` as unmatched exposure.
   */
  exposureOf(slot: number): number {
    const win = this.ifWins(slot) - this.waitingLiability(slot);
    const lose = this.ifLoses(slot) - this.waitingBack(slot) * POINTS_PER_LOT;
    return Math.max(0, -Math.min(win, lose));
  }

  /** All green: something is matched and no outcome loses. */
  allGreen(): boolean {
    return this.traded() && this.worst() >= 0;
  }

  traded(): boolean {
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.matchedBack(slot) > 0 || this.matchedLay(slot) > 0) return true;
    }
    return false;
  }

  /**
   * The losing side of all runners plus, for the worst set of winners, what each changes by winning. One more waiting
   * order of `lots` at `price` may be counted in, on a slot that is not -1.
   */
  #worst(waiting: boolean, extraSlot: number, side: Side, lots: number, price: number): number {
    const gains = waiting ? this.#gainWaiting : this.#gain;
    let sum = this.#sums[waiting ? 1 : 0]!;
    let change = 0;
    if (extraSlot >= 0 && side === Side.lay) change = -lots * (price - 100);
    else if (extraSlot >= 0) {
      change = lots * POINTS_PER_LOT;
      if (this.removed[extraSlot] === 0) sum -= change;
    }
    if (this.winners > 1) return sum + this.#leastGains(gains, extraSlot, change);
    let smallest = Infinity;
    for (let slot = 0; slot < gains.length; slot++) {
      const gain = slot === extraSlot ? gains[slot]! + change : gains[slot]!;
      if (gain < smallest) smallest = gain;
    }
    return smallest === Infinity ? sum : sum + smallest;
  }

  /** Sum of the `winners` smallest gains, or of all there are, kept sorted in a small scratch as one pass meets them. */
  #leastGains(gains: Float64Array, extraSlot: number, change: number): number {
    const least = this.#least;
    const last = least.length - 1;
    for (let winner = 0; winner <= last; winner++) least[winner] = Infinity;
    for (let slot = 0; slot < gains.length; slot++) {
      const gain = slot === extraSlot ? gains[slot]! + change : gains[slot]!;
      if (gain >= least[last]!) continue;
      let at = last;
      for (; at > 0 && least[at - 1]! > gain; at--) least[at] = least[at - 1]!;
      least[at] = gain;
    }
    let sum = 0;
    for (let winner = 0; winner <= last; winner++) if (least[winner]! < Infinity) sum += least[winner]!;
    return sum;
  }
}
