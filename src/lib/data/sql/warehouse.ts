/**
 * What SQL sees, fed into DuckDB: small tables are made anew from records for each query that names them, candles and
 * runners of the markets it needs (see `scope.ts`) alone; of `tape`, `bronze` and `runner_ts` those markets are loaded
 * and stay until another query needs the room. All in memory: two tabs never fight over a database file.
 */
import { Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { AppError, checkAborted } from '../../core/errors.ts';
import type { TapeWire } from '../../market/tape-wire.ts';
import { tapeFromWire } from '../../market/tape-wire.ts';
import type { DatasetRecord, MarketRecord } from '../records.ts';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { DEFAULT_GRID_MILLIS, SERIES_COLUMNS, runnerSeries } from '../runner-series.ts';
import type { SeriesSettings } from '../runner-series.ts';
import type { ColumnSpec } from '../parquet/columns.ts';
import { toIpc } from '../parquet/columns.ts';
import type { TapeSidecar } from '../parquet/silver.ts';
import { DuckDb } from './duckdb.ts';
import type { DuckDbBundle } from './duckdb.ts';
import type { GoldSource } from './gold-tables.ts';
import { goldRecordTables } from './gold-tables.ts';
import type { GoldName, LargeName } from './large-tables.ts';
import {
  FEATURE_ROW,
  LARGE_CAPS,
  LARGE_NAMES,
  LARGE_SCHEMA,
  MARKET_KEY_COLUMNS,
  RAW_TAPE_COLUMNS,
  RUNNER_KEY_COLUMNS,
  largeRows,
  rawTape
} from './large-tables.ts';
import { writeOwn } from './own-tables.ts';
import { checkReadOnly, checkWrites } from './read-only.ts';
import type { Scope } from './scope.ts';
import { isNeeded, scopeOf } from './scope.ts';
import type { RecordTable } from './tables.ts';
import {
  BARS_TABLE,
  DATASETS_TABLE,
  MARKETS_TABLE,
  RUNNERS_TABLE,
  createTable,
  datasetRow,
  marketRow,
  moveStaged,
  quoted,
  recordsToIpc,
  runnerRows
} from './tables.ts';
import type { Token } from './tokens.ts';
import { isWord, namesTable, tokensOf } from './tokens.ts';

export interface WarehouseSource {
  datasets(): Promise<readonly DatasetRecord[]>;
  /** Of every dataset. */
  markets(): Promise<readonly MarketRecord[]>;
  sidecar(dataset: string, market: string): Promise<TapeSidecar>;
  tape(dataset: string, market: string): Promise<TapeWire>;
  /** An Arrow IPC stream of the bronze columns, or undefined where there is nothing as received. */
  bronze(dataset: string, market: string): Promise<Uint8Array | undefined>;
  /** Candles of a market, times in milliseconds since the epoch; none where it has a book. */
  bars(dataset: string, market: string): Promise<readonly Readonly<Record<string, number>>[]>;
  readonly series: SeriesSource;
  readonly gold: GoldSource;
  /** Tables of the rooms above. */
  readonly tables: readonly RecordTable[];
}

/** What is built of `runner_ts`. */
export interface SeriesSource {
  /** Of a dataset; what is asked for is undefined where nothing is built of the market, or of other silver. */
  built(dataset: string): Promise<(market: MarketRecord) => BuiltSeries | undefined>;
}

interface BuiltSeries {
  readonly rows: number;
  readonly settings: SeriesSettings;
  /** An Arrow IPC stream of its columns. */
  ipc(): Promise<Uint8Array>;
}

export interface WarehouseResult {
  readonly ipc: Uint8Array<ArrayBuffer>;
  readonly rows: number;
}

interface Wanted {
  readonly record: MarketRecord;
  /** Dataset, time of import and market: a name may be given again to other data. */
  readonly identity: string;
}

interface Sized extends Wanted {
  /** The room it takes in the table it is wanted for, in rows. */
  readonly rows: number;
  readonly built?: BuiltSeries;
}

interface LoadedMarket {
  readonly key: number;
  readonly sidecar: TapeSidecar;
}

export class Warehouse {
  readonly #source: WarehouseSource;
  readonly #bundle: DuckDbBundle;
  readonly #small: readonly RecordTable[];
  /** Names that are not the user's to give, and that of what is on its way into a table. */
  readonly #stored: ReadonlySet<string>;
  #engine: Promise<DuckDb> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** By identity. */
  #keys = new Map<string, LoadedMarket>();
  #loaded: Record<LargeName, Map<string, number>> = emptyLoaded();
  /** What has been made anew since it was loaded. */
  readonly #stale = new Set<LargeName>();

  constructor(source: WarehouseSource, bundle: DuckDbBundle) {
    this.#source = source;
    this.#bundle = bundle;
    this.#small = [
      { ...DATASETS_TABLE, rows: async () => (await source.datasets()).map(datasetRow) },
      { ...MARKETS_TABLE, rows: async () => (await source.markets()).map(marketRow) },
      { ...RUNNERS_TABLE, rows: (scope) => this.#runnerRows(scope) },
      { ...BARS_TABLE, rows: (scope) => this.#barRows(scope) },
      ...goldRecordTables(source.gold, () => source.datasets()),
      ...source.tables
    ];
    this.#stored = new Set([...LARGE_NAMES, ...this.#small.map(({ name }) => name), 'staged']);
  }

  /**
   * One at a time, in the order asked. With `mayWrite`, tables of the user's own may be made and changed: they are in
   * memory, and gone with the engine.
   * @throws query.invalid, aborted, network.unavailable when DuckDB cannot be loaded
   */
  async query(
    sql: string,
    signal: AbortSignal | undefined,
    options: { readonly mayWrite?: boolean } = {}
  ): Promise<WarehouseResult> {
    const tokens = tokensOf(sql);
    const mayWrite = options.mayWrite === true;
    if (mayWrite) checkWrites(tokens, this.#stored);
    else checkReadOnly(tokens);
    const mine = this.#turn.then(() => this.#query(sql, tokens, { signal, mayWrite }));
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }

  /** What was made anew is loaded anew when it is asked for next. */
  forget(name: LargeName): void {
    this.#stale.add(name);
  }

  async #query(
    sql: string,
    tokens: readonly Token[],
    { signal, mayWrite }: { readonly signal: AbortSignal | undefined; readonly mayWrite: boolean }
  ): Promise<WarehouseResult> {
    checkAborted(signal, 'the query');
    const named = (name: string): boolean => tokens.some((_token, at) => namesTable(tokens, at, name));
    const small = this.#small
      .filter(({ name }) => named(name))
      .map((table) => ({ table, rows: table.rows(scopeOf(tokens, table.name)) }));
    // Read while the engine opens; whichever fails is told when its turn comes.
    for (const { rows } of small) rows.catch(() => undefined);
    const engine = await this.#open();
    checkAborted(signal, 'the query');
    for (const { table, rows } of small) await this.#fill(engine, table, await rows);
    if (runs(tokens)) {
      const needs = LARGE_NAMES.map((name) => ({ name, scope: scopeOf(tokens, name) })).filter(
        ({ scope }) => scope.length > 0
      );
      if (needs.length > 0) await this.#load(engine, needs, signal);
    }
    const ipc = mayWrite
      ? await writeOwn(engine, sql, { stored: this.#stored, signal })
      : await engine.query(sql, signal);
    return { ipc, rows: tableFromIPC(ipc).numRows };
  }

  async #open(): Promise<DuckDb> {
    const running = await this.#engine?.catch(() => undefined);
    if (running !== undefined && !running.ended) return running;
    this.#keys = new Map();
    this.#loaded = emptyLoaded();
    const small = this.#small.map((table) => createTable(quoted(table.name), table.columns));
    this.#engine = DuckDb.start(this.#bundle, [...LARGE_SCHEMA, ...small]);
    return await this.#engine;
  }

  async #fill(engine: DuckDb, table: RecordTable, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const columns = withExtras(table, rows);
    await engine.run(createTable(quoted(table.name), columns));
    if (rows.length > 0) await this.#put(engine, quoted(table.name), columns, rows);
  }

  async #put(
    engine: DuckDb,
    table: string,
    columns: readonly ColumnSpec[],
    rows: readonly Readonly<Record<string, unknown>>[]
  ): Promise<void> {
    await engine.insert('staged', recordsToIpc(columns, rows), { create: true });
    await engine.run(moveStaged(table, 'staged', columns));
    await engine.run('DROP TABLE staged');
  }

  async #runnerRows(scope: Scope) {
    const markets = (await this.#source.markets()).filter(({ dataset, id }) => isNeeded(scope, dataset, id));
    const rows = await Promise.all(
      markets.map(async (record) => {
        const sidecar = await this.#source.sidecar(record.dataset, record.id);
        return runnerRows(record, sidecar.market);
      })
    );
    return rows.flat();
  }

  async #barRows(scope: Scope) {
    const markets = (await this.#source.markets()).filter(
      ({ kind, dataset, id }) => kind === 'BARS' && isNeeded(scope, dataset, id)
    );
    const rows = await Promise.all(
      markets.map(async ({ dataset, id }) =>
        (await this.#source.bars(dataset, id)).map((bar) => ({ ...bar, dataset, market: id }))
      )
    );
    return rows.flat();
  }

  async #load(
    engine: DuckDb,
    needs: readonly { readonly name: LargeName; readonly scope: Scope }[],
    signal: AbortSignal | undefined
  ): Promise<void> {
    const [datasets, markets] = await Promise.all([this.#source.datasets(), this.#source.markets()]);
    const created = new Map(datasets.map((dataset) => [dataset.name, dataset.createdMillis]));
    const all = markets.map((record) => ({
      record,
      identity: JSON.stringify([record.dataset, created.get(record.dataset), record.id])
    }));
    for (const { name, scope } of needs) {
      const wanted = await this.#sized(
        name,
        all.filter(({ record }) => isNeeded(scope, record.dataset, record.id))
      );
      await this.#makeRoom(engine, name, wanted);
      const missing = wanted.filter(({ identity }) => !this.#loaded[name].has(identity));
      await this.#nameMarkets(engine, missing);
      for (const batch of batchesOf(missing)) {
        checkAborted(signal, 'the query');
        if (name === 'bronze') await this.#loadBronze(engine, batch);
        else if (name === 'episodes' || name === 'rollouts') await this.#loadGold(engine, name, batch);
        else if (name === 'tape') await this.#loadTapes(engine, batch);
        else await this.#loadSeries(engine, batch);
        for (const { identity, rows } of batch) this.#loaded[name].set(identity, rows);
      }
    }
    await this.#showMarkets(engine, all);
  }

  /** Markets that have no row of it are left out. */
  async #sized(name: LargeName, wanted: readonly Wanted[]): Promise<readonly Sized[]> {
    if (name === 'runner_ts') return await this.#seriesOf(wanted);
    if (name === 'tape' || name === 'bronze') {
      return wanted.map((one) => ({ ...one, rows: largeRows(name, one.record) }));
    }
    const { gold } = this.#source;
    const rows = new Map<string, number>();
    for (const dataset of new Set(wanted.map(({ record }) => record.dataset))) {
      const found = name === 'episodes' ? [await gold.manifest(dataset)] : await gold.rollouts(dataset);
      for (const market of found.flatMap(
        (one): readonly { readonly id: string; readonly rows: number }[] => one?.markets ?? []
      )) {
        const key = JSON.stringify([dataset, market.id]);
        rows.set(key, (rows.get(key) ?? 0) + market.rows);
      }
    }
    return wanted
      .map((one) => ({ ...one, rows: rows.get(JSON.stringify([one.record.dataset, one.record.id])) ?? 0 }))
      .filter((one) => one.rows > 0);
  }

  /** Drops what is loaded when it is out of date, or when the wanted markets do not fit beside it. */
  async #makeRoom(engine: DuckDb, name: LargeName, wanted: readonly Sized[]): Promise<void> {
    const cap = LARGE_CAPS[name];
    const rows = wanted.reduce((sum, one) => sum + one.rows, 0);
    if (rows > cap) {
      throw new AppError('query.invalid', {
        subject: 'the query',
        expected: `at most ${cap.toLocaleString('en')} rows of ${name}`,
        got: `it needs ${rows.toLocaleString('en')} of ${String(wanted.length)} markets${wanted.some(hasFeatures) ? ` (one with features counts as ${String(FEATURE_ROW)})` : ''}`,
        remedy: narrowed(name, wanted)
      });
    }
    const held = [...this.#loaded[name].values()].reduce((sum, one) => sum + one, 0);
    const missing = wanted.filter(({ identity }) => !this.#loaded[name].has(identity));
    const more = missing.reduce((sum, one) => sum + one.rows, 0);
    const stale = this.#stale.delete(name);
    if (held + more <= cap && !stale) return;
    await engine.run(`TRUNCATE store.${name}`);
    if (name === 'runner_ts') await engine.run('TRUNCATE store.runner_features');
    this.#loaded[name].clear();
  }

  async #loadGold(engine: DuckDb, name: GoldName, batch: readonly Wanted[]): Promise<void> {
    const { gold } = this.#source;
    for (const { record, identity } of batch) {
      const key = String(this.#keys.get(identity)?.key ?? 0);
      if (name === 'episodes') {
        const ipc = await gold.goldRows(record.dataset, record.id);
        if (ipc !== undefined) await this.#move(engine, `store.episodes SELECT ${key}, *`, ipc);
        continue;
      }
      for (const { rollout, ipc } of await gold.rolloutRows(record.dataset, record.id)) {
        await this.#move(engine, `store.rollouts SELECT ${key}, '${rollout.replaceAll("'", "''")}', *`, ipc);
      }
    }
  }

  async #move(engine: DuckDb, into: string, ipc: Uint8Array): Promise<void> {
    await engine.insert('staged', ipc, { create: true });
    await engine.run(`INSERT INTO ${into} FROM staged`);
    await engine.run('DROP TABLE staged');
  }

  async #loadTapes(engine: DuckDb, batch: readonly Wanted[]): Promise<void> {
    const parts: Uint8Array[] = [];
    for (const { record, identity } of batch) {
      const tape = tapeFromWire(await this.#source.tape(record.dataset, record.id));
      parts.push(toIpc(RAW_TAPE_COLUMNS, rawTape(tape, this.#keys.get(identity)?.key ?? 0), tape.rows));
    }
    await this.#move(engine, 'store.tape SELECT *', joinIpc(parts));
  }

  /** As it is built, else made of the tape. */
  async #seriesOf(wanted: readonly Wanted[]): Promise<readonly Sized[]> {
    const datasets = [...new Set(wanted.map(({ record }) => record.dataset))];
    const built = new Map(
      await Promise.all(datasets.map(async (name) => [name, await this.#source.series.built(name)] as const))
    );
    return wanted.map((one) => {
      const found = built.get(one.record.dataset)?.(one.record);
      if (found === undefined) return { ...one, rows: largeRows('runner_ts', one.record) };
      return { ...one, rows: found.rows * (found.settings.features === 'none' ? 1 : FEATURE_ROW), built: found };
    });
  }

  async #loadSeries(engine: DuckDb, batch: readonly Sized[]): Promise<void> {
    const made: Uint8Array[] = [];
    for (const { record, identity, built } of batch) {
      const key = this.#keys.get(identity)?.key ?? 0;
      if (built === undefined) {
        const tape = tapeFromWire(await this.#source.tape(record.dataset, record.id));
        const { columns, rows } = runnerSeries(tape, { key });
        made.push(toIpc(SERIES_COLUMNS, columns, rows));
        continue;
      }
      const { settings } = built;
      const table = settings.features === 'none' ? 'store.runner_ts' : 'store.runner_features';
      const keys = `${String(key)} AS market_key, ${String(settings.gridMillis)} AS grid_millis`;
      await this.#move(engine, `${table} BY NAME SELECT ${keys}, *`, await built.ipc());
    }
    if (made.length === 0) return;
    await this.#move(engine, `store.runner_ts SELECT *, ${String(DEFAULT_GRID_MILLIS)}`, joinIpc(made));
  }

  async #loadBronze(engine: DuckDb, batch: readonly Wanted[]): Promise<void> {
    for (const { record, identity } of batch) {
      const ipc = await this.#source.bronze(record.dataset, record.id);
      if (ipc === undefined) continue;
      const key = String(this.#keys.get(identity)?.key ?? 0);
      await this.#move(engine, `store.bronze SELECT ${key}, published, received, "text"`, ipc);
    }
  }

  /** Gives markets their numbers, and their runners' names to the views. */
  async #nameMarkets(engine: DuckDb, markets: readonly Wanted[]): Promise<void> {
    const runners: Record<string, unknown>[] = [];
    for (const { record, identity } of markets) {
      if (this.#keys.has(identity)) continue;
      const sidecar = await this.#source.sidecar(record.dataset, record.id);
      const key = this.#keys.size + 1;
      this.#keys.set(identity, { key, sidecar });
      for (const { slot, name } of sidecar.market.runners) runners.push({ market_key: key, slot, runner: name });
    }
    if (runners.length > 0) await this.#put(engine, 'store.runner_keys', RUNNER_KEY_COLUMNS, runners);
  }

  /** Only markets in the catalogue can be seen: what was removed since it was loaded joins with nothing. */
  async #showMarkets(engine: DuckDb, all: readonly Wanted[]): Promise<void> {
    const rows = all.flatMap(({ record, identity }) => {
      const market = this.#keys.get(identity);
      if (market === undefined) return [];
      return [
        {
          market_key: market.key,
          dataset: record.dataset,
          market: record.id,
          start_micros: Number(BigInt(market.sidecar.startEpochNanos) / 1000n),
          scheduled_micros: record.scheduledMillis > 0 ? record.scheduledMillis * 1000 : undefined,
          lot_size: lotSizeOf(market.sidecar)
        }
      ];
    });
    await engine.run('TRUNCATE store.market_keys');
    if (rows.length > 0) await this.#put(engine, 'store.market_keys', MARKET_KEY_COLUMNS, rows);
  }
}

/** Where rows are counted already; what is asked of one dataset is narrowed by market alone. */
function narrowed(name: LargeName, wanted: readonly Wanted[]): string {
  const [first] = wanted;
  const counted = { tape: 'rows', bronze: 'messages' } as const;
  const count =
    name === 'tape' || name === 'bronze'
      ? `; how many there are, SELECT market, ${counted[name]} FROM markets says`
      : '';
  if (wanted.length === 1) return `it is more than fits of one market: export it, and ask it in a database${count}`;
  const isOne = wanted.every(({ record }) => record.dataset === first?.record.dataset);
  const where = `FROM ${name} WHERE market = '...'`;
  return `narrow it beside the table's name: ${where}${isOne ? ', one market or a few at a time' : ` or dataset = '...'`}${count}`;
}

const hasFeatures = ({ built }: Sized): boolean => built !== undefined && built.settings.features !== 'none';

/** Rows handed to DuckDB at a time: enough to make small markets cheap, little enough to copy. */
const BATCH_ROWS = 250_000;

function* batchesOf(markets: readonly Sized[]): Generator<readonly Sized[]> {
  let batch: Sized[] = [];
  let rows = 0;
  for (const market of markets) {
    batch.push(market);
    rows += market.rows;
    if (rows < BATCH_ROWS) continue;
    yield batch;
    batch = [];
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Streams of the same schema as one. */
function joinIpc(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return tableToIPC(new Table(parts.flatMap((part) => tableFromIPC(part).batches)), 'stream');
}

const emptyLoaded = (): Record<LargeName, Map<string, number>> => ({
  tape: new Map(),
  bronze: new Map(),
  runner_ts: new Map(),
  episodes: new Map(),
  rollouts: new Map()
});

const lotSizeOf = (sidecar: TapeSidecar): number => rulesFrom(sidecar.rules).lotSize;

/** Whether the statement reads rows; `DESCRIBE`, `SHOW` and a plain `EXPLAIN` want the columns alone. */
function runs(tokens: readonly Token[]): boolean {
  if (isWord(tokens[0], 'describe', 'show')) return false;
  return !isWord(tokens[0], 'explain') || isWord(tokens[1], 'analyze');
}

/** The table's columns and, as numbers, whatever else its rows carry. */
function withExtras(table: RecordTable, rows: readonly Readonly<Record<string, unknown>>[]): readonly ColumnSpec[] {
  const known = new Set(table.columns.map((one) => one.name));
  const extra = new Set(rows.flatMap((row) => Object.keys(row).filter((name) => !known.has(name))));
  return [
    ...table.columns,
    ...[...extra].map((name): ColumnSpec => ({ name, type: 'f64', about: name, nullable: true }))
  ];
}
