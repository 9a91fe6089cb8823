/** The app's own DuckDB, the same WebAssembly, without a worker: for tests of what SQL answers. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NODE_RUNTIME, VoidLogger, createDuckDB } from '@duckdb/duckdb-wasm/blocking';
import type { DuckDb } from '../../src/lib/data/sql/duckdb.ts';

/** What `DuckDb` asks of its worker, answered at once. */
export async function nodeDuckDb(): Promise<Pick<DuckDb, 'run' | 'query' | 'ended'>> {
  const folder = dirname(createRequire(import.meta.url).resolve('@duckdb/duckdb-wasm/blocking'));
  const bundle = { mainModule: join(folder, 'duckdb-eh.wasm'), mainWorker: '' };
  const database = await createDuckDB({ mvp: bundle, eh: bundle }, new VoidLogger(), NODE_RUNTIME);
  await database.instantiate(() => undefined);
  const connection = database.connect();
  const answer = (sql: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(connection.useUnsafe((bindings, id) => bindings.runQuery(id, sql)));
  return {
    ended: false,
    run: (sql) => Promise.resolve(answer(sql)).then(() => undefined),
    query: (sql) => Promise.resolve().then(() => answer(sql))
  };
}
