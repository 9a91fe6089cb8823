/**
 * Lays the rows of a recorded USD-M stream out as a tape: one clock shift for the whole, messages in order of
 * reception, prices and sizes on a ladder that was given or is found in the data. Knows no bytes and no messages.
 */
import { assert } from '../../core/assert.ts';
import type { Nanos } from '../../core/units.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import type { MarketInfo, Tape } from '../../market/tape.ts';
import { binanceUsdmRules } from '../../market/venues/binance.ts';
import type { OddityLog } from '../oddities.ts';
import type { UsdmColumns } from './usdm-columns.ts';

/** A book keeps two bits a tick, so a ladder may be this long; levels further out are left out and told. */
const MOST_STEPS = 1 << 24;

/** How fine prices and sizes are, from the venue's instrument list (`pricePrecision` of the tick, of the step). */
export interface UsdmInstrument {
  /** Price step as 10^-priceDecimals. */
  readonly priceDecimals: number;
  /** Size step as 10^-sizeDecimals. */
  readonly sizeDecimals: number;
}

export interface LadderFound extends UsdmInstrument {
  readonly symbol: string;
  /** The stretch of prices that is kept, in price steps. */
  readonly lowestStep: number;
  readonly steps: number;
}

/** What an instrument is, once its ladder is known. */
export type Described = Pick<MarketInfo, 'venue' | 'name' | 'eventName' | 'kind' | 'rules'>;

export interface UsdmTapeOptions {
  readonly source: string;
  readonly symbol: string;
  /** Found in the data when absent: the fewest decimals that write prices and sizes, but for strays. */
  readonly instrument?: UsdmInstrument;
  readonly fingerprint: string;
  readonly shared: boolean;
  /** What the instrument is; a USD-M perpetual when absent. */
  readonly describe?: (found: LadderFound) => Described;
}

export interface UsdmTape {
  readonly tape: Tape;
  /** Smallest time of reception less time at the venue, over the rows of book and trades, before the shift. */
  readonly smallestLatencyNs: number;
  /** What was added to every time of reception, so that none lies before the venue's. */
  readonly localShiftNs: number;
}

/** The columns must hold at least one row of book or trades; oddities that only the ladder shows go to `oddities`. */
export function usdmTape(columns: UsdmColumns, options: UsdmTapeOptions, oddities: OddityLog): UsdmTape {
  const order = byReception(columns.received);
  const clock = clockOf(columns);
  const ladder = ladderOf(columns, options.instrument);
  const startEpochNanos = BigInt(columns.baseMillis) * 1_000_000n + BigInt(clock.start);
  const builder = new TapeBuilder(startEpochNanos);
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  const rows = new RowWriter(columns, ladder, options.source, oddities);
  const { received, exchange } = columns;
  for (const message of order) {
    const seen = received[message]! + clock.shift - clock.start;
    // Only mark prices, which the shift does not count, can be later at the venue than here.
    builder.message(Math.min(exchange[message]! - clock.start, seen) as Nanos, seen as Nanos);
    rows.write(builder, message);
  }
  const tape = builder.build(infoOf(columns, options, { ladder, startEpochNanos }), { shared: options.shared });
  return { tape, smallestLatencyNs: clock.smallestLatency, localShiftNs: clock.shift };
}

/** Messages in the order they were received, stable where times are equal. */
function byReception(received: Float64Array): Iterable<number> {
  const order = Uint32Array.from({ length: received.length }, (_, message) => message);
  let sorted = true;
  for (let m = 1; m < received.length && sorted; m++) sorted = received[m]! >= received[m - 1]!;
  return sorted ? order : order.sort((a, b) => received[a]! - received[b]! || a - b);
}

interface Clock {
  readonly smallestLatency: number;
  readonly shift: number;
  /** Where the tape's time begins, nanoseconds since the columns' base: the first that happened or was seen. */
  readonly start: number;
}

/**
 * A recorder's clock that runs behind the venue's sees messages before they were sent: all receptions are shifted by
 * one amount, so that the quickest took no time. Mark prices, which no book waits for, do not count for the amount.
 */
function clockOf(columns: UsdmColumns): Clock {
  const { received, exchange, messages, kind } = columns;
  let smallestLatency = Number.POSITIVE_INFINITY;
  let firstSeen = Number.POSITIVE_INFINITY;
  let start = Number.POSITIVE_INFINITY;
  for (let m = 0; m < messages; m++) {
    const first = columns.firstRow(m);
    firstSeen = Math.min(firstSeen, received[m]!);
    start = Math.min(start, exchange[m]!);
    const counts = first < columns.firstRow(m + 1) && !isFigure(kind[first]!);
    if (counts) smallestLatency = Math.min(smallestLatency, received[m]! - exchange[m]!);
  }
  assert(Number.isFinite(smallestLatency), 'a recording without a row of book or trades');
  const shift = Math.max(0, -smallestLatency);
  return { smallestLatency, shift, start: Math.min(start, firstSeen + shift) };
}

const isFigure = (kind: number): boolean => kind === RowKind.markPrice || kind === RowKind.funding;
const isPriceless = (kind: number): boolean => isFigure(kind) || kind === RowKind.clear;

interface FoundLadder extends Omit<LadderFound, 'symbol'> {
  /** From the columns' scales to the ladder's: divide by these. Below 1 where the ladder is finer. */
  readonly priceDivisor: number;
  readonly sizeDivisor: number;
}

function ladderOf(columns: UsdmColumns, given: UsdmInstrument | undefined): FoundLadder {
  const { price, size } = columns;
  const priceDecimals = given?.priceDecimals ?? price.leastDecimals();
  const sizeDecimals = given?.sizeDecimals ?? size.leastDecimals();
  const priceDivisor = 10 ** (price.decimals - priceDecimals);
  const sizeDivisor = 10 ** (size.decimals - sizeDecimals);
  let highest = 0;
  for (const value of price.values) if (value > highest) highest = value;
  const highestStep = Math.ceil(highest / priceDivisor);
  const lowestStep =
    highestStep < MOST_STEPS ? 0 : Math.max(0, Math.round(middleOf(price.values) / priceDivisor) - MOST_STEPS / 2);
  const steps = Math.min(MOST_STEPS, highestStep - lowestStep + 1);
  return { priceDecimals, sizeDecimals, lowestStep, steps, priceDivisor, sizeDivisor };
}

/** The median of some of the prices, so that a few far ones do not move it. */
function middleOf(prices: Float64Array): number {
  const every = Math.max(1, Math.floor(prices.length / 1001));
  const some = prices.filter((price, row) => price > 0 && row % every === 0).sort();
  return some[some.length >> 1] ?? 0;
}

/** Turns the rows of one message after the other into ticks and lots. */
class RowWriter {
  readonly #columns: UsdmColumns;
  readonly #ladder: FoundLadder;
  readonly #source: string;
  readonly #oddities: OddityLog;
  readonly #kind: Uint8Array;
  readonly #price: Float64Array;
  readonly #size: Float64Array;

  constructor(columns: UsdmColumns, ladder: FoundLadder, source: string, oddities: OddityLog) {
    this.#columns = columns;
    this.#ladder = ladder;
    this.#source = source;
    this.#oddities = oddities;
    this.#kind = columns.kind;
    this.#price = columns.price.values;
    this.#size = columns.size.values;
  }

  write(builder: TapeBuilder, message: number): void {
    const columns = this.#columns;
    const { lowestStep, steps, priceDivisor, sizeDivisor } = this.#ladder;
    const end = columns.firstRow(message + 1);
    for (let row = columns.firstRow(message); row < end; row++) {
      const kind = this.#kind[row]! as RowKind;
      if (isPriceless(kind)) {
        builder.row(kind, 0, NO_TICK, columns.figures.get(row)!);
        continue;
      }
      const step = this.#price[row]! / priceDivisor;
      const size = this.#size[row]! / sizeDivisor;
      const tick = step - lowestStep;
      if (!Number.isInteger(step)) this.#odd(message, 'off-ladder-price', 'a price between two steps; it is left out');
      else if (tick < 0 || tick >= steps)
        this.#odd(message, 'far-levels', 'a price too far from the rest; it is left out');
      else if (kind === RowKind.clearBids || kind === RowKind.clearAsks) builder.row(kind, 0, tick, 0);
      else {
        // Rounded to nothing, a level would be gone.
        const lots = size > 0 ? Math.max(1, Math.round(size)) : 0;
        if (lots !== size) this.#odd(message, 'off-lot-size', 'a size between two lots; it is rounded');
        builder.row(kind, 0, tick, lots);
      }
    }
  }

  #odd(message: number, code: string, clause: string): void {
    const line = String(this.#columns.lineOf(message));
    this.#oddities.add('warning', code, `${this.#source} line ${line}: ${clause}`);
  }
}

function infoOf(
  columns: UsdmColumns,
  options: UsdmTapeOptions,
  found: { readonly ladder: FoundLadder; readonly startEpochNanos: bigint }
): MarketInfo {
  const symbol = options.symbol === '' ? 'instrument' : options.symbol;
  const { priceDecimals, sizeDecimals, lowestStep, steps } = found.ladder;
  const described = (options.describe ?? usdmDescribed)({ symbol, priceDecimals, sizeDecimals, lowestStep, steps });
  return {
    id: `${symbol}-${String(found.startEpochNanos / 1_000_000n)}`,
    ...described,
    country: '',
    runners: [{ slot: 0, id: symbol, handicap: 0, name: symbol, sortPriority: 1 }],
    // It trades without end: no start is scheduled.
    scheduledMillis: 0,
    fingerprint: options.fingerprint,
    synthetic: false
  };
}

const usdmDescribed = (found: LadderFound): Described => ({
  venue: 'binance-usdm',
  name: `${found.symbol} perpetual`,
  eventName: 'Binance USD-M',
  kind: 'PERPETUAL',
  rules: binanceUsdmRules(found)
});
