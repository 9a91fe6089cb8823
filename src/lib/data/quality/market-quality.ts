/**
 * How good a market's recording is, in figures: what its reader found odd, summed by kind, and what its tape shows when
 * it is replayed. Plain numbers, kept with the market and asked by SQL. Knows no venue and no rule.
 */
import type { Nanos } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind, messageCount, tapeTime } from '../../market/tape.ts';
import { LINE_LOST } from '../oddities.ts';
import type { BronzeColumns } from '../parquet/bronze.ts';
import type { PackedTexts } from '../parquet/columns.ts';
import type { MarketRecord } from '../records.ts';
import type { MarketQuality } from './figures.ts';
import { QUALITY_VERSION } from './figures.ts';

/** Figures that are sums of what readers report, with the stable codes that each is the sum of. */
const CODES = {
  gaps: [
    'sequence-gap',
    'lost-change',
    'unreadable-line',
    LINE_LOST,
    'delta-without-book',
    'change-without-image',
    'no-snapshot',
    'starts-in-mid-stream',
    'market-cut-off'
  ],
  backwardTime: [
    'time-went-back',
    'clock-went-back',
    'sequence-went-back',
    'received-went-back',
    'venue-time-went-back'
  ],
  checksumFailures: ['checksum-failed'],
  repeatedMessages: ['clock-repeated', 'repeated-message'],
  missingDefinition: ['no-definition', 'unknown-runner'],
  clippedAnomalies: [
    'off-ladder-price',
    'negative-size',
    'price-not-positive',
    'unreadable-number',
    'off-lot-size',
    'size-finer-than-a-lot',
    'far-levels',
    'venue-time-ahead',
    'venue-time-behind'
  ]
} as const;

/** Before the off recordings matter most: silence is looked for in so many milliseconds. */
const LAST_MILLIS = 600_000;

/**
 * @param bronze the messages as received, where they are at hand: repetitions are looked for in their texts
 */
export function marketQuality(
  record: Pick<MarketRecord, 'oddities' | 'inPlayMillis' | 'scheduledMillis' | 'firstMillis' | 'lastMillis'>,
  tape: Tape,
  bronze?: Pick<BronzeColumns, 'text' | 'packed'>
): MarketQuality {
  const found = (codes: readonly string[]): number =>
    record.oddities.reduce((sum, oddity) => sum + (codes.includes(oddity.code) ? oddity.count : 0), 0);
  const { crossedBooks, tradedLots, volumeLots } = replayed(tape);
  const { lotSize } = tape.market.rules;
  return {
    version: QUALITY_VERSION,
    gaps: found(CODES.gaps),
    backwardTime: found(CODES.backwardTime),
    crossedBooks,
    checksumFailures: found(CODES.checksumFailures),
    repeatedMessages: Math.max(found(CODES.repeatedMessages), bronze === undefined ? 0 : repeatedTexts(bronze)),
    missingDefinition: Math.min(1, found(CODES.missingDefinition)),
    clippedAnomalies: found(CODES.clippedAnomalies),
    traded: tradedLots * lotSize,
    volume: volumeLots * lotSize,
    tradedToVolume: volumeLots > 0 ? tradedLots / volumeLots : Number.NaN,
    silenceSeconds: longestSilence(record, tape) / 1e9,
    ...lags(tape)
  };
}

/** Trades, and what is said of their sum: they move no book. */
const VOLUME: ReadonlySet<RowKind> = new Set([
  RowKind.trade,
  RowKind.freshTrade,
  RowKind.offLadderTrade,
  RowKind.buyTrade,
  RowKind.sellTrade,
  RowKind.tradedCorrection,
  RowKind.offLadderCorrection
]);

function replayed(tape: Tape): {
  readonly crossedBooks: number;
  readonly tradedLots: number;
  readonly volumeLots: number;
} {
  const state = new MarketState(tape.market);
  const volume = new StatedVolume(tape);
  const touched = new Uint8Array(state.books.length);
  let crossedBooks = 0;
  for (let message = 0; message < messageCount(tape); message++) {
    const end = tape.messageStart[message + 1]!;
    let books = 0;
    for (let row = tape.messageStart[message]!; row < end; row++) {
      const kind = tape.kind[row]! as RowKind;
      const slot = tape.slot[row]!;
      if (VOLUME.has(kind)) {
        volume.apply(kind, row);
        continue;
      }
      if (kind === RowKind.clear) volume.clear(slot);
      state.apply(tape, row);
      if ((kind === RowKind.bid || kind === RowKind.ask) && touched[slot] === 0) {
        touched[slot] = 1;
        books++;
      }
    }
    if (books === 0) continue;
    if (state.status === MarketStatus.open && isCrossed(state, touched)) crossedBooks++;
    touched.fill(0);
  }
  return { crossedBooks, tradedLots: volume.traded, volumeLots: volume.largest };
}

/**
 * What the venue stated to be traded: the largest size that each price of each runner ever showed, summed. Its ladder
 * at the end would not do: a closing market's is empty.
 */
class StatedVolume {
  traded = 0;
  largest = 0;
  readonly #tape: Tape;
  /** By slot, then by price: what shows now, and the most that ever did. */
  readonly #now: (Map<number, number> | undefined)[] = [];
  readonly #most: (Map<number, number> | undefined)[] = [];

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  apply(kind: RowKind, row: number): void {
    const { tick, slot, lots } = this.#tape;
    const isOff = kind === RowKind.offLadderTrade || kind === RowKind.offLadderCorrection;
    const price = isOff ? OFF_LADDER + tick[row]! : tick[row]!;
    const now = (this.#now[slot[row]!] ??= new Map<number, number>());
    const most = (this.#most[slot[row]!] ??= new Map<number, number>());
    const isCorrection = kind === RowKind.tradedCorrection || kind === RowKind.offLadderCorrection;
    const size = lots[row]! + (isCorrection ? 0 : (now.get(price) ?? 0));
    if (!isCorrection) this.traded += lots[row]!;
    now.set(price, size);
    const before = most.get(price) ?? 0;
    if (size <= before) return;
    most.set(price, size);
    this.largest += size - before;
  }

  /** @param slot NO_SLOT for all */
  clear(slot: number): void {
    if (slot === NO_SLOT) for (const now of this.#now) now?.clear();
    else this.#now[slot]?.clear();
  }
}

/** Over every tick: prices off the ladder stand in the same maps. */
const OFF_LADDER = 2 ** 32;

function isCrossed(state: MarketState, touched: Uint8Array): boolean {
  for (let slot = 0; slot < touched.length; slot++) {
    if (touched[slot] === 0 || state.removed[slot] === 1) continue;
    const { bids, asks } = state.books[slot]!;
    if (bids.highest !== NO_TICK && asks.lowest !== NO_TICK && bids.highest >= asks.lowest) return true;
  }
  return false;
}

function repeatedTexts(bronze: Pick<BronzeColumns, 'text' | 'packed'>): number {
  if (bronze.packed !== undefined) return repeatedBytes(bronze.packed);
  const { text } = bronze;
  let repeated = 0;
  for (let i = 1; i < text.length; i++) if (text[i] === text[i - 1]) repeated++;
  return repeated;
}

function repeatedBytes({ bytes, ends }: PackedTexts): number {
  let repeated = 0;
  for (let i = 1, before = 0; i < ends.length; i++) {
    const start = ends[i - 1]!;
    const length = ends[i]! - start;
    let same = length === start - before ? 0 : -1;
    // From the end: messages begin alike.
    if (same === 0) for (same = length; same > 0 && bytes[start + same - 1] === bytes[before + same - 1];) same--;
    if (same === 0) repeated++;
    before = start;
  }
  return repeated;
}

/** Nanoseconds between messages; whatever was first in the window is its beginning. */
function longestSilence(
  record: Pick<MarketRecord, 'inPlayMillis' | 'scheduledMillis' | 'firstMillis' | 'lastMillis'>,
  tape: Tape
): number {
  const off = record.inPlayMillis ?? record.scheduledMillis;
  const hasOff = off > record.firstMillis;
  const last = Math.min(off, record.lastMillis);
  const end = hasOff ? tapeTime(tape, last) : Number.POSITIVE_INFINITY;
  const start = hasOff ? tapeTime(tape, last - LAST_MILLIS) : Number.NEGATIVE_INFINITY;
  let before = Number.NaN;
  let longest = 0;
  for (let message = 0; message < messageCount(tape); message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    const now = tape.received[row]! as Nanos;
    if (now > end) break;
    if (now >= start && !Number.isNaN(before)) longest = Math.max(longest, now - Math.max(before, start));
    before = now;
  }
  return longest;
}

type Lags = Pick<MarketQuality, 'lagP50Millis' | 'lagP90Millis' | 'lagP99Millis' | 'lagMaxMillis'>;

const NO_LAGS: Lags = {
  lagP50Millis: Number.NaN,
  lagP90Millis: Number.NaN,
  lagP99Millis: Number.NaN,
  lagMaxMillis: Number.NaN
};

function lags(tape: Tape): Lags {
  const all = new Float64Array(messageCount(tape));
  let count = 0;
  let differs = false;
  for (let message = 0; message < all.length; message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    const lag = tape.received[row]! - tape.exchange[row]!;
    all[count++] = lag;
    differs ||= lag !== 0;
  }
  if (!differs) return NO_LAGS;
  const sorted = all.subarray(0, count).sort();
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * count) - 1)]! / 1e6;
  return { lagP50Millis: rank(0.5), lagP90Millis: rank(0.9), lagP99Millis: rank(0.99), lagMaxMillis: rank(1) };
}
