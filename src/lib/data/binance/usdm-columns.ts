/**
 * Growing columns of what a recorded stream said, before it is known how fine the ladder is: prices and sizes are whole
 * numbers at a scale of ten that widens when a finer one comes. Knows no message and no tape.
 */
import { assert } from '../../core/assert.ts';
import type { RowKind } from '../../market/tape.ts';
import type { DecimalLevels } from './usdm-message.ts';

const FIRST_ENTRIES = 1024;
/** A double holds whole numbers exactly below this. */
const EXACT = Number.MAX_SAFE_INTEGER;
/** A step that fewer of the numbers need is not the venue's. */
const STRAY_SHARE = 1 / 1000;
const POWERS = Float64Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Decimal numbers as whole multiples of 10^-`decimals`, exactly. */
export class DecimalColumn {
  #values = new Float64Array(FIRST_ENTRIES);
  #count = 0;
  #decimals = 0;
  #largest = 0;

  get count(): number {
    return this.#count;
  }

  get decimals(): number {
    return this.#decimals;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#count);
  }

  /**
   * Adds `whole` x 10^-`decimals`.
   * @returns false when no common scale can hold it and what is there already: nothing is added then
   */
  add(whole: number, decimals: number): boolean {
    while (decimals > this.#decimals && whole % 10 === 0) {
      whole /= 10;
      decimals--;
    }
    if (decimals > this.#decimals && !this.#refine(decimals)) return false;
    if (decimals < this.#decimals) whole *= POWERS[this.#decimals - decimals]!;
    if (whole > this.#largest) {
      if (whole > EXACT) return false;
      this.#largest = whole;
    }
    if (this.#count === this.#values.length) this.#values = wider(this.#values);
    this.#values[this.#count++] = whole;
    return true;
  }

  /** Takes back what was added since there were `count`. */
  truncate(count: number): void {
    this.#count = count;
  }

  /**
   * The fewest decimals that write all values but strays exactly: so few that one damaged number among thousands does
   * not make the ladder of the whole market finer.
   */
  leastDecimals(): number {
    const { values } = this;
    let numbers = 0;
    for (const value of values) if (value !== 0) numbers++;
    const mostStrays = Math.floor(numbers * STRAY_SHARE);
    let divisor = 1;
    for (let decimals = this.#decimals; decimals > 0; decimals--) {
      const coarser = divisor * 10;
      let strays = 0;
      for (const value of values) if (value % coarser !== 0 && ++strays > mostStrays) return decimals;
      divisor = coarser;
    }
    return 0;
  }

  #refine(decimals: number): boolean {
    const factor = POWERS[decimals - this.#decimals];
    if (factor === undefined || this.#largest * factor > EXACT) return false;
    for (let at = 0; at < this.#count; at++) this.#values[at]! *= factor;
    this.#largest *= factor;
    this.#decimals = decimals;
    return true;
  }
}

/** Rows and the messages they came in. Times in nanoseconds since `baseMillis`. */
export class UsdmColumns {
  /** The first second told of, in milliseconds since the epoch; times count from it. */
  readonly baseMillis: number;
  readonly price = new DecimalColumn();
  readonly size = new DecimalColumn();
  #kind = new Uint8Array(FIRST_ENTRIES);
  #messages = 0;
  #firstRow = new Uint32Array(FIRST_ENTRIES);
  #received = new Float64Array(FIRST_ENTRIES);
  #exchange = new Float64Array(FIRST_ENTRIES);
  #line = new Uint32Array(FIRST_ENTRIES);
  /** By row: what `figure` was given. */
  readonly figures = new Map<number, number>();

  constructor(baseMillis: number) {
    this.baseMillis = baseMillis;
  }

  get rows(): number {
    return this.price.count;
  }

  get messages(): number {
    return this.#messages;
  }

  get kind(): Uint8Array {
    return this.#kind.subarray(0, this.rows);
  }

  get received(): Float64Array {
    return this.#received.subarray(0, this.#messages);
  }

  get exchange(): Float64Array {
    return this.#exchange.subarray(0, this.#messages);
  }

  /** Line of the source that a message stood in. */
  lineOf(message: number): number {
    return this.#line[message]!;
  }

  /** First row of a message; of the one after the last, how many rows there are. */
  firstRow(message: number): number {
    return message < this.#messages ? this.#firstRow[message]! : this.rows;
  }

  /** The rows that follow belong to it; `line` is where it stands in the source, from 1. */
  message(times: { readonly received: number; readonly exchange: number; readonly line: number }): void {
    const at = this.#messages;
    if (at === this.#firstRow.length) {
      this.#firstRow = wider(this.#firstRow);
      this.#received = wider(this.#received);
      this.#exchange = wider(this.#exchange);
      this.#line = wider(this.#line);
    }
    this.#firstRow[at] = this.rows;
    this.#received[at] = times.received;
    this.#exchange[at] = times.exchange;
    this.#line[at] = times.line;
    this.#messages = at + 1;
  }

  /**
   * A row of the price and size of one level.
   * @returns false when they are too fine or too large to be held exactly: there is no row then
   */
  row(kind: RowKind, levels: DecimalLevels, index: number): boolean {
    const { price, size } = this;
    const at = price.count;
    if (!price.add(levels.price[index]!, levels.priceDecimals[index]!)) return false;
    if (!size.add(levels.size[index]!, levels.sizeDecimals[index]!)) {
      price.truncate(at);
      return false;
    }
    this.#setKind(at, kind);
    return true;
  }

  /** The same row once more, in the message that is being written. */
  again(row: number): void {
    const { price, size } = this;
    const at = price.count;
    price.add(price.values[row]!, price.decimals);
    size.add(size.values[row]!, size.decimals);
    this.#setKind(at, this.#kind[row]! as RowKind);
  }

  /** A row whose price is no price of the ladder and whose size no size: a mark price, a funding rate. */
  figure(kind: RowKind, value: number): void {
    const at = this.price.count;
    this.price.add(0, 0);
    this.size.add(0, 0);
    this.#setKind(at, kind);
    this.figures.set(at, value);
  }

  #setKind(row: number, kind: RowKind): void {
    assert(this.#messages > 0, 'a row before the first message');
    if (row === this.#kind.length) this.#kind = wider(this.#kind);
    this.#kind[row] = kind;
  }
}

interface Column {
  readonly length: number;
  set(from: this): void;
}

function wider<C extends Column>(column: C): C {
  const next = new (column.constructor as new (length: number) => C)(column.length * 2);
  next.set(column);
  return next;
}
