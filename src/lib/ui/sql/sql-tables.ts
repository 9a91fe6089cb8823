/** Names of the tables and their columns, for completion; without them the editor still works. */
import { decodeResult } from '$lib/data/arrow-columns.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { SqlTables } from '../editor/languages.ts';

const QUERY = `select table_name, column_name from information_schema.columns
where table_schema = 'main' order by table_name, ordinal_position`;

/** Never fails: what cannot be read is not completed. The first call starts the SQL engine, which takes a second. */
export async function sqlTables(data: DataApi): Promise<SqlTables> {
  try {
    const { values, rows } = decodeResult((await data.query(QUERY)).ipc);
    const tables: Record<string, string[]> = {};
    for (let row = 0; row < rows; row++) {
      (tables[String(values[0]?.[row])] ??= []).push(String(values[1]?.[row]));
    }
    return tables;
  } catch {
    return {};
  }
}

/** As they are documented: known at once, before there is an engine to ask. */
export async function documentedTables(): Promise<SqlTables> {
  const { SQL_TABLES } = await import('$lib/workers/run-tables.ts');
  return Object.fromEntries(SQL_TABLES.map(({ name, columns }) => [name, columns.map((column) => column.name)]));
}
