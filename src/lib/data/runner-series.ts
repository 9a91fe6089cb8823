/**
 * `runner_ts`: the best prices of every runner, and features where asked for, on a common grid in time. A grid moment has
 * rows, one for every runner, when anything happened in the market since the moment before; moments in which nothing did
 * would repeat the last row and are left out, so that a market of four days stays small. By the venue's clock.
 */
import type { Nanos, Ticks } from '../core/units.ts';
import { NANOS_PER_MILLI } from '../core/units.ts';
import type { Book } from '../market/book.ts';
import type { FeatureAbout } from '../market/features/feature-set.ts';
import type { FeatureChoice } from '../market/features/feature-tracker.ts';
import { FeatureTracker } from '../market/features/feature-tracker.ts';
import { MarketState } from '../market/market-state.ts';
import type { Tape } from '../market/tape.ts';
import { NO_TICK, epochMillis, messageCount } from '../market/tape.ts';
import { betfairRules } from '../market/venues/betfair.ts';
import type { ColumnSpec, ColumnValues } from './parquet/columns.ts';

export const DEFAULT_GRID_MILLIS = 1000;

/** Which features a series holds beside its prices. */
export type SeriesFeatures = 'none' | FeatureChoice;

export interface SeriesSettings {
  /** Whole milliseconds between moments. */
  readonly gridMillis: number;
  readonly features: SeriesFeatures;
}

export const SERIES_COLUMNS: readonly ColumnSpec[] = [
  { name: 'market_key', type: 'u32', about: 'the market, as a number' },
  { name: 'slot', type: 'u8', about: "the runner's slot" },
  { name: 'millis', type: 'f64', about: 'end of the grid interval, milliseconds since the epoch' },
  { name: 'back', type: 'f64', about: 'best price available to back', nullable: true },
  { name: 'back_size', type: 'f64', about: 'size there', nullable: true },
  { name: 'lay', type: 'f64', about: 'best price available to lay', nullable: true },
  { name: 'lay_size', type: 'f64', about: 'size there', nullable: true },
  { name: 'last_traded', type: 'f64', about: 'last traded price', nullable: true },
  { name: 'traded', type: 'f64', about: 'size traded so far' },
  { name: 'status', type: 'u8', about: 'market status' },
  { name: 'in_play', type: 'bool', about: 'whether the market is in play' }
];

/** What a choice of features is: the names, what they mean, and a hash of both. */
export interface FeatureColumns {
  readonly names: readonly string[];
  readonly about: readonly FeatureAbout[];
  /** Empty where there are none. */
  readonly hash: string;
}

const NONE: FeatureColumns = { names: [], about: [], hash: '' };

/** Of a runner, then of the market: known before any market is. */
export function featureColumns(features: SeriesFeatures): FeatureColumns {
  if (features === 'none') return NONE;
  const { names, marketNames, about, marketAbout, schemaHash } = new FeatureTracker(
    {
      ...{ id: '', venue: '', name: '', eventName: '', kind: '', country: '', fingerprint: '' },
      rules: betfairRules(),
      runners: [],
      scheduledMillis: 0,
      synthetic: false
    },
    features
  );
  return { names: [...names, ...marketNames], about: [...about, ...marketAbout], hash: schemaHash };
}

/** `4 %, asinh: asinh(25 (ln(mid) - ...))`. */
const aboutText = ({ unit, formula }: FeatureAbout): string => `${unit}: ${formula}`;

/** Features as columns: their meaning beside each. */
export const featureSpecs = ({ names, about }: FeatureColumns): readonly ColumnSpec[] =>
  names.map((name, i): ColumnSpec => ({ name, type: 'f32', about: aboutText(about[i]!) }));

export interface SeriesOptions {
  readonly gridMillis?: number;
  /** Goes into `market_key` of every row. */
  readonly key?: number;
  readonly features?: SeriesFeatures;
}

export interface RunnerSeries {
  readonly rows: number;
  /** By `SERIES_COLUMNS`, then by the features' names. */
  readonly columns: SeriesColumns['columns'] & Readonly<Record<string, ColumnValues>>;
}

/** @returns rows in order of time, then slot; NaN where a runner has no such price. Features look at nothing later. */
export function runnerSeries(tape: Tape, options: SeriesOptions = {}): RunnerSeries {
  const { features = 'none', key = 0 } = options;
  const grid = (options.gridMillis ?? DEFAULT_GRID_MILLIS) * NANOS_PER_MILLI;
  const moments = gridMoments(tape, grid);
  const slots = tape.market.runners.length;
  const rows = moments.length * slots;
  const series = new SeriesColumns(rows, key);
  const state = new MarketState(tape.market);
  const tracker = features === 'none' ? undefined : new TrackedFeatures(tape, features, rows);
  let at = 0;
  let message = 0;
  for (const { before, ends } of moments) {
    for (; message < before; message++) {
      const end = tape.messageStart[message + 1]!;
      for (let row = tape.messageStart[message]!; row < end; row++) {
        state.apply(tape, row);
        tracker?.onRow(row, state);
      }
      tracker?.onMessageEnd(tape.messageStart[message]!, end);
    }
    tracker?.moveTo(ends);
    const millis = epochMillis(tape, ends);
    for (let slot = 0; slot < slots; slot++, at++) {
      series.write(at, slot, millis, state);
      tracker?.write(at, slot, state);
    }
  }
  return { rows, columns: { ...series.columns, ...tracker?.columns } };
}

interface Moment {
  /** The first message after it. */
  readonly before: number;
  readonly ends: Nanos;
}

/** Grid intervals that have any message. A venue's clock may step back: such messages stay with the moment before. */
function gridMoments(tape: Tape, grid: number): readonly Moment[] {
  const moments: Moment[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (let message = 0; message < messageCount(tape); message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    const moment = Math.max(last, Math.floor(tape.exchange[row]! / grid));
    const found = { before: message + 1, ends: ((moment + 1) * grid) as Nanos };
    if (moment > last) moments.push(found);
    else moments[moments.length - 1] = found;
    last = moment;
  }
  return moments;
}

class SeriesColumns {
  readonly columns;

  constructor(rows: number, key: number) {
    this.columns = {
      market_key: new Uint32Array(rows).fill(key),
      slot: new Uint8Array(rows),
      millis: new Float64Array(rows),
      back: new Float64Array(rows),
      back_size: new Float64Array(rows),
      lay: new Float64Array(rows),
      lay_size: new Float64Array(rows),
      last_traded: new Float64Array(rows),
      traded: new Float64Array(rows),
      status: new Uint8Array(rows),
      in_play: new Uint8Array(rows)
    };
  }

  write(at: number, slot: number, millis: number, state: MarketState): void {
    const { columns } = this;
    const { lotSize } = state.market.rules;
    const book = state.books[slot]!;
    columns.slot[at] = slot;
    columns.millis[at] = millis;
    columns.back[at] = priceAt(book, book.bestBid);
    columns.back_size[at] = book.bestBid === NO_TICK ? Number.NaN : book.bids.at(book.bestBid) * lotSize;
    columns.lay[at] = priceAt(book, book.bestAsk);
    columns.lay_size[at] = book.bestAsk === NO_TICK ? Number.NaN : book.asks.at(book.bestAsk) * lotSize;
    columns.last_traded[at] = book.lastTradedPrice;
    columns.traded[at] = book.totalTraded * lotSize;
    columns.status[at] = state.status;
    columns.in_play[at] = state.inPlay ? 1 : 0;
  }
}

/** A tracker of one tape, and the columns that it fills. */
class TrackedFeatures {
  readonly columns: Readonly<Record<string, Float32Array>>;
  readonly #tape: Tape;
  readonly #tracker: FeatureTracker;
  readonly #ordered: readonly Float32Array[];
  /** One row: the runner's features, then the market's. */
  readonly #row: Float32Array;
  #clock = Number.NEGATIVE_INFINITY;

  constructor(tape: Tape, choice: FeatureChoice, rows: number) {
    this.#tape = tape;
    this.#tracker = new FeatureTracker(tape.market, choice);
    const names = [...this.#tracker.names, ...this.#tracker.marketNames];
    this.#ordered = names.map(() => new Float32Array(rows));
    this.columns = Object.fromEntries(names.map((name, i) => [name, this.#ordered[i]!]));
    this.#row = new Float32Array(names.length);
  }

  onRow(row: number, state: MarketState): void {
    this.#tracker.onRow(this.#tape, row, state);
  }

  /** @param end the first row after the message */
  onMessageEnd(start: number, end: number): void {
    if (start < end) this.moveTo(this.#tape.exchange[end - 1]! as Nanos);
  }

  /** The tracker's clock never steps back, whatever the venue's does. */
  moveTo(time: Nanos): void {
    this.#clock = Math.max(this.#clock, time);
    this.#tracker.onMessageEnd(this.#clock as Nanos);
  }

  write(at: number, slot: number, state: MarketState): void {
    const row = this.#row;
    this.#tracker.write(state, slot, row, 0);
    if (slot === 0) this.#tracker.writeMarket(state, row, this.#tracker.names.length);
    for (let i = 0; i < row.length; i++) this.#ordered[i]![at] = row[i]!;
  }
}

const priceAt = (book: Book, tick: number): number =>
  tick === NO_TICK ? Number.NaN : book.ladder.priceOf(tick as Ticks);
