/** What the form of a table's columns offers and how a change of one answer bears on the others. Pure. */
import { sampleCsv } from '$lib/data/bars/csv.ts';
import type { TimeForm } from '$lib/data/bars/instants.ts';
import { TIME_FORMS } from '$lib/data/bars/instants.ts';
import type { ColumnRole, Delimiter, TableReading } from '$lib/data/bars/table-reading.ts';
import { complaintsOf, guessReading, trial } from '$lib/data/bars/table-reading.ts';
import type { TableQuestion } from '$lib/data/import-question.ts';

export const ROLE_NAMES: Readonly<Record<ColumnRole, string>> = {
  ignore: 'not used',
  time: 'time',
  date: 'date (time of day apart)',
  clock: 'time of day',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
  quoteVolume: 'volume in quote currency',
  trades: 'number of trades',
  takerBuyVolume: 'volume bought by takers',
  closeTime: 'closing time',
  symbol: 'symbol'
};

export const DELIMITER_NAMES: Readonly<Record<Delimiter, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar'
};

const FORM_NAMES: Readonly<Record<TimeForm, string>> = {
  iso: 'year first (2024-01-31 12:00)',
  'day-first': 'day first (31/01/2024)',
  'month-first': 'month first (01/31/2024)',
  s: 'seconds since 1970',
  ms: 'milliseconds since 1970',
  us: 'microseconds since 1970',
  ns: 'nanoseconds since 1970'
};
export const FORMS: readonly (readonly [TimeForm, string])[] = TIME_FORMS.map((form) => [form, FORM_NAMES[form]]);

/** Rows shown under the columns. */
const SHOWN = 6;

export interface TableView {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly verdict: string;
  readonly sound: boolean;
}

export function viewOf(reading: TableReading, rows: readonly (readonly string[])[]): TableView {
  const [first = []] = rows;
  const names = reading.roles.map((_, column) =>
    reading.header ? (first[column] ?? '') : `column ${String(column + 1)}`
  );
  const shown = rows.slice(reading.header ? 1 : 0, SHOWN + 1);
  const complaints = complaintsOf(reading);
  if (complaints.length > 0) return { names, rows: shown, verdict: complaints.join('; '), sound: false };
  const { read, of } = trial(reading, rows);
  return {
    names,
    rows: shown,
    verdict: `${String(read)} of the first ${String(of)} rows are candles`,
    sound: read === of
  };
}

/** A role is given once: the column that had it is not used any more. */
export function withRole(reading: TableReading, column: number, role: ColumnRole): TableReading {
  const roles = reading.roles.map((one, at) => (at === column ? role : one === role ? 'ignore' : one));
  return { ...reading, roles };
}

/** Parts the text anew; what was said of zone, stamps and symbol stays. */
export function withDelimiter(
  table: TableQuestion,
  reading: TableReading,
  delimiter: Delimiter
): { readonly reading: TableReading; readonly rows: readonly (readonly string[])[] } {
  const sample = table.text === undefined ? undefined : sampleCsv(table.text, false, delimiter);
  if (sample === undefined) return { reading: { ...reading, delimiter }, rows: table.rows };
  const { zone, stamps, symbol } = reading;
  return { reading: { ...guessReading(sample, symbol), zone, stamps }, rows: sample.rows };
}

/** Names of the tz database that this browser knows. */
export const zones = (): readonly string[] => [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')
];
