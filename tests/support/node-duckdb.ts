/** The app's own DuckDB, the same WebAssembly, without a worker: for tests of what SQL answers. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NODE_RUNTIME, VoidLogger, createDuckDB } from '@duckdb/duckdb-wasm/blocking';
import { AppError } from '../../src/lib/core/errors.ts';
import type { DuckDb } from '../../src/lib/data/sql/duckdb.ts';
import { OWN_DATABASE } from '../../src/lib/data/sql/own-tables.ts';

/** What the warehouse asks of `DuckDb`, answered at once. */
export async function nodeDuckDb(): Promise<Pick<DuckDb, 'run' | 'query' | 'end' | 'ended'>> {
  const folder = dirname(createRequire(import.meta.url).resolve('@duckdb/duckdb-wasm/blocking'));
  const bundle = { mainModule: join(folder, 'duckdb-eh.wasm'), mainWorker: '' };
  const database = await createDuckDB({ mvp: bundle, eh: bundle }, new VoidLogger(), NODE_RUNTIME);
  await database.instantiate(() => undefined);
  const connection = database.connect();
  const answer = (sql: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(connection.useUnsafe((bindings, id) => bindings.runQuery(id, sql)));
  const engine = {
    ended: false,
    run: (sql: string) =>
      Promise.resolve(sql)
        .then(answer)
        .then(() => undefined),
    query: (sql: string) =>
      Promise.resolve(sql)
        .then(answer)
        .catch((thrown: unknown) => {
          const got = thrown instanceof Error ? thrown.message : String(thrown);
          throw new AppError('query.invalid', { subject: 'the query', got, remedy: 'correct it' });
        }),
    end: (): void => {
      engine.ended = true;
      connection.close();
    }
  };
  await engine.run(OWN_DATABASE.join(';\n'));
  return engine;
}
