/** Bars: candles of one instrument and interval as Parquet. */
import type { Bar } from '../bars/bar.ts';
import type { ColumnSpec } from './columns.ts';
import { specsOf, toIpc, verifySchema } from './columns.ts';
import { ipcToParquet, parquetToArrow } from './codec.ts';

const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about });

export const BARS_COLUMNS: readonly ColumnSpec[] = [
  { name: 'open_time', type: 'time', about: 'when the candle opened, UTC' },
  real('open', 'first price'),
  real('high', 'highest price'),
  real('low', 'lowest price'),
  real('close', 'last price'),
  real('volume', 'traded size'),
  { name: 'close_time', type: 'time', about: 'when it closed, UTC' },
  real('quote_volume', 'traded value'),
  real('trades', 'number of trades'),
  real('taker_buy_volume', 'size bought by takers')
];

/** The Parquet codec must have been loaded. */
export function barsToParquet(bars: readonly Bar[]): Uint8Array<ArrayBuffer> {
  const reals = (value: (bar: Bar) => number): Float64Array => Float64Array.from(bars, value);
  const times = (value: (bar: Bar) => number): BigInt64Array =>
    BigInt64Array.from(bars, (bar) => BigInt(Math.round(value(bar) * 1000)));
  const columns = {
    open_time: times((bar) => bar.openMillis),
    open: reals((bar) => bar.open),
    high: reals((bar) => bar.high),
    low: reals((bar) => bar.low),
    close: reals((bar) => bar.close),
    volume: reals((bar) => bar.volume),
    close_time: times((bar) => bar.closeMillis),
    quote_volume: reals((bar) => bar.quoteVolume),
    trades: reals((bar) => bar.trades),
    taker_buy_volume: reals((bar) => bar.takerBuyVolume)
  };
  return ipcToParquet(toIpc(BARS_COLUMNS, columns, bars.length), {
    encodings: { open_time: 'delta', close_time: 'delta' }
  });
}

/** Verified rows by column name; times in milliseconds since the epoch. */
export async function barsRows(subject: string, bytes: Uint8Array): Promise<readonly Record<string, number>[]> {
  const table = parquetToArrow(subject, bytes);
  await verifySchema(subject, specsOf(table.schema), BARS_COLUMNS);
  // A column at a time: looking a column up by name for every cell took most of the time of a month of minutes.
  const rows = Array.from({ length: table.numRows }, (): Record<string, number> => ({}));
  for (const { name } of BARS_COLUMNS) {
    const column = table.getChild(name);
    rows.forEach((row, at) => {
      row[name] = Number(column?.get(at));
    });
  }
  return rows;
}
