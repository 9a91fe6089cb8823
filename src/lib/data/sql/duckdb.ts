/**
 * DuckDB in a worker of its own: in memory, fed with Arrow, without a network or a file of its own. Started at the
 * first query; 34 MB of WebAssembly are never on the path of the first visit.
 */
import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import { AppError, aborted } from '../../core/errors.ts';
import { OWN_DATABASE } from './own-tables.ts';

/** URLs of the single-threaded bundle, as the build names them. */
export interface DuckDbBundle {
  readonly workerUrl: string;
  readonly wasmUrl: string;
}

/** A result larger than this would not fit beside the rest of the tab. */
const RESULT_BYTES = 256 * 1024 * 1024;
/** A cancelled query that has not let go after this long is ended with its worker. */
const CANCEL_MILLIS = 2000;
const SETTINGS = [
  ...OWN_DATABASE,
  'SET autoinstall_known_extensions=false',
  'SET autoload_known_extensions=false',
  'SET enable_external_access=false'
];

export class DuckDb {
  readonly #db: AsyncDuckDB;
  readonly #connection: AsyncDuckDBConnection;
  readonly #worker: Worker;
  /** The worker is gone: a new engine must be started. */
  ended = false;

  private constructor(db: AsyncDuckDB, connection: AsyncDuckDBConnection, worker: Worker) {
    this.#db = db;
    this.#connection = connection;
    this.#worker = worker;
  }

  /** @param statements our own, run once it is open */
  static async start(bundle: DuckDbBundle, statements: readonly string[] = []): Promise<DuckDb> {
    // Both load at the same time: the first query waits for them.
    const library = import('@duckdb/duckdb-wasm');
    try {
      const worker = new Worker(bundle.workerUrl);
      const { AsyncDuckDB: Engine, VoidLogger } = await library;
      const failed = new Promise<never>((_, reject) => {
        worker.addEventListener('error', (event) => {
          reject(new Error(event.message || 'its worker script could not be loaded'));
        });
      });
      const db = new Engine(new VoidLogger(), worker);
      await Promise.race([db.instantiate(bundle.wasmUrl), failed]);
      const connection = await db.connect();
      const engine = new DuckDb(db, connection, worker);
      // At once: each call is a way to the engine's worker and back.
      await engine.run([...SETTINGS, ...statements].join(';\n'));
      return engine;
    } catch (thrown) {
      throw new AppError('network.unavailable', {
        subject: 'DuckDB',
        got: `it could not be started (${thrown instanceof Error ? thrown.message : String(thrown)})`,
        remedy: 'check that the app is still being served and reload the page',
        cause: thrown
      });
    }
  }

  /** Our own statements, one or several with semicolons between them; an error here is a bug. */
  async run(sql: string): Promise<void> {
    await this.#connection.useUnsafe((db, id) => db.runQuery(id, sql));
  }

  /** Appends an Arrow IPC stream to a table, or makes the table of it. */
  async insert(table: string, ipc: Uint8Array, options: { readonly create: boolean }): Promise<void> {
    await this.#connection.insertArrowFromIPCStream(ipc, { name: table, create: options.create });
  }

  /**
   * @returns the result as an Arrow IPC stream
   * @throws query.invalid with DuckDB's own text, aborted
   */
  async query(sql: string, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#connection.useUnsafe((db, id) => this.#stream(db, id, sql, signal));
  }

  async #stream(
    db: AsyncDuckDB,
    id: number,
    sql: string,
    signal: AbortSignal | undefined
  ): Promise<Uint8Array<ArrayBuffer>> {
    let stop: () => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => {
        reject(aborted('the query'));
      };
    });
    stopped.catch(() => undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const cancel = (): void => {
      db.cancelPendingQuery(id).catch(() => undefined);
      timer = setTimeout(() => {
        this.end();
        stop();
      }, CANCEL_MILLIS);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await Promise.race([this.#collect(db, id, sql, signal), stopped]);
    } catch (thrown) {
      if (signal?.aborted === true) throw aborted('the query');
      if (thrown instanceof AppError) throw thrown;
      throw new AppError('query.invalid', {
        subject: 'the query',
        got: thrown instanceof Error ? thrown.message : String(thrown),
        remedy: 'correct it and run it again',
        cause: thrown
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      clearTimeout(timer);
    }
  }

  async #collect(
    db: AsyncDuckDB,
    id: number,
    sql: string,
    signal: AbortSignal | undefined
  ): Promise<Uint8Array<ArrayBuffer>> {
    let header = await db.startPendingQuery(id, sql);
    while (header === null) {
      if (signal?.aborted === true) throw aborted('the query');
      header = await db.pollPendingQuery(id);
    }
    const chunks = [header];
    let bytes = header.length;
    for (;;) {
      if (signal?.aborted === true) throw aborted('the query');
      const chunk = await db.fetchQueryResults(id);
      if (chunk === null) continue;
      if (chunk.length === 0) break;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > RESULT_BYTES) {
        await db.cancelPendingQuery(id);
        throw new AppError('query.invalid', {
          subject: 'the query',
          expected: `a result of at most ${String(RESULT_BYTES / 1048576)} MB`,
          got: 'it gives more',
          remedy: 'add a LIMIT, or aggregate'
        });
      }
    }
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** Ends the worker at once; what it held is fed again to the next. */
  end(): void {
    this.ended = true;
    this.#worker.terminate();
    this.#db.detach();
  }
}
