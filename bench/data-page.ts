/** The browser's side of `bench/rooms/data-browser.ts`: each measures something in the page and answers in milliseconds. */
import duckdbWasmUrl from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import duckdbWorkerUrl from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import parquetUrl from 'parquet-wasm/esm/parquet_wasm_bg.wasm?url';
import type { Nanos } from '../src/lib/core/units.ts';
import { goldEpisode, gridPlan } from '../src/lib/data/gold/episode.ts';
import { ipcToParquet, loadParquet, parquetToIpc } from '../src/lib/data/parquet/codec.ts';
import type { ColumnSpec } from '../src/lib/data/parquet/columns.ts';
import { toIpc } from '../src/lib/data/parquet/columns.ts';
import { DuckDb } from '../src/lib/data/sql/duckdb.ts';
import { outlineMarket } from '../src/lib/ui/market/market-outline.ts';
import { createDataClient } from '../src/lib/workers/data-client.ts';

const PASSES = 7;
const ROWS = 1_000_000;
const COLUMNS = 8;
const SEEKS = 300;
/** The dataset of the recordings; those that are imported after it have a number. */
const RACES = 'races';

async function best(work: () => unknown, passes = PASSES): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < passes; pass++) {
    const start = performance.now();
    await work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

/** Recordings at addresses, each time imported as a dataset of its own: from files to bronze, silver and the catalogue. */
export async function importRecordings(addresses: readonly string[]): Promise<number> {
  const files = await Promise.all(
    addresses.map(async (address) => new File([await (await fetch(address)).arrayBuffer()], address.split('/').at(-1)!))
  );
  const data = createDataClient();
  try {
    await data.status();
    return await best(async () => {
      await data.importFiles(files, { name: RACES });
    }, 4);
  } finally {
    data.close();
  }
}

/** One text of many markets, made in the page. */
export async function importMany(address: string, markets: number, lines: number): Promise<number> {
  const text = await (await fetch(address)).text();
  const [id] = /"id":"(1\.\d+)"/u.exec(text)?.slice(1) ?? [];
  if (id === undefined) throw new Error('no market in it');
  const head = text.split('\n').slice(0, lines).join('\n');
  const parts = Array.from(
    { length: markets },
    (_, i) => `${head.replaceAll(id, `1.9${String(i).padStart(5, '0')}`)}\n`
  );
  const data = createDataClient();
  try {
    const { markets: found } = await data.importFiles([new File(parts, 'many.json')], { name: 'many' });
    return found.length;
  } finally {
    data.close();
  }
}

/** From nothing to the catalogue and to the first answer in SQL. */
export async function reopen(): Promise<{
  readonly catalogue: number;
  readonly query: number;
  readonly markets: number;
}> {
  const start = performance.now();
  const data = createDataClient();
  try {
    const [, markets] = await Promise.all([data.datasets(), data.markets('many')]);
    const catalogue = performance.now() - start;
    await data.query("select venue, count(*), sum(matched) from markets where dataset = 'many' group by venue");
    return { catalogue, query: performance.now() - start, markets: markets.length };
  } finally {
    data.close();
  }
}

export interface TableTimes {
  readonly decode: number;
  readonly load: number;
  readonly aggregate: number;
  readonly megabytes: number;
}

/** A million rows of eight columns: Parquet (zstd) to a DuckDB table, and an aggregate over it. */
export async function millionRows(): Promise<TableTimes> {
  await loadParquet(() => parquetUrl);
  const specs: ColumnSpec[] = Array.from({ length: COLUMNS }, (_, i) => ({
    name: `c${String(i)}`,
    type: i < 2 ? 'u32' : 'f64',
    about: ''
  }));
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  const columns = Object.fromEntries(
    specs.map(({ name, type }, i) => [
      name,
      type === 'u32'
        ? Uint32Array.from({ length: ROWS }, (_, row) => (i === 0 ? row : next() % 50))
        : Float64Array.from({ length: ROWS }, () => (next() % 10_000) / 100)
    ])
  );
  const parquet = ipcToParquet(toIpc(specs, columns, ROWS));
  const engine = await DuckDb.start({ workerUrl: duckdbWorkerUrl, wasmUrl: duckdbWasmUrl });
  const decode = await best(() => parquetToIpc('the table', parquet));
  const load = await best(async () => {
    await engine.run('DROP TABLE IF EXISTS million');
    await engine.insert('million', parquetToIpc('the table', parquet), { create: true });
  });
  const sql = 'select c1, count(*), avg(c2), max(c3), sum(c4) from million group by c1';
  const aggregate = await best(() => engine.query(sql, undefined), 15);
  engine.end();
  return { decode, load, aggregate, megabytes: parquet.length / 1e6 };
}

export interface MarketTimes {
  readonly rows: number;
  readonly features: number;
  readonly worstSeek: number;
  readonly meanSeek: number;
}

/** All features of one stored market at every second, and seeking anywhere in it. */
export async function oneMarket(dataset: string, market: string): Promise<MarketTimes> {
  const data = createDataClient();
  const tape = await data.tape(dataset, market);
  data.close();
  const features = await best(() => goldEpisode(tape, gridPlan(tape, 1)));
  const { replay, first, last } = outlineMarket(tape);
  const cursor = replay.cursor();
  /* The same path several times: by place the shortest, for other work on the machine only ever slows one down. */
  const shortest = new Float64Array(SEEKS).fill(Number.POSITIVE_INFINITY);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < SEEKS; i++) {
      // All over the market, back and forth: the golden section visits it evenly.
      const at = first + (last - first) * ((i * 0.618034) % 1);
      const start = performance.now();
      replay.seek(cursor, Math.round(at) as Nanos);
      shortest[i] = Math.min(shortest[i]!, performance.now() - start);
    }
  }
  const worstSeek = Math.max(...shortest);
  const meanSeek = shortest.reduce((sum, one) => sum + one, 0) / SEEKS;
  return { rows: tape.rows, features, worstSeek, meanSeek };
}
