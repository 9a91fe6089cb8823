/**
 * Tables of the user's own: a database in memory beside the one that holds what is stored, and a transaction that can
 * write to it alone. The engine itself refuses the rest: a transaction that has written to one database writes to no
 * other (DuckDB, "Transaction Management", "multiple attached databases"). It knows no grammar.
 */
import { tableFromIPC } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import { forbidden } from './read-only.ts';

const OWN = 'user_tables';
const STORED_FIRST = `SET search_path='memory.main,${OWN}.main'`;
const OWN_FIRST = `SET search_path='${OWN}.main,memory.main'`;

/** Once an engine, before it is cut off from files. */
export const OWN_DATABASE: readonly string[] = [`ATTACH ':memory:' AS ${OWN}`, STORED_FIRST];

/** Names that would come between a query and what it is meant to read, when the user gives them. */
const taken = (stored: ReadonlySet<string>): string => {
  const names = [...stored].map((name) => `'${name.replaceAll("'", "''")}'`).join(', ');
  const theirs = `database_name IN ('${OWN}', 'temp') AND NOT internal`;
  return `SELECT table_name AS name FROM duckdb_tables() WHERE ${theirs} AND lower(table_name) IN (${names})
UNION ALL SELECT view_name FROM duckdb_views() WHERE ${theirs} AND lower(view_name) IN (${names})
UNION ALL SELECT schema_name FROM duckdb_schemas() WHERE database_name = '${OWN}' AND NOT internal AND schema_name <> 'main'
UNION ALL SELECT function_name FROM duckdb_functions() WHERE NOT internal
  AND function_name IN (SELECT function_name FROM duckdb_functions() WHERE internal)`;
};

/** What is asked of `DuckDb`. */
interface Engine {
  readonly ended: boolean;
  run(sql: string): Promise<void>;
  query(sql: string, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>>;
  end(): void;
}

/**
 * Runs one statement that may write what is the user's own, and keeps what it wrote only when it went through.
 * @param stored names that stay what they are, in lower case
 * @returns its answer as an Arrow IPC stream
 * @throws query.invalid where it would change what is stored or hide it, and what `DuckDb.query` throws
 */
export async function writeOwn(
  engine: Engine,
  sql: string,
  { stored, signal }: { readonly stored: ReadonlySet<string>; readonly signal: AbortSignal | undefined }
): Promise<Uint8Array<ArrayBuffer>> {
  /* A schema made and dropped is a write: from here on no other database can be written to. */
  await engine.run(`${OWN_FIRST};\nBEGIN;\nCREATE SCHEMA ${OWN}.turn;\nDROP SCHEMA ${OWN}.turn`);
  let last = 'ROLLBACK';
  try {
    const ipc = await engine.query(sql, signal);
    const name: unknown = tableFromIPC(await engine.query(taken(stored), undefined))
      .getChild('name')
      ?.get(0);
    if (typeof name === 'string') throw forbidden(`it would make ${name}, which there is`, 'choose a name of your own');
    last = 'COMMIT';
    return ipc;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.got.includes('Attempting to write to database')) {
      throw forbidden('it would change what is stored', 'make a table of your own of it: CREATE TABLE mine AS SELECT');
    }
    throw thrown;
  } finally {
    /* An engine that cannot be brought back to its order is given up: the next query starts another. */
    if (!engine.ended) await engine.run(`${last};\n${STORED_FIRST}`).catch(() => engine.end());
  }
}
