/** A query's Arrow bytes as plain columns that cross to a frame, a table or a chart. Big whole numbers become numbers. */
import { DataType, tableFromIPC } from 'apache-arrow';

export type ColumnType = 'number' | 'text' | 'date' | 'boolean' | 'other';

export interface ResultColumns {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly arrow: string }[];
  /** A list a column, `rows` long; missing values are undefined, dates are milliseconds since the epoch. */
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

/** Whole numbers beyond 2^53 stay exact as text; all others are numbers. */
function plain(value: unknown, scale: number): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (scale > 0) return Number(value) / 10 ** scale;
  if (typeof value === 'object' && !(value instanceof Date)) {
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner));
  }
  return value;
}

/** A result as it lies in Arrow's buffers: a million rows are opened at once, and cells read when they are looked at. */
export interface ResultView {
  readonly columns: ResultColumns['columns'];
  readonly rows: number;
  /** Missing values are undefined, dates are milliseconds since the epoch. */
  value(column: number, row: number): unknown;
}

/** @param ipc an Arrow IPC stream, as `DataApi.query` returns it */
export function openResult(ipc: Uint8Array): ResultView {
  const table = tableFromIPC(ipc);
  const columns = table.schema.fields.map((field, index) => {
    const type = field.type as DataType;
    return { vector: table.getChildAt(index), scale: DataType.isDecimal(type) ? type.scale : 0 };
  });
  return {
    columns: table.schema.fields.map((field) => ({
      name: field.name,
      type: typeOf(field.type as DataType),
      arrow: String(field.type)
    })),
    rows: table.numRows,
    value: (column, row) => plain(columns[column]?.vector?.get(row), columns[column]?.scale ?? 0)
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
