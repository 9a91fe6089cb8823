/** A query's Arrow bytes as plain columns that cross to a frame, a table or a chart; see `arrow-cell.ts` for the values. */
import { DataType, tableFromIPC } from 'apache-arrow';
import type { Field } from 'apache-arrow';
import { cellReader, isUnsignedHuge } from './arrow-cell.ts';

export type ColumnType = 'number' | 'text' | 'date' | 'boolean' | 'other';

export interface ResultColumns {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly arrow: string }[];
  /** A list a column, `rows` long, of values as `ResultView.value` gives them. */
  readonly values: readonly (readonly unknown[])[];
  readonly rows: number;
}

function typeOf(type: DataType): ColumnType {
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)) return 'number';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return 'text';
  if (DataType.isDictionary(type)) return typeOf(type.dictionary as DataType);
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return 'date';
  if (DataType.isBool(type)) return 'boolean';
  return 'other';
}

const columnType = (field: Field): ColumnType => (isUnsignedHuge(field) ? 'number' : typeOf(field.type as DataType));

/** A result as it lies in Arrow's buffers: a million rows are opened at once, and cells read when they are looked at. */
export interface ResultView {
  readonly columns: ResultColumns['columns'];
  readonly rows: number;
  /**
   * Missing values are undefined, dates are milliseconds since the epoch. A number that a double cannot hold is text of
   * all its digits; what is neither number, text, date nor boolean is text.
   */
  value(column: number, row: number): unknown;
}

/** @param ipc an Arrow IPC stream, as `DataApi.query` returns it */
export function openResult(ipc: Uint8Array): ResultView {
  const table = tableFromIPC(ipc);
  const columns = table.schema.fields.map((field, index) => {
    return { vector: table.getChildAt(index), read: cellReader(field) };
  });
  return {
    columns: table.schema.fields.map((field) => ({
      name: field.name,
      type: columnType(field),
      arrow: String(field.type)
    })),
    rows: table.numRows,
    value: (column, row) => columns[column]?.read(columns[column].vector?.get(row))
  };
}

/** Every cell as a plain value, for whom a view cannot cross to: a frame. */
export function decodeResult(ipc: Uint8Array): ResultColumns {
  const result = openResult(ipc);
  const { columns, rows } = result;
  const column = (index: number): readonly unknown[] =>
    Array.from({ length: rows }, (_, row) => result.value(index, row));
  return { columns, values: columns.map((_, index) => column(index)), rows };
}
