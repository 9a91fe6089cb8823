/** Names of the tables and their columns, for completion; without them the editor still works. */
import { decodeResult } from '$lib/data/arrow-columns.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { SqlTables } from '../editor/languages.ts';

export const TABLES = ['datasets', 'markets', 'runners', 'tape', 'bronze', 'runs', 'metrics'] as const;

async function columnsOf(data: DataApi, table: string): Promise<readonly string[]> {
  const { ipc } = await data.query(`select * from ${table} limit 0`);
  return decodeResult(ipc).columns.map((column) => column.name);
}

export async function sqlTables(data: DataApi): Promise<SqlTables> {
  const found = await Promise.all(
    TABLES.map(async (table) => {
      try {
        return [table, await columnsOf(data, table)] as const;
      } catch {
        // A table that cannot be read now is completed by name alone.
        return [table, []] as const;
      }
    })
  );
  return Object.fromEntries(found);
}
