/**
 * Grows a tape row by row and lays it out in one buffer at the end. Parsers and simulators fill it; it knows nothing of
 * either, and checks only what would make a tape lie: the order of time.
 */
import type { Nanos } from '../core/units.ts';
import { tapeFromWire, tapeLayout } from './tape-wire.ts';
import type { MarketInfo, RowKind, Tape } from './tape.ts';

const FIRST_ROWS = 256;
const FIRST_MESSAGES = 64;

export class TapeBuilder {
  readonly startEpochNanos: bigint;
  #exchange = new Float64Array(FIRST_ROWS);
  #received: Float64Array<ArrayBuffer> | undefined;
  #kind = new Uint8Array(FIRST_ROWS);
  #slot = new Uint8Array(FIRST_ROWS);
  #tick = new Int32Array(FIRST_ROWS);
  #lots = new Float64Array(FIRST_ROWS);
  #messageStart = new Uint32Array(FIRST_MESSAGES);
  #rows = 0;
  #messages = 0;
  #exchangeNow = 0;
  #receivedNow = 0;

  constructor(startEpochNanos: bigint) {
    this.startEpochNanos = startEpochNanos;
  }

  get rows(): number {
    return this.#rows;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Starts a message; the rows that follow belong to it. `received` is the same moment where a source has one clock. */
  message(exchange: Nanos, received: Nanos = exchange): void {
    if (received < this.#receivedNow) {
      throw new Error(`tape: received ${String(received)} ns after ${String(this.#receivedNow)} ns`);
    }
    if (this.#messages === this.#messageStart.length) this.#messageStart = grown(this.#messageStart);
    this.#messageStart[this.#messages++] = this.#rows;
    this.#exchangeNow = exchange;
    this.#receivedNow = received;
    if (exchange !== received && this.#received === undefined) {
      this.#received = new Float64Array(this.#exchange.length);
      this.#received.set(this.#exchange);
    }
  }

  row(kind: RowKind, slot: number, tick: number, lots: number): void {
    const at = this.#rows;
    if (at === this.#kind.length) this.#grow();
    this.#exchange[at] = this.#exchangeNow;
    if (this.#received !== undefined) this.#received[at] = this.#receivedNow;
    this.#kind[at] = kind;
    this.#slot[at] = slot;
    this.#tick[at] = tick;
    this.#lots[at] = lots;
    this.#rows = at + 1;
  }

  /** One buffer laid out by `tapeLayout`; `shared` asks for a SharedArrayBuffer, which needs an isolated page. */
  build(market: MarketInfo, options: { readonly shared: boolean }): Tape {
    const rows = this.#rows;
    const messages = this.#messages;
    const order = this.#received === undefined ? undefined : venueOrder(this.#exchange.subarray(0, rows));
    const reordered = order !== undefined;
    const bytes = tapeLayout(rows, messages, reordered).bytes;
    const buffer = options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    const { rules, ...plain } = market;
    const tape = tapeFromWire({
      market: plain,
      rules: rules.spec,
      startEpochNanos: this.startEpochNanos,
      rows,
      messages,
      ...(reordered ? { reordered } : {}),
      buffer
    });
    tape.exchange.set(this.#exchange.subarray(0, rows));
    tape.received.set((this.#received ?? this.#exchange).subarray(0, rows));
    tape.kind.set(this.#kind.subarray(0, rows));
    tape.slot.set(this.#slot.subarray(0, rows));
    tape.tick.set(this.#tick.subarray(0, rows));
    tape.lots.set(this.#lots.subarray(0, rows));
    tape.messageStart.set(this.#messageStart.subarray(0, messages));
    tape.messageStart[messages] = rows;
    if (order !== undefined) tape.exchangeOrder?.set(order);
    return tape;
  }

  #grow(): void {
    this.#exchange = grown(this.#exchange);
    if (this.#received !== undefined) this.#received = grown(this.#received);
    this.#kind = grown(this.#kind);
    this.#slot = grown(this.#slot);
    this.#tick = grown(this.#tick);
    this.#lots = grown(this.#lots);
  }
}

/** All rows by the venue's clock, first come first among equals; undefined where they stand so already. */
export function venueOrder(exchange: Float64Array): Uint32Array | undefined {
  const rows = exchange.length;
  let sorted = true;
  for (let row = 1; row < rows && sorted; row++) sorted = exchange[row]! >= exchange[row - 1]!;
  if (sorted) return undefined;
  return Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => exchange[a]! - exchange[b]! || a - b);
}

interface Column {
  readonly length: number;
  set(from: this): void;
}

function grown<C extends Column>(column: C): C {
  const wider = new (column.constructor as new (length: number) => C)(column.length * 2);
  wider.set(column);
  return wider;
}
