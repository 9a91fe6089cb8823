/**
 * Bronze: every message of a market as it was received, with both times, as Parquet. Where a recorder's clock was finer than
 * the columns are, what is left of each time of reception stands in the file's metadata.
 */
import { tableFromIPC } from 'apache-arrow';
import type { Table } from 'apache-arrow';
import type { ColumnSpec, PackedTexts } from './columns.ts';
import { specsOf, toIpc, verifySchema, wholeToInt64 } from './columns.ts';
import { ipcToParquet, parquetToIpc } from './codec.ts';

export const BRONZE_COLUMNS: readonly ColumnSpec[] = [
  { name: 'published', type: 'time', about: "the venue's own time of publication, UTC" },
  { name: 'received', type: 'time', about: 'when it was received, UTC; the same where the recording has one clock' },
  { name: 'text', type: 'text', about: 'the message as it came' }
];

export interface BronzeColumns {
  /** Milliseconds since the epoch; fractions keep microseconds. */
  readonly published: Float64Array;
  readonly received: Float64Array;
  readonly text: readonly string[];
  /** The same texts, where they are at hand so: nothing is decoded to be encoded again. */
  readonly packed?: PackedTexts | undefined;
  /** Whole nanoseconds of each `received` below its microsecond, 0 to 999; all 0 where absent. */
  readonly nanos?: Uint16Array;
}

const NANOS = 'furlong.nanos';

/** The Parquet codec must have been loaded. */
export function bronzeToParquet(bronze: BronzeColumns): Uint8Array<ArrayBuffer> {
  const columns = {
    published: micros(bronze.published),
    received: micros(bronze.received),
    text: bronze.packed ?? bronze.text
  };
  const ipc = toIpc(BRONZE_COLUMNS, columns, bronze.published.length);
  const { nanos } = bronze;
  const isFine = nanos?.some((one) => one !== 0) === true;
  return ipcToParquet(ipc, {
    encodings: { published: 'delta', received: 'delta', text: 'plain' },
    ...(isFine ? { metadata: new Map([[NANOS, textOf(nanos)]]) } : {})
  });
}

/**
 * Times of reception of verified bronze, nanoseconds since the epoch.
 * @returns [messages]
 */
export function receivedNanos(table: Table): BigInt64Array {
  const text = table.schema.metadata.get(NANOS);
  const nanos = text === undefined ? undefined : numbersOf(text);
  const received = new BigInt64Array(table.numRows);
  let row = 0;
  for (const batch of table.batches) {
    const micros = batch.getChild('received')?.data[0]?.values as BigInt64Array;
    for (let i = 0; i < batch.numRows; i++, row++) received[row] = micros[i]! * 1000n + BigInt(nanos?.[row] ?? 0);
  }
  return received;
}

/** Two letters of base 32 a number: a third of what their digits would take. */
const textOf = (numbers: Uint16Array): string =>
  Array.from(numbers, (one) => one.toString(32).padStart(2, '0')).join('');

const numbersOf = (text: string): Uint16Array =>
  Uint16Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 32));

/** Verified bronze as an Arrow IPC stream. */
export async function bronzeIpc(subject: string, bytes: Uint8Array): Promise<Uint8Array> {
  const ipc = parquetToIpc(subject, bytes);
  await verifySchema(subject, specsOf(tableFromIPC(ipc).schema), BRONZE_COLUMNS);
  return ipc;
}

function micros(millis: Float64Array): BigInt64Array {
  // A message without a time is kept at 0.
  return wholeToInt64(millis.map((value) => (Number.isFinite(value) ? Math.round(value * 1000) : 0)));
}
