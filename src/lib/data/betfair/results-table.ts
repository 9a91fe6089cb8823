/** The table `results`: a row a selection of Betfair's results files, under the id that a recording of its market has. */
import { tableFromIPC } from 'apache-arrow';
import { numberOf } from '../bars/decimal-text.ts';
import type { ColumnSpec } from '../parquet/columns.ts';
import type { MarketRecord } from '../records.ts';
import type { SqlTable } from '../sql/tables.ts';
import { RESULTS_SUFFIX, resultRow } from './results.ts';

const text = (name: string, about: string): ColumnSpec => ({ name, type: 'text', about });
const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about, nullable: true });

export const RESULTS_TABLE: SqlTable = {
  name: 'results',
  about: "one row a selection of Betfair's results files; market and id join it to runners and tape of recordings",
  columns: [
    text('dataset', 'name of the dataset'),
    text('market', "the venue's id of the market, as a recording of it has it"),
    { name: 'time', type: 'time', about: 'scheduled start, UTC', nullable: true },
    text('event', 'where it was'),
    text('name', "the market's name"),
    text('id', "the venue's id of the selection"),
    text('runner', "the selection's name"),
    { name: 'winner', type: 'bool', about: 'whether it won, or was placed' },
    real('starting_price', 'BSP'),
    real('preplay_average', 'PPWAP: average price before the off, weighted by size'),
    real('morning_average', 'MORNINGWAP: the same until 11 o’clock'),
    real('preplay_highest', 'PPMAX'),
    real('preplay_lowest', 'PPMIN'),
    real('inplay_highest', 'IPMAX'),
    real('inplay_lowest', 'IPMIN'),
    real('morning_volume', 'MORNINGTRADEDVOL'),
    real('preplay_volume', 'PPTRADEDVOL'),
    real('inplay_volume', 'IPTRADEDVOL')
  ]
};

/** Kind of the markets that such a file gives. */
export const RESULTS_KIND = 'RESULTS';

/** @param bronze of one such market: an Arrow IPC stream, undefined where it has none */
export function resultRows(
  record: MarketRecord,
  bronze: Uint8Array | undefined
): readonly Readonly<Record<string, unknown>>[] {
  if (bronze === undefined) return [];
  const texts = tableFromIPC(bronze).getChild('text');
  return Array.from({ length: texts?.length ?? 0 }, (_, at) => {
    const told: unknown = texts?.get(at);
    const row = resultRow(typeof told === 'string' ? told : '');
    const number = (cell: string): number | undefined => {
      const value = numberOf(cell, '.');
      return Number.isNaN(value) ? undefined : value;
    };
    return {
      dataset: record.dataset,
      market: record.id.replace(RESULTS_SUFFIX, ''),
      time: record.scheduledMillis,
      event: row.MENU_HINT,
      name: row.EVENT_NAME,
      id: row.SELECTION_ID,
      runner: row.SELECTION_NAME,
      winner: row.WIN_LOSE === '1',
      starting_price: number(row.BSP),
      preplay_average: number(row.PPWAP),
      morning_average: number(row.MORNINGWAP),
      preplay_highest: number(row.PPMAX),
      preplay_lowest: number(row.PPMIN),
      inplay_highest: number(row.IPMAX),
      inplay_lowest: number(row.IPMIN),
      morning_volume: number(row.MORNINGTRADEDVOL),
      preplay_volume: number(row.PPTRADEDVOL),
      inplay_volume: number(row.IPTRADEDVOL)
    };
  });
}
