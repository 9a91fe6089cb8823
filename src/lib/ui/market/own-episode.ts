/**
 * A run's orders on one market as they stood at any moment of it: what waited at which price, what had been matched,
 * and what that is worth closed. Worked from the times kept with the run, by the account that the run itself traded
 * with. Pure: knows neither pages nor runs.
 */
import type { Nanos } from '$lib/core/units.ts';
import { BackLayAccount, POINTS_PER_LOT } from '$lib/env/account/account.ts';
import { greenUp, GreenUp, greenUpAtTouch, ladderPoints, markToMarket } from '$lib/env/account/hedge.ts';
import type { KeptOrder } from '$lib/env/episode-orders.ts';
import { Side } from '$lib/env/matching/order.ts';
import { restatedPoints } from '$lib/env/matching/removal.ts';
import type { BookView } from '$lib/market/book.ts';
import { RowKind } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import type { OwnRow } from './ladder-rows.ts';

/** What is ours at one price; lots. */
export interface OwnLevel {
  waitingBack: number;
  waitingLay: number;
  /** At the price it was made, whatever removals have made of it since. */
  matchedBack: number;
  matchedLay: number;
}

/** One order on the clock of the tape. */
export interface OwnOrder {
  readonly slot: number;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
  readonly accepted: Nanos;
  /** Infinity where it still waited at the end of the episode. */
  readonly ended: number;
  readonly fills: readonly { readonly time: Nanos; readonly tick: number; readonly lots: number }[];
}

interface Match {
  readonly time: Nanos;
  readonly slot: number;
  readonly side: Side;
  readonly lots: number;
  readonly points: number;
}

interface Removal {
  readonly time: Nanos;
  readonly slot: number;
  readonly percent: number;
}

/** Worth of what is held on one runner; the market's currency. */
export interface OwnPosition {
  readonly ifWins: number;
  readonly ifLoses: number;
  /** Whether anything was matched on it. */
  readonly traded: boolean;
}

/** A whole market closed against the books as they stand. */
export interface ClosedMarket {
  /** The market's currency; what the books do not take counts at the far end of the ladder. */
  readonly value: number;
  /** Share of the position that the books take, of the runner they take least of: 0 where one has no price at all. */
  readonly closable: number;
}

/** Milliseconds of an epoch have a fraction of some hundred nanoseconds: recordings are told apart by microseconds. */
const CLOCK_NANOS = 1000;

export class OwnEpisode {
  readonly orders: readonly OwnOrder[];
  /** From here on orders were left out for size, and what is told would be wrong; Infinity where all were kept. */
  readonly knownUntil: number;
  readonly #account: BackLayAccount;
  readonly #points: Float64Array;
  readonly #lotSize: number;
  readonly #removals: readonly Removal[];
  readonly #matches: readonly Match[];
  readonly #closed = new GreenUp();
  readonly #touch: { bid: number; ask: number; bidLots: number; askLots: number };
  #time: Nanos = -1 as Nanos;
  /** Matches and removals that the account has taken in. */
  #taken = 0;

  /**
   * @param orders those whose times were not kept are not on the ladder
   * @param leftOut later orders of the episode that were not kept
   */
  constructor(tape: Tape, orders: readonly KeptOrder[], leftOut = 0) {
    const { rules, runners } = tape.market;
    const { settlement, ladder } = rules;
    const startMillis = Number(tape.startEpochNanos / 1_000_000n);
    const timeOf = (millis: number): Nanos =>
      (Math.round(((millis - startMillis) * 1e6) / CLOCK_NANOS) * CLOCK_NANOS) as Nanos;
    this.orders = orders.flatMap(({ life, slot, side, price, lots }) =>
      life === undefined
        ? []
        : {
            slot,
            side: side === 'back' ? Side.back : Side.lay,
            tick: ladder.tickBelow(price),
            lots,
            accepted: timeOf(life.acceptedMillis),
            ended: life.endedMillis === undefined ? Infinity : timeOf(life.endedMillis),
            fills: life.fills.map((fill) => ({
              time: timeOf(fill.millis),
              tick: ladder.tickBelow(fill.price),
              lots: fill.lots
            }))
          }
    );
    this.#points = ladderPoints(ladder);
    this.#matches = orders
      .flatMap(({ life, slot, side }) =>
        (life?.fills ?? []).map(({ millis, price, lots }) => ({
          time: timeOf(millis),
          slot,
          side: side === 'back' ? Side.back : Side.lay,
          lots,
          points: Math.round(price * 100)
        }))
      )
      .sort((a, b) => a.time - b.time);
    this.#removals = removalsOf(tape);
    this.knownUntil = leftOut === 0 ? Infinity : timeOf(Math.max(...orders.map((order) => order.madeMillis)));
    this.#lotSize = rules.lotSize;
    this.#account = new BackLayAccount({
      slots: runners.length,
      winners: settlement.kind === 'backLay' ? settlement.winners : 1
    });
    this.#touch = { bid: 0, ask: 0, bidLots: Infinity, askLots: Infinity };
  }

  /** Whether a run kept the times that all of this rests on. */
  get isKnown(): boolean {
    return this.orders.length > 0;
  }

  /** Whether any order of it was ever on a runner. */
  touches(slot: number): boolean {
    return this.orders.some((order) => order.slot === slot);
  }

  /** Brings the account to a moment; everything below is as of it. */
  standAt(time: Nanos): void {
    this.#time = time;
    const until = (list: readonly { readonly time: Nanos }[]): number => {
      const later = list.findIndex((one) => one.time > time);
      return later < 0 ? list.length : later;
    };
    const removals = this.#removals.slice(0, until(this.#removals));
    const matches = until(this.#matches);
    // Neither list grows while the other shrinks, so that the sum tells one pair of them from all others.
    if (matches + removals.length === this.#taken) return;
    this.#taken = matches + removals.length;
    const account = this.#account;
    account.clear();
    for (const { slot } of removals) account.remove(slot);
    for (const match of this.#matches.slice(0, matches)) {
      if (account.removed[match.slot] === 1) continue;
      let { points } = match;
      for (const removal of removals) {
        if (removal.time >= match.time) points = restatedPoints(points, removal.percent);
      }
      account.match(match.slot, match.side, match.lots, points);
    }
  }

  /** By tick, all of one runner that waits or was matched. */
  levels(slot: number): ReadonlyMap<number, OwnLevel> {
    const levels = new Map<number, OwnLevel>();
    const at = (tick: number): OwnLevel => {
      const found = levels.get(tick) ?? { waitingBack: 0, waitingLay: 0, matchedBack: 0, matchedLay: 0 };
      levels.set(tick, found);
      return found;
    };
    for (const order of this.orders) {
      if (order.slot !== slot || order.accepted > this.#time) continue;
      let waits = order.ended > this.#time ? order.lots : 0;
      for (const fill of order.fills) {
        if (fill.time > this.#time) continue;
        if (waits > 0) waits -= fill.lots;
        if (this.#account.removed[slot] === 1) continue;
        at(fill.tick)[order.side === Side.back ? 'matchedBack' : 'matchedLay'] += fill.lots;
      }
      if (waits > 0) at(order.tick)[order.side === Side.back ? 'waitingBack' : 'waitingLay'] += waits;
    }
    return levels;
  }

  position(slot: number): OwnPosition {
    const account = this.#account;
    return {
      ifWins: this.#money(account.ifWins(slot)),
      ifLoses: this.#money(account.ifLoses(slot)),
      traded: account.matchedBack(slot) > 0 || account.matchedLay(slot) > 0
    };
  }

  /** What is held on a runner, closed at one price by whatever stake that takes; the market's currency. */
  closedAt(slot: number, tick: number): number {
    this.#touch.bid = tick;
    this.#touch.ask = tick;
    greenUpAtTouch(this.#account, slot, this.#touch, this.#points, this.#closed);
    return this.#money(this.#closed.value);
  }

  /** The whole market closed against the books as they stand, level by level. */
  closedNow(books: readonly BookView[]): ClosedMarket {
    const account = this.#account;
    const value = this.#money(markToMarket(account, books, this.#points, this.#closed));
    let closable = 1;
    for (const [slot, book] of books.entries()) {
      greenUp(account, slot, book, this.#points, this.#closed);
      closable = Math.min(closable, this.#closed.closable);
    }
    return { value, closable };
  }

  /** The worst outcome of the race as it stands; the market's currency. */
  get worst(): number {
    return this.#money(this.#account.worst());
  }

  get traded(): boolean {
    return this.#account.traded();
  }

  get allGreen(): boolean {
    return this.#account.allGreen();
  }

  /** What is ours at each price of a runner's ladder, in the venue's unit and the market's currency. */
  rowsOf(slot: number): (tick: number) => OwnRow {
    const levels = this.levels(slot);
    const { traded } = this.position(slot);
    return (tick) => {
      const { waitingBack = 0, waitingLay = 0, matchedBack = 0, matchedLay = 0 } = levels.get(tick) ?? {};
      return {
        waitingBack: waitingBack * this.#lotSize,
        waitingLay: waitingLay * this.#lotSize,
        matchedBack: matchedBack * this.#lotSize,
        matchedLay: matchedLay * this.#lotSize,
        closed: traded ? this.closedAt(slot, tick) : undefined
      };
    };
  }

  #money(points: number): number {
    return (points / POINTS_PER_LOT) * this.#lotSize;
  }
}

/** When who left, once each; one that is said to run again was never away. */
function removalsOf(tape: Tape): readonly Removal[] {
  const removals = new Map<number, Removal>();
  for (let row = 0; row < tape.rows; row++) {
    const slot = tape.slot[row]!;
    if (tape.kind[row] === RowKind.removal && !removals.has(slot)) {
      removals.set(slot, { time: tape.received[row]! as Nanos, slot, percent: tape.lots[row]! / 100 });
    }
  }
  return [...removals.values()].sort((a, b) => a.time - b.time);
}
