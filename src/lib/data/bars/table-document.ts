/** A table of candles, text or typed, as an import takes it: a market an instrument. */
import type { Table } from 'apache-arrow';
import { cellRows } from '../arrow/typed-table.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';
import { barsMarket, barsRules, intervalName } from './bars-market.ts';
import { csvRows } from './csv.ts';
import { TableReader } from './read-table.ts';
import type { TableReading } from './table-reading.ts';

export interface TableAbout {
  readonly source: string;
  readonly reading: TableReading;
  readonly fingerprint: string;
  readonly venue: string;
  readonly eventName: string;
  /** Where the source says it; else it is found. */
  readonly interval?: string;
}

export interface TableRead {
  readonly markets: readonly ReadMarket[];
  readonly oddities: readonly Oddity[];
}

/** @throws data.corrupt, data.empty */
export function readTextTable(text: string, about: TableAbout): TableRead {
  const { reading, source } = about;
  let reader: TableReader | undefined;
  let names = '';
  const rows = new Map<string, string[]>();
  csvRows(text, reading.delimiter, (cells, line, row) => {
    if (reader === undefined) {
      reader = new TableReader(source, reading, reading.header ? cells : cells.map((_, i) => String(i + 1)));
      if (reading.header) {
        names = row;
        return true;
      }
    }
    const symbol = reader.row(cells, line);
    if (symbol === undefined) return true;
    const own = rows.get(symbol);
    if (own === undefined) rows.set(symbol, [row]);
    else own.push(row);
    return true;
  });
  reader ??= new TableReader(source, reading, []);
  // Of several instruments each keeps its own rows; of one the whole, with what was wrong in it.
  return laidOut(reader, about, rows.size > 1 ? (symbol) => names + (rows.get(symbol) ?? []).join('') : () => text);
}

/** @throws data.corrupt, data.empty */
export function readTypedTable(table: Table, about: TableAbout): TableRead {
  const names = table.schema.fields.map((field) => field.name);
  const reader = new TableReader(about.source, about.reading, names);
  let row = 0;
  for (const cells of cellRows(table, about.reading.zone)) reader.row(cells, ++row);
  return laidOut(reader, about);
}

function laidOut(reader: TableReader, about: TableAbout, textOf?: (symbol: string) => string): TableRead {
  const { series, oddities } = reader.end();
  const markets = series.map(({ symbol, bars, intervalMillis, oddities: own }) =>
    barsMarket(bars, {
      symbol: symbol === '' ? 'instrument' : symbol,
      interval: about.interval ?? (Number.isNaN(intervalMillis) ? 'single' : intervalName(intervalMillis)),
      venue: about.venue,
      eventName: about.eventName,
      rules: barsRules(bars),
      fingerprint: about.fingerprint,
      ...(textOf === undefined ? {} : { text: textOf(symbol) }),
      oddities: own
    })
  );
  return { markets, oddities };
}
