/**
 * A market's history as columns in one (Shared)ArrayBuffer: what the book did, row by row, message by message.
 * Knows nothing of files; parsers fill a `TapeBuilder`, everything else reads a `Tape`.
 */
import type { Nanos } from '../core/units.ts';
import type { MarketRules } from './rules.ts';

/** What a row says. The numbers are stored in files: never renumber, only add. */
export const RowKind = {
  /**
   * Betfair `atb`, available to back: unmatched lay bets, what a backer gets at once. The best back price is the
   * HIGHEST bid. `lots` is the new absolute size, 0 removes.
   */
  bid: 1,
  /**
   * Betfair `atl`, available to lay: unmatched back bets, what a layer gets at once. The best lay price is the LOWEST
   * ask, above the best bid. `lots` is the new absolute size, 0 removes.
   */
  ask: 2,
  /**
   * A trade of `lots` at `tick`. Betfair: the increase of a `trd` level over the largest size it ever showed, taker and
   * maker both counted; sizes that sink by a changed exchange rate and rise again are no trades.
   */
  trade: 3,
  /** Last traded price; `lots` is 0. */
  lastTraded: 4,
  /** Market status; `lots` is one of `MarketStatus`, `slot` is NO_SLOT. */
  status: 5,
  /** `lots` 1 when the market turned in play, 0 back; `slot` is NO_SLOT. */
  inPlay: 6,
  /** A runner left; `lots` is its reduction (adjustment) factor in hundredths of a per cent. */
  removal: 7,
  /** Reconciled starting price; `tick` is the tick at or below it, `lots` the price in 1e-6. */
  startingPrice: 8,
  /** The slot's book (or, with NO_SLOT, every book) starts empty: a fresh image follows. */
  clear: 9,
  /** A runner's outcome; `lots` is one of `Outcome`. */
  outcome: 10,
  /** The traded ladder shrank (a correction or a fresh image): new absolute traded `lots` at `tick`. Not a trade. */
  tradedCorrection: 11,
  /** Bet delay in whole seconds, in `lots`; `slot` is NO_SLOT. */
  betDelay: 12,
  /**
   * The three below are `trade`, `tradedCorrection` and `lastTraded` at a price that is not on the ladder: Betfair
   * restates what was matched before a runner's removal at reduced prices. `tick` is the price in 1e-4, not a tick. No
   * order can rest there, so matching ignores them.
   */
  offLadderTrade: 13,
  offLadderCorrection: 14,
  offLadderLastTraded: 15,
  /** The scheduled start was announced or moved: `lots` is milliseconds since the epoch; `slot` is NO_SLOT. */
  scheduledStart: 16,
  /** A runner's reduction (adjustment) factor while it runs: `lots` in hundredths of a per cent. Changes nothing else. */
  adjustmentFactor: 17,
  /**
   * A trade of `lots` at `tick` that `trade` leaves out: the venue had taken the level to nothing, as it does when it
   * restates what was matched before a removal at reduced prices, so what shows there since is new, though it is not
   * over the largest size that the level ever showed.
   */
  freshTrade: 18,
  /** A trade whose taker bought, or sold; `lots` is its size, counted once. Venues that name the taker's side. */
  buyTrade: 19,
  sellTrade: 20,
  /** The bids from the best down to `tick` are gone, or the asks from the best up to `tick`: an image of them follows. */
  clearBids: 21,
  clearAsks: 22,
  /** The mark price that margins and funding are counted at; `lots` is the price in 1e-6. */
  markPrice: 23,
  /** Funding fell due; `lots` is the rate in 1e-8, paid by longs to shorts on their value at the mark price. */
  funding: 24
} as const;
export type RowKind = (typeof RowKind)[keyof typeof RowKind];

export const MarketStatus = { inactive: 0, open: 1, suspended: 2, closed: 3 } as const;
export type MarketStatus = (typeof MarketStatus)[keyof typeof MarketStatus];
export const Outcome = { unknown: 0, winner: 1, loser: 2, placed: 3, removed: 4 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const NO_SLOT = 255;
export const NO_TICK = -1;
/** Prices of the off-ladder rows are whole multiples of 1 / OFF_LADDER_SCALE. */
export const OFF_LADDER_SCALE = 1e4;

export interface Runner {
  readonly slot: number;
  /** The venue's id of the runner or instrument. */
  readonly id: string;
  readonly handicap: number;
  readonly name: string;
  readonly sortPriority: number;
}

/** Plain data but for `rules`; `MarketInfo` without `rules` crosses workers and files as JSON. */
export interface MarketInfo {
  readonly id: string;
  readonly venue: string;
  readonly name: string;
  readonly eventName: string;
  readonly kind: string;
  readonly country: string;
  readonly rules: MarketRules;
  readonly runners: readonly Runner[];
  /**
   * Scheduled start in milliseconds since the epoch, the last one announced: `scheduledStart` rows say when. 0 where
   * none is known.
   */
  readonly scheduledMillis: number;
  /** SHA-256 of the source's bytes as they were given, hex. */
  readonly fingerprint: string;
  /** Made by our own simulator: always shown. */
  readonly synthetic: boolean;
}

export interface Tape {
  readonly market: MarketInfo;
  readonly startEpochNanos: bigint;
  readonly rows: number;
  readonly exchange: Float64Array;
  readonly received: Float64Array;
  readonly kind: Uint8Array;
  readonly slot: Uint8Array;
  readonly tick: Int32Array;
  readonly lots: Float64Array;
  /** First row of each message, and one more entry equal to `rows`. */
  readonly messageStart: Uint32Array;
  /**
   * Rows stand in order of reception. Where the venue's own order differs, this lists all rows by the venue's clock
   * (stable where that is equal); absent where the two agree.
   */
  readonly exchangeOrder?: Uint32Array;
}

export const messageCount = (tape: Tape): number => tape.messageStart.length - 1;

/** Milliseconds since the epoch of a time on the tape. */
export function epochMillis(tape: Tape, time: Nanos): number {
  return Number(tape.startEpochNanos / 1000000n) + time / 1e6;
}

/** Nanoseconds on the tape's clock of a moment given in milliseconds since the epoch. */
export function tapeTime(tape: Tape, millis: number): Nanos {
  return Math.round((millis - Number(tape.startEpochNanos / 1000000n)) * 1e6) as Nanos;
}
