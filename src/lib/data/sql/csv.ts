/**
 * A table as CSV (RFC 4180), made by the engine itself: a query whose answer is the lines. Text is always quoted, so that
 * no name can break a line or be taken for a number; what is absent is empty.
 */
import type { SqlTable } from './tables.ts';

const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const csvHead = (table: SqlTable): string => table.columns.map(({ name }) => name).join(',');

/**
 * One row, one column `lines`: every row of the table that `where` names, parted by line feeds; NULL where there is none.
 */
export function csvQuery(table: SqlTable, where: Readonly<Record<string, string>>): string {
  const cells = table.columns.map(({ name, type }) => {
    const column = quotedName(name);
    return type === 'text'
      ? `coalesce('"' || replace(${column}, '"', '""') || '"', '')`
      : `coalesce(CAST(${column} AS VARCHAR), '')`;
  });
  const conditions = Object.entries(where).map(([name, value]) => `${name} = ${literal(value)}`);
  return `SELECT string_agg(${cells.join(` || ',' || `)}, chr(10)) AS lines FROM ${table.name} WHERE ${conditions.join(' AND ')}`;
}
