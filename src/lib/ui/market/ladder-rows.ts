/** The rows of a ladder around a price, highest price first, from a book as it stands. Pure. */
import type { Book } from '$lib/market/book.ts';
import type { MarketRules } from '$lib/market/rules.ts';
import { NO_TICK, RowKind } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import type { Ticks } from '$lib/core/units.ts';
import { formatNumber, formatSignificant } from '../format.ts';

/** What a run has at one price; sizes in the venue's unit. */
export interface OwnRow {
  readonly waitingBack: number;
  readonly waitingLay: number;
  readonly matchedBack: number;
  readonly matchedLay: number;
  /** Worth of what it holds on the runner closed at this price, whoever wins, in the market's currency; of nothing none. */
  readonly closed: number | undefined;
}

export interface LadderRow {
  readonly tick: number;
  readonly price: string;
  /** Sizes in the venue's unit; 0 where nothing waits or was traded. */
  readonly back: number;
  readonly lay: number;
  readonly traded: number;
  readonly bestBack: boolean;
  readonly bestLay: boolean;
  readonly lastTraded: boolean;
  /** Absent where no run is looked at. */
  readonly own?: OwnRow | undefined;
}

/** Where a runner's book first shows a price; the middle of the ladder where it never does. */
export function firstTick(tape: Tape, slot: number): number {
  for (let row = 0; row < tape.rows; row++) {
    const kind = tape.kind[row];
    if (tape.slot[row] === slot && (kind === RowKind.bid || kind === RowKind.ask)) return tape.tick[row]!;
  }
  return tape.market.rules.ladder.size >> 1;
}

/**
 * Between the best prices, else at whichever there is, else at the last trade.
 * @param empty where to look while there is none of these: a ladder of millions of prices has nothing in its middle
 */
export function centreTick(book: Book, empty: number): number {
  if (book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK) return (book.bestBid + book.bestAsk) >> 1;
  if (book.bestBid !== NO_TICK || book.bestAsk !== NO_TICK) return Math.max(book.bestBid, book.bestAsk);
  return book.lastTraded === NO_TICK ? empty : book.lastTraded;
}

/** A price with the decimals of its step on the ladder: `4.60`, `9.8`, `120`. */
export function priceText(rules: MarketRules, tick: number): string {
  const { ladder } = rules;
  const value = ladder.priceOf(tick as Ticks);
  const next = ladder.priceOf(Math.min(ladder.size - 1, tick + 1) as Ticks);
  const step = tick + 1 < ladder.size ? next - value : value - ladder.priceOf((tick - 1) as Ticks);
  const decimals = Math.max(0, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9)));
  return value.toFixed(decimals);
}

/** `84120.10 / 84120.11, 0.001 bp apart`, of a contract `0.44 / 0.47, 0.03 USD apart`; a dash for a side without orders. */
export function spreadText(book: Book | undefined, rules: MarketRules): string {
  const [bid, ask] = [book?.bestBid ?? NO_TICK, book?.bestAsk ?? NO_TICK];
  const text = (tick: number): string => (tick === NO_TICK ? '–' : priceText(rules, tick));
  if (bid === NO_TICK || ask === NO_TICK) return `${text(bid)} / ${text(ask)}`;
  const [low, high] = [rules.ladder.priceOf(bid as Ticks), rules.ladder.priceOf(ask as Ticks)];
  // A part of a contract's price says little where the price runs from 0 to 1.
  if (rules.settlement.kind === 'yesNo')
    return `${text(bid)} / ${text(ask)}, ${(high - low).toFixed(text(bid).split('.')[1]?.length ?? 0)} ${rules.currency} apart`;
  const basisPoints = ((high - low) / ((high + low) / 2)) * 1e4;
  return `${text(bid)} / ${text(ask)}, ${formatSignificant(basisPoints, 2)} bp apart`;
}

/** A size as a ladder shows it: stakes in whole units, other sizes in three figures of what the venue counts. */
export function sizeText(size: number, rules: MarketRules): string {
  if (size === 0) return '';
  if (rules.settlement.kind === 'backLay') return formatNumber(size, size < 1 ? 2 : 0);
  const counted = Math.round(-Math.log10(rules.lotSize));
  return formatNumber(size, Math.max(0, Math.min(counted, 2 - Math.floor(Math.log10(size)))));
}

/** @param options.own what a run has at a tick, where one is looked at */
export function ladderRows(
  book: Book,
  options: { rules: MarketRules; centre: number; count: number; own?: ((tick: number) => OwnRow) | undefined }
): readonly LadderRow[] {
  const { rules, count } = options;
  const top = Math.max(
    Math.min(count, book.ladder.size) - 1,
    Math.min(book.ladder.size - 1, options.centre + (count >> 1))
  );
  const rows: LadderRow[] = [];
  for (let tick = top; tick > top - count && tick >= 0; tick--) {
    rows.push({
      tick,
      price: priceText(rules, tick),
      back: book.bids.at(tick) * rules.lotSize,
      lay: book.asks.at(tick) * rules.lotSize,
      traded: book.traded.at(tick) * rules.lotSize,
      bestBack: tick === book.bestBid,
      bestLay: tick === book.bestAsk,
      lastTraded: tick === book.lastTraded,
      own: options.own?.(tick)
    });
  }
  return rows;
}

/** What a round of backing (or laying) every runner costs, as the sum of 1 / price; NaN without prices. */
export function bookPercent(books: readonly Book[], side: 'back' | 'lay', present: (slot: number) => boolean): number {
  let sum = 0;
  for (const [slot, book] of books.entries()) {
    if (!present(slot)) continue;
    const tick = side === 'back' ? book.bestBid : book.bestAsk;
    if (tick === NO_TICK) return Number.NaN;
    sum += 1 / book.ladder.priceOf(tick as Ticks);
  }
  return sum === 0 ? Number.NaN : sum * 100;
}
