/**
 * What a set of features is: names, a hash of what they mean, and one call that writes them. Building datasets,
 * training and trading live all make that same call. A family is a few features that belong together, in its own file.
 */
import type { Nanos } from '../../core/units.ts';
import type { MarketState } from '../market-state.ts';
import { NO_TICK } from '../tape.ts';
import type { Quotes } from './quotes.ts';

/** What a feature is, for whoever reads a dataset: shown beside its column and kept with what was made of it. */
export interface FeatureAbout {
  /** What a value of 1 is one of. */
  readonly unit: string;
  /** `T` in it is the window, in seconds. */
  readonly formula: string;
}

export interface FeatureSet {
  /** One a column, in order. */
  readonly names: readonly string[];
  /** Of each, in the same order. */
  readonly about: readonly FeatureAbout[];
  /** Changes with any name, order or definition; stored with whatever was made from these features. */
  readonly schemaHash: string;
  /** Writes `names.length` numbers for a runner at `into[at]`. Reads only what has happened; allocates nothing. */
  write(state: MarketState, slot: number, into: Float32Array, at: number): void;
}

/** What a family may look at when it writes. */
export interface FeatureView {
  readonly state: MarketState;
  readonly quotes: Quotes;
  /** Seconds on the tape's clock. */
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly nowMillis: number;
  /** Another one after every row that was seen: what is read off the state alone holds while it stays. */
  readonly version: number;
}

export interface RunnerFamily {
  readonly names: readonly string[];
  /** Of each name. */
  readonly about: readonly FeatureAbout[];
  /**
   * What it writes depends on the runner's own book and quotes alone, and not on the time: it is written again only once
   * a row has come for the runner.
   */
  readonly timeless?: true;
  /** A trade of `lots` at a tick; `quotes` are those before its message. `time` in seconds. */
  onTrade?(trade: TradeSeen, quotes: Quotes): void;
  /** After a message that may have moved the runner's best prices; `quotes.clock` has when. */
  onQuotes?(slot: number, quotes: Quotes): void;
  write(view: FeatureView, slot: number, into: Float32Array, at: number): void;
}

/** One object, reused: read it, do not keep it. */
export interface TradeSeen {
  slot: number;
  tick: number;
  lots: number;
  /** Seconds. */
  time: number;
  /** 1 when the venue says that the taker bought, -1 sold, 0 when it does not say. */
  taker: number;
}

/**
 * 1 for a trade at or above the former best ask, or whose taker bought; -1 at or below the former best bid; 0 between.
 */
export function tradeSign({ slot, tick, taker }: TradeSeen, quotes: Quotes): number {
  if (taker !== 0) return taker;
  const ask = quotes.askTick[slot]!;
  const bid = quotes.bidTick[slot]!;
  return ask !== NO_TICK && tick >= ask ? 1 : bid !== NO_TICK && tick <= bid ? -1 : 0;
}

export interface MarketFamily {
  readonly names: readonly string[];
  readonly about: readonly FeatureAbout[];
  write(view: FeatureView, into: Float32Array, at: number): void;
}

/** Nanoseconds to seconds: windows are given in seconds. */
export const secondsOf = (time: Nanos): number => time / 1e9;

/** FNV-1a of names and version, twice with different offsets: 16 hex digits. Names a schema, guards nothing secret. */
export function schemaHash(version: number, names: readonly string[]): string {
  const text = `${String(version)}\n${names.join('\n')}`;
  return [0x811c9dc5, 0x01234567]
    .map((offset) => {
      let hash = offset;
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      return (hash >>> 0).toString(16).padStart(8, '0');
    })
    .join('');
}
