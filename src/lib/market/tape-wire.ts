/** A tape as plain data that crosses workers: one buffer (shared where it may be) and where each column starts. */
import type { MarketInfo, Tape } from './tape.ts';
import type { RulesSpec } from './rules.ts';
import { rulesFrom } from './venues/rules-from.ts';

export interface TapeWire {
  readonly market: Omit<MarketInfo, 'rules'>;
  readonly rules: RulesSpec;
  readonly startEpochNanos: bigint;
  readonly rows: number;
  readonly messages: number;
  /** Whether `exchangeOrder` is in the buffer. */
  readonly reordered?: boolean;
  readonly buffer: ArrayBufferLike;
}

/** Byte offsets of the columns for so many rows and messages; every column starts on an 8-byte boundary. */
export function tapeLayout(rows: number, messages: number, reordered = false) {
  let bytes = 0;
  const take = (count: number, width: number): number => {
    const start = bytes;
    bytes = (bytes + count * width + 7) & ~7;
    return start;
  };
  return {
    exchange: take(rows, 8),
    received: take(rows, 8),
    lots: take(rows, 8),
    tick: take(rows, 4),
    messageStart: take(messages + 1, 4),
    kind: take(rows, 1),
    slot: take(rows, 1),
    exchangeOrder: take(reordered ? rows : 0, 4),
    bytes
  };
}

/** The tape that `tapeToWire` sent: its columns are views on the buffer that came, nothing is copied. */
export function tapeFromWire(wire: TapeWire): Tape {
  const { rows, messages, buffer } = wire;
  const at = tapeLayout(rows, messages, wire.reordered);
  return {
    market: { ...wire.market, rules: rulesFrom(wire.rules) },
    startEpochNanos: wire.startEpochNanos,
    rows,
    exchange: new Float64Array(buffer, at.exchange, rows),
    received: new Float64Array(buffer, at.received, rows),
    kind: new Uint8Array(buffer, at.kind, rows),
    slot: new Uint8Array(buffer, at.slot, rows),
    tick: new Int32Array(buffer, at.tick, rows),
    lots: new Float64Array(buffer, at.lots, rows),
    messageStart: new Uint32Array(buffer, at.messageStart, messages + 1),
    ...(wire.reordered === true ? { exchangeOrder: new Uint32Array(buffer, at.exchangeOrder, rows) } : {})
  };
}

/** A tape must lie in one buffer as `tapeLayout` says; a `TapeBuilder` makes it so. */
export function tapeToWire(tape: Tape): TapeWire {
  const { rules, ...market } = tape.market;
  return {
    market,
    rules: rules.spec,
    startEpochNanos: tape.startEpochNanos,
    rows: tape.rows,
    messages: tape.messageStart.length - 1,
    ...(tape.exchangeOrder === undefined ? {} : { reordered: true }),
    buffer: tape.exchange.buffer
  };
}
