/** Silver: a market's tape as Parquet, one file a market, and back into one buffer. */
import type { MarketInfo, Tape } from '../../market/tape.ts';
import type { TapeWire } from '../../market/tape-wire.ts';
import { tapeFromWire, tapeLayout } from '../../market/tape-wire.ts';
import type { RulesSpec } from '../../market/rules.ts';
import { venueOrder } from '../../market/tape-builder.ts';
import type { Table } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import type { ColumnSpec } from './columns.ts';
import { int64ToWhole, specsOf, toIpc, verifySchema, wholeToInt64 } from './columns.ts';
import type { ParquetEncoding } from './codec.ts';
import { ipcToParquet, parquetToArrow } from './codec.ts';

export const SILVER_COLUMNS: readonly ColumnSpec[] = [
  { name: 'exchange', type: 'i64', about: 'time at the venue, nanoseconds since the tape began' },
  { name: 'received', type: 'i64', about: 'time of reception, nanoseconds since the tape began' },
  { name: 'kind', type: 'u8', about: 'what the row says, a RowKind' },
  { name: 'slot', type: 'u8', about: "the runner's slot, 255 for the whole market" },
  { name: 'tick', type: 'i32', about: 'index of the price on the ladder, -1 for none' },
  { name: 'lots', type: 'f64', about: "size in the venue's smallest unit; a factor or a price for some kinds" },
  { name: 'message', type: 'u32', about: 'number of the message the row came in, from 0' }
];

export const SILVER_ENCODINGS: Readonly<Record<string, ParquetEncoding>> = {
  exchange: 'delta',
  received: 'delta',
  message: 'delta'
};

/** What a silver file needs beside it to be a tape again: plain JSON. */
export interface TapeSidecar {
  readonly market: Omit<MarketInfo, 'rules'>;
  readonly rules: RulesSpec;
  /** Decimal, since JSON has no 64-bit integers. */
  readonly startEpochNanos: string;
  readonly rows: number;
  /** Messages may carry no row, so the last row does not tell how many there were. */
  readonly messages: number;
  /** Whether the venue's own order differs from that of reception: it is found again in the times. */
  readonly reordered?: boolean;
}

export function tapeSidecar(tape: Tape): TapeSidecar {
  const { rules, ...market } = tape.market;
  return {
    market,
    rules: rules.spec,
    startEpochNanos: tape.startEpochNanos.toString(),
    rows: tape.rows,
    messages: tape.messageStart.length - 1,
    ...(tape.exchangeOrder === undefined ? {} : { reordered: true })
  };
}

/** A tape's silver columns as arrays; `message` is spelled out for every row. */
export function silverColumns(tape: Tape) {
  const message = new Uint32Array(tape.rows);
  for (let m = 0; m + 1 < tape.messageStart.length; m++) {
    message.fill(m, tape.messageStart[m], tape.messageStart[m + 1]);
  }
  return {
    exchange: wholeToInt64(tape.exchange),
    received: wholeToInt64(tape.received),
    kind: tape.kind.slice(),
    slot: tape.slot.slice(),
    tick: tape.tick.slice(),
    lots: tape.lots.slice(),
    message
  };
}

/** The Parquet codec must have been loaded. */
export function tapeToParquet(tape: Tape): Uint8Array<ArrayBuffer> {
  const metadata = new Map([['furlong.tape', JSON.stringify(tapeSidecar(tape))]]);
  const ipc = toIpc(SILVER_COLUMNS, silverColumns(tape), tape.rows);
  return ipcToParquet(ipc, { metadata, encodings: SILVER_ENCODINGS });
}

/**
 * @param shared whether the columns lie in a SharedArrayBuffer
 * @throws data.drift when the file's columns are not `SILVER_COLUMNS`, data.corrupt when it is torn or does not hold
 *   the rows its sidecar tells of
 */
export async function parquetToWire(
  bytes: Uint8Array,
  sidecar: TapeSidecar,
  options: { readonly shared: boolean }
): Promise<TapeWire> {
  const subject = `market ${sidecar.market.id}`;
  const table = parquetToArrow(subject, bytes);
  await verifySchema(subject, specsOf(table.schema), SILVER_COLUMNS);
  return wireFromTable(table, sidecar, options);
}

export async function parquetToTape(
  bytes: Uint8Array,
  sidecar: TapeSidecar,
  options: { readonly shared: boolean }
): Promise<Tape> {
  return tapeFromWire(await parquetToWire(bytes, sidecar, options));
}

/** Copies verified silver columns into one buffer laid out as `tapeLayout` says. */
export function wireFromTable(table: Table, sidecar: TapeSidecar, options: { readonly shared: boolean }): TapeWire {
  const { rows, messages, reordered = false } = sidecar;
  if (table.numRows !== rows) {
    throw new AppError('data.corrupt', {
      subject: `market ${sidecar.market.id}`,
      expected: `${String(rows)} rows`,
      got: `the file holds ${String(table.numRows)}`,
      remedy: 'remove the dataset and import its source file again'
    });
  }
  const { bytes } = tapeLayout(rows, messages, reordered);
  const wire: TapeWire = {
    market: sidecar.market,
    rules: sidecar.rules,
    startEpochNanos: BigInt(sidecar.startEpochNanos),
    rows,
    messages,
    ...(reordered ? { reordered } : {}),
    buffer: options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)
  };
  const tape = tapeFromWire(wire);
  let at = 0;
  let message = 0;
  for (const batch of table.batches) {
    const column = (name: string): unknown => batch.getChild(name)?.data[0]?.values;
    int64ToWhole(column('exchange') as BigInt64Array, tape.exchange, at);
    int64ToWhole(column('received') as BigInt64Array, tape.received, at);
    tape.lots.set(column('lots') as Float64Array, at);
    tape.kind.set(column('kind') as Uint8Array, at);
    tape.slot.set(column('slot') as Uint8Array, at);
    tape.tick.set(column('tick') as Int32Array, at);
    const ofRow = column('message') as Uint32Array;
    for (let i = 0; i < batch.numRows; i++) {
      const next = ofRow[i]!;
      while (message < next) tape.messageStart[++message] = at + i;
    }
    at += batch.numRows;
  }
  while (message < messages) tape.messageStart[++message] = rows;
  const order = reordered ? venueOrder(tape.exchange) : undefined;
  if (order !== undefined) tape.exchangeOrder?.set(order);
  return wire;
}
