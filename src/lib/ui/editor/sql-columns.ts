/** Column names while SQL is typed: those of the tables that the statement names, wherever the cursor is. Pure. */

export interface ColumnOption {
  readonly column: string;
  /** The tables that have it. */
  readonly of: string;
}

/** Before a table is named, columns of all: `select` is written first. */
export function columnOptions(
  text: string,
  tables: Readonly<Record<string, readonly string[]>>
): readonly ColumnOption[] {
  const words = new Set(text.toLowerCase().match(/[a-z_]\w*/gu));
  const named = Object.keys(tables).filter((table) => words.has(table.toLowerCase()));
  const owners = new Map<string, string[]>();
  for (const table of named.length > 0 ? named : Object.keys(tables)) {
    for (const column of tables[table] ?? []) owners.set(column, [...(owners.get(column) ?? []), table]);
  }
  return [...owners].map(([column, of]) => ({ column, of: of.join(', ') }));
}

/** One or more tables with their short names, the last one still being written, after the word that asks for them. */
const TABLE_PLACE = /\b(?:from|join|into|update|table)\s+(?:[\w."]+(?:\s+(?:as\s+)?\w+)?\s*,\s*)*[\w."]*$/iu;

/** Whether a table is what is most likely written next. Not always: `extract(year from placed)` takes a column. */
export const wantsTable = (textBefore: string): boolean => TABLE_PLACE.test(textBefore);
