/** Bronze: every message of a market as it was received, with both times, as Parquet. */
import { tableFromIPC } from 'apache-arrow';
import type { ColumnSpec } from './columns.ts';
import { specsOf, toIpc, verifySchema } from './columns.ts';
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
}

/** The Parquet codec must have been loaded. */
export function bronzeToParquet(bronze: BronzeColumns): Uint8Array<ArrayBuffer> {
  const columns = { published: micros(bronze.published), received: micros(bronze.received), text: bronze.text };
  const ipc = toIpc(BRONZE_COLUMNS, columns, bronze.text.length);
  return ipcToParquet(ipc, { encodings: { published: 'delta', received: 'delta', text: 'plain' } });
}

/** Verified bronze as an Arrow IPC stream. */
export async function bronzeIpc(subject: string, bytes: Uint8Array): Promise<Uint8Array> {
  const ipc = parquetToIpc(subject, bytes);
  await verifySchema(subject, specsOf(tableFromIPC(ipc).schema), BRONZE_COLUMNS);
  return ipc;
}

function micros(millis: Float64Array): BigInt64Array {
  return BigInt64Array.from(millis, (value) => BigInt(Math.round(value * 1000)));
}
