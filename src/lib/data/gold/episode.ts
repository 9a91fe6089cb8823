/**
 * Gold: a market as one episode, every runner at every decision with all features and the mark-outs that followed. The
 * moments are handed in by whoever knows the environment. Knows nothing of files, orders or agents.
 */
import type { Nanos } from '../../core/units.ts';
import { secondsOf } from '../../market/features/feature-set.ts';
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { MARK_OUT_NAMES, MARK_OUT_SECONDS, markOuts } from '../../market/features/mark-outs.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { NO_TICK, messageCount } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import type { ColumnSpec, ColumnValues } from '../parquet/columns.ts';
import { wholeToInt64 } from '../parquet/columns.ts';
import { featureColumns, featureSpecs } from '../runner-series.ts';
import type { Moments } from './moments.ts';
import { ColumnMoments } from './moments.ts';

/**
 * From when on a message counts as known. `received`: when it reached who recorded it, so that no row holds what could
 * not yet be known. `exchange`: when it happened, as an environment without latency takes it in; where messages were on
 * their way for long, rows then hold what nobody could have seen.
 */
export type GoldClock = 'received' | 'exchange';

export interface GoldSettings {
  /** When an episode begins, minutes before the off. */
  readonly startMinutes: number;
  /** Time between decisions. */
  readonly decisionSeconds: number;
  /** From when on a message counts as known at a decision; `received` where it is not said. */
  readonly clock?: GoldClock;
}

/** When the decisions of a market's episode are taken. */
export interface EpisodePlan {
  /** Nanoseconds on the tape's clock, rising; the last is the episode's end. */
  readonly times: Float64Array;
  /** The first message that the episode ends before. */
  readonly before: number;
  /** `received` unless told otherwise. Of no matter where the tape has but one clock. */
  readonly clock?: GoldClock;
}

const features = featureColumns('all');
/** Of a runner, then of the market; neither looks ahead. */
export const GOLD_FEATURES: readonly string[] = features.names;
/** Changes with the name, order or meaning of any of them. */
export const GOLD_FEATURE_HASH: string = features.hash;

export const GOLD_COLUMNS: readonly ColumnSpec[] = [
  { name: 'step', type: 'u32', about: 'number of the decision in its episode, from 0; the last is the end' },
  { name: 'slot', type: 'u8', about: "the runner's slot" },
  { name: 'time', type: 'i64', about: 'moment of the decision, nanoseconds since the tape began' },
  ...featureSpecs(features),
  ...MARK_OUT_NAMES.map((name): ColumnSpec => ({
    name,
    type: 'f32',
    about: 'a label: what ln(mid) gained by then',
    nullable: true
  }))
];

export interface GoldEpisode {
  readonly rows: number;
  readonly decisions: number;
  /** By `GOLD_COLUMNS`; runner by runner, in order of time within each. */
  readonly columns: Readonly<Record<string, ColumnValues>>;
  /** Of every feature, over runners that were in the market. */
  readonly moments: Readonly<Record<string, Moments>>;
}

/** At times by the plan's clock; as a late feed is seen where that is `received` and messages took their time. */
export function goldEpisode(tape: Tape, { times, before, clock = 'received' }: EpisodePlan): GoldEpisode {
  const state = new MarketState(tape.market);
  const tracker = new FeatureTracker(tape.market, 'all');
  const runnerWidth = tracker.names.length;
  const marketWidth = tracker.marketNames.length;
  const slots = state.books.length;
  const moments = times.length;
  const rows = moments * slots;
  const table = GOLD_FEATURES.map(() => new Float32Array(rows));
  const spreads = new ColumnMoments(GOLD_FEATURES.length);
  const logMids = new Float64Array(rows);
  /* A tile of moments a slot, row by row, as features are written; then it goes to the columns. */
  const tile = new Float32Array(slots * TILE * runnerWidth);
  /** By slot and row of the tile: 1 where the runner is in the market. */
  const present = new Uint8Array(slots * TILE);
  const shared = new Float32Array(marketWidth);
  const follower = new Follower(tape, { state, features: tracker, before, clock });
  for (let step = 0; step < moments; step++) {
    follower.follow(times[step]! as Nanos);
    tracker.writeMarket(state, shared, 0);
    const inTile = step % TILE;
    let runners = 0;
    for (let slot = 0; slot < slots; slot++) {
      tracker.write(state, slot, tile, (slot * TILE + inTile) * runnerWidth);
      const here = 1 - state.removed[slot]!;
      present[slot * TILE + inTile] = here;
      runners += here;
      logMids[step * slots + slot] = logMid(state, slot);
    }
    for (let i = 0; i < marketWidth; i++) {
      table[runnerWidth + i]![step] = shared[i]!;
      spreads.add(runnerWidth + i, shared, i, i + 1, runners);
    }
    if (inTile === TILE - 1 || step === moments - 1) {
      for (let slot = 0; slot < slots; slot++) {
        const into = slot * moments + step - inTile;
        spread(tile, runnerWidth, { from: slot * TILE, count: inTile + 1, into }, table);
        for (const [from, to] of runsOf(present, slot * TILE, inTile + 1)) {
          for (let i = 0; i < runnerWidth; i++) spreads.add(i, table[i]!, into + from, into + to);
        }
      }
    }
  }
  /* The market is the same to every runner. */
  for (let i = runnerWidth; i < table.length; i++) {
    for (let slot = 1; slot < slots; slot++) table[i]!.copyWithin(slot * moments, 0, moments);
  }
  const bySlot = new Uint8Array(rows);
  const byStep = new Uint32Array(rows);
  const byTime = new Float64Array(rows);
  for (let slot = 0; slot < slots; slot++) {
    bySlot.fill(slot, slot * moments, (slot + 1) * moments);
    for (let step = 0; step < moments; step++) byStep[slot * moments + step] = step;
    byTime.set(times, slot * moments);
  }
  const columns: Record<string, ColumnValues> = { step: byStep, slot: bySlot, time: wholeToInt64(byTime) };
  const byName: Record<string, Moments> = {};
  for (const [column, name] of GOLD_FEATURES.entries()) {
    columns[name] = table[column]!;
    byName[name] = spreads.of(column);
  }
  Object.assign(columns, labels(times, logMids, slots));
  return { rows, decisions: moments, columns, moments: byName };
}

/** Rows in a tile: few enough that what is written stays near until it is in its columns. */
const TILE = 64;

interface Rows {
  /** In the tile. */
  readonly from: number;
  readonly count: number;
  /** In the columns. */
  readonly into: number;
}

/** Rows of a tile to their columns. */
function spread(tile: Float32Array, width: number, rows: Rows, columns: readonly Float32Array[]): void {
  const { from, count, into } = rows;
  for (let column = 0; column < width; column++) {
    const values = columns[column]!;
    for (let row = 0, at = from * width + column; row < count; row++, at += width) {
      values[into + row] = tile[at]!;
    }
  }
}

/** Where runs of ones among `rows` marks from `at` on begin and end, counted from there. */
function runsOf(marks: Uint8Array, at: number, rows: number): readonly (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  for (let row = 0; row < rows; row++) {
    if (marks[at + row] === 0) continue;
    const from = row;
    while (row < rows && marks[at + row] === 1) row++;
    runs.push([from, row]);
  }
  return runs;
}

/** Whether anything arrived later, or by a clock that ran otherwise, than it happened. */
const hasTwoClocks = ({ exchange, received }: Tape): boolean => received.some((time, row) => time !== exchange[row]!);

interface Followed {
  readonly state: MarketState;
  readonly features: FeatureTracker;
  readonly before: number;
  readonly clock: GoldClock;
}

/**
 * Takes a market in up to one moment after the other, as an environment does: by when messages happened, or, as its late
 * view does, by when they came, no message before the one ahead of it, features by the clock of the market that is told
 * of.
 */
class Follower {
  readonly #tape: Tape;
  readonly #at: Followed;
  readonly #end: number;
  /** Undefined where messages count from when they happened. */
  readonly #received: Float64Array | undefined;
  #message = 0;
  /** When the message that was looked at last had come. */
  #seenAt = 0;
  /** How late the message that was taken in last was. */
  #late = 0;
  #clock = 0;

  constructor(tape: Tape, at: Followed) {
    this.#tape = tape;
    this.#at = at;
    this.#end = Math.min(at.before, messageCount(tape));
    this.#received = at.clock === 'received' && hasTwoClocks(tape) ? tape.received : undefined;
  }

  follow(now: Nanos): void {
    const tape = this.#tape;
    const { state, features } = this.#at;
    for (; this.#message < this.#end; this.#message++) {
      const first = tape.messageStart[this.#message]!;
      const last = tape.messageStart[this.#message + 1]!;
      if (first === last) continue;
      if (this.#knownAt(first) > now) break;
      for (let row = first; row < last; row++) {
        state.apply(tape, row);
        features.onRow(tape, row, state);
      }
      this.#late = this.#received === undefined ? 0 : this.#seenAt - tape.exchange[first]!;
      features.onMessageEnd(this.#tick(tape.exchange[last - 1]!));
    }
    features.onMessageEnd(this.#tick(now - this.#late));
  }

  #knownAt(row: number): number {
    if (this.#received === undefined) return this.#tape.exchange[row]!;
    this.#seenAt = Math.max(this.#seenAt, this.#received[row]!);
    return this.#seenAt;
  }

  /** A late market's clock does not step back when one message was late for longer than the next. */
  #tick(time: number): Nanos {
    this.#clock = this.#received === undefined ? time : Math.max(this.#clock, time);
    return this.#clock as Nanos;
  }
}

function logMid({ books, removed }: MarketState, slot: number): number {
  const { bestBid, bestAsk, ladder } = books[slot]!;
  if (removed[slot] === 1 || bestBid === NO_TICK || bestAsk === NO_TICK) return Number.NaN;
  const square = ladder.priceOf(bestBid as Ticks) * ladder.priceOf(bestAsk as Ticks);
  return square > 0 ? Math.log(square) / 2 : Number.NaN;
}

function labels(times: Float64Array, logMids: Float64Array, slots: number): Readonly<Record<string, Float32Array>> {
  const seconds = times.map((time) => secondsOf(time as Nanos));
  const byMoment = new Float64Array(logMids.length);
  const columns: Record<string, Float32Array> = {};
  for (const [i, after] of MARK_OUT_SECONDS.entries()) {
    markOuts(seconds, logMids, after, byMoment);
    const column = new Float32Array(logMids.length);
    for (let step = 0; step < times.length; step++) {
      for (let slot = 0; slot < slots; slot++) column[slot * times.length + step] = byMoment[step * slots + slot]!;
    }
    columns[MARK_OUT_NAMES[i]!] = column;
  }
  return columns;
}

/** Moments of a market without an off: the end of every interval in which anything happened, or came, by `clock`. */
export function gridPlan(tape: Tape, everySeconds: number, clock: GoldClock = 'received'): EpisodePlan {
  const every = everySeconds * 1e9;
  const known = tape[clock];
  const times: number[] = [];
  for (let message = 0; message < messageCount(tape); message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    const end = (Math.floor(known[row]! / every) + 1) * every;
    // A clock may step back: such messages stay with the moment before.
    if (times.length === 0 || end > times[times.length - 1]!) times.push(end);
  }
  return { times: Float64Array.from(times), before: messageCount(tape), clock };
}
