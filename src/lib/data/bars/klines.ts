/**
 * Binance's public kline files: twelve columns with or without a header, times in milliseconds, or in microseconds on the
 * spot market since 2025 ("Klines", github.com/binance/binance-public-data). Which, their digits say.
 */
import type { TableReading } from './table-reading.ts';

const COLUMNS = 12;
/** The names of the futures' files; the last column is not used by the venue itself. */
const HEADER = ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time'];
const MICRO_DIGITS = 16;

/** @param rows the first rows, the header among them where there is one */
export function looksLikeKlines(rows: readonly (readonly string[])[]): boolean {
  const [first = [], second = []] = rows;
  if (first.length !== COLUMNS) return false;
  const named = HEADER.every((name, column) => first[column]?.trim().toLowerCase() === name);
  const row = named ? second : first;
  const [opened = '', closed = ''] = [row[0], row[6]];
  const isEpoch = /^(?:\d{13}|\d{16})$/u;
  return isEpoch.test(opened) && isEpoch.test(closed) && Number(closed) > Number(opened);
}

export interface KlinesAbout {
  readonly reading: TableReading;
  /** As the file's name says it, where it does. */
  readonly interval: string | undefined;
}

/** @param source path; Binance names its files `BTCUSDT-1m-2024-01.csv` */
export function klinesReading(rows: readonly (readonly string[])[], source: string): KlinesAbout {
  const [first = [], second = []] = rows;
  const header = !/^\d/u.test(first[0] ?? '');
  const opened = (header ? second : first)[0] ?? '';
  const [, symbol = 'instrument', interval] = /([A-Z0-9_]{4,})-(\d+(?:mo|[smhdwM]))-\d{4}/u.exec(source) ?? [];
  return {
    reading: {
      delimiter: ',',
      header,
      decimal: '.',
      roles: [
        'time',
        'open',
        'high',
        'low',
        'close',
        'volume',
        'closeTime',
        'quoteVolume',
        'trades',
        'takerBuyVolume',
        'ignore',
        'ignore'
      ],
      time: opened.length === MICRO_DIGITS ? 'us' : 'ms',
      zone: 'UTC',
      stamps: 'open',
      symbol
    },
    interval
  };
}
