/**
 * A dataset as CSV files in one zip: its markets, runners, quality and candles, and a file of book events a market; the
 * very rows SQL shows. For other tools: what comes back into the app whole is the archive of `dataset-archive.ts`.
 */
import { Zip, ZipDeflate } from 'fflate';
import { checkAborted } from '../core/errors.ts';
import { QUALITY_TABLE } from './quality/quality-table.ts';
import { csvHead, csvQuery } from './sql/csv.ts';
import type { SqlTable } from './sql/tables.ts';
import { BARS_TABLE, MARKETS_TABLE, RUNNERS_TABLE, TAPE_TABLE } from './sql/tables.ts';

export interface CsvWork {
  /** Runs a statement whose answer is one text, or none. */
  readonly ask: (sql: string) => Promise<string | undefined>;
  readonly dataset: string;
  /** Ids, in the order they are written. */
  readonly markets: readonly string[];
  readonly signal?: AbortSignal;
}

/** @throws aborted, and what a query throws */
export async function datasetCsv({ ask, dataset, markets, signal }: CsvWork): Promise<File> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error === null) parts.push(chunk.slice());
    else failure = error;
  });
  const add = async (path: string, table: SqlTable, where: Readonly<Record<string, string>>): Promise<void> => {
    checkAborted(signal, `export of ${dataset}`);
    const lines = await ask(csvQuery(table, where));
    if (lines === undefined && table !== MARKETS_TABLE) return;
    const entry = new ZipDeflate(path, { level: 6 });
    zip.add(entry);
    entry.push(new TextEncoder().encode(`${csvHead(table)}\n${lines ?? ''}${lines === undefined ? '' : '\n'}`), true);
    if (failure !== undefined) throw failure;
  };
  for (const table of [MARKETS_TABLE, RUNNERS_TABLE, QUALITY_TABLE, BARS_TABLE]) {
    await add(`${table.name}.csv`, table, { dataset });
  }
  for (const market of markets) {
    await add(`tape/${encodeURIComponent(market)}.csv`, TAPE_TABLE, { dataset, market });
  }
  zip.end();
  return new File(parts, `${dataset}.csv.zip`, { type: 'application/zip' });
}
