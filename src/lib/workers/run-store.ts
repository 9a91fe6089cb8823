/**
 * Runs in storage: the record, metrics as lines while it goes and as Parquet once it has ended, the last checkpoint with
 * the memory that goes on from it, the orders of the last evaluation.
 * A run is written by the one tab that trains it.
 */
import { canonicalJson } from '../core/digest.ts';
import { AppError } from '../core/errors.ts';
import type { ColumnSpec } from '../data/parquet/columns.ts';
import { toIpc } from '../data/parquet/columns.ts';
import { ipcToParquet, parquetToArrow } from '../data/parquet/codec.ts';
import type { FileStore } from '../data/store/file-store.ts';
import { readText } from '../data/store/file-store.ts';
import { writeFromReserve } from '../data/store/reserve.ts';
import type { Tab } from '../data/store/tab.ts';
import type { EvaluationOrders } from '../env/episode-orders.ts';
import type { MemoryToKeep, StoredMemory } from '../research/run-memory.ts';
import type { MetricRow, RunRecord, RunState } from '../research/types.ts';
import type { StoredCheckpoint } from './data-api.ts';

const RUNS = 'runs';
const ENDED: readonly RunState[] = ['finished', 'stopped', 'failed'];

interface Pointer {
  readonly generation: number;
  readonly bytes: number;
  /** Where the run's memory was kept with it. */
  readonly memory?: { readonly bytes: number; readonly segments: readonly SegmentFile[] };
}

interface SegmentFile {
  readonly number: number;
  readonly bytes: number;
}

export interface RunStoreOptions {
  readonly store: FileStore;
  readonly tab: Tab;
  /** Awaited before metrics become Parquet or are read from it. */
  readonly parquet: () => Promise<void>;
}

export class RunStore {
  readonly #store: FileStore;
  readonly #tab: Tab;
  readonly #parquet: () => Promise<void>;

  constructor(options: RunStoreOptions) {
    this.#store = options.store;
    this.#tab = options.tab;
    this.#parquet = options.parquet;
  }

  /** Clears runs that closed tabs have set aside. */
  async recover(): Promise<void> {
    for (const id of await this.#store.folders(RUNS)) {
      const by = await readText(this.#store, `${RUNS}/${id}/removed-by`);
      if (by !== undefined && (await this.#tab.isGone(by))) await this.#store.remove(`${RUNS}/${id}`);
    }
  }

  /** Newest first. */
  async all(): Promise<readonly RunRecord[]> {
    const folders = await this.#store.folders(RUNS);
    const records = await Promise.all(folders.map((folder) => this.#record(`${RUNS}/${folder}`)));
    return records
      .filter((record) => record !== undefined)
      .sort((a, b) => b.createdMillis - a.createdMillis || (a.id < b.id ? -1 : 1));
  }

  async get(id: string): Promise<RunRecord | undefined> {
    return await this.#record(folderOf(id));
  }

  async save(record: RunRecord): Promise<void> {
    const folder = folderOf(record.id);
    await this.#store.write(`${folder}/record.json`, JSON.stringify(record));
    if (ENDED.includes(record.state)) await this.#compact(folder);
  }

  /** One line a row at the end of a file: cheap, and a line torn by a crash is skipped on reading. */
  async appendMetrics(id: string, rows: readonly MetricRow[]): Promise<void> {
    if (rows.length === 0) return;
    const folder = folderOf(id);
    const { next } = await this.#segments(folder);
    const text = rows.map((row) => `${canonicalJson(finite(row))}\n`).join('');
    await this.#store.append(`${folder}/${segment(next)}`, new TextEncoder().encode(text));
  }

  async metrics(id: string): Promise<readonly MetricRow[]> {
    return await this.#readMetrics(folderOf(id));
  }

  /**
   * Files and a pointer: the pointer moves when all are whole, and only then do the former ones go. Of the memory only
   * the segment that is new is written; those from before are named again, or go as well.
   * @throws AppError `data.missing` where a segment from before is not there
   */
  async saveCheckpoint(id: string, checkpoint: StoredCheckpoint, memory?: MemoryToKeep): Promise<void> {
    const folder = folderOf(id);
    const before = await this.#pointer(folder);
    const generation = (before?.generation ?? 0) + 1;
    const bytes = checkpoint.safetensors as Uint8Array<ArrayBuffer>;
    const segments = memory === undefined ? [] : segmentFiles(id, memory, before?.memory?.segments ?? []);
    try {
      await this.#store.write(`${folder}/checkpoint-${String(generation)}.safetensors`, bytes);
      await this.#store.write(`${folder}/checkpoint-${String(generation)}.json`, checkpoint.json);
      if (memory !== undefined) {
        const { segment, state } = memory;
        if (segment !== undefined) {
          const rows = segment.bytes as Uint8Array<ArrayBuffer>;
          await this.#store.write(`${folder}/${replay(segment.number)}`, rows);
        }
        await this.#store.write(`${folder}/${remembered(generation)}`, state as Uint8Array<ArrayBuffer>);
      }
      const kept = memory === undefined ? {} : { memory: { bytes: memory.state.length, segments } };
      const pointer: Pointer = { generation, bytes: bytes.length, ...kept };
      await this.#store.write(`${folder}/checkpoint.json`, JSON.stringify(pointer));
    } catch (thrown) {
      await this.#removeCheckpoint(folder, generation);
      if (memory?.segment !== undefined) await this.#store.remove(`${folder}/${replay(memory.segment.number)}`);
      throw thrown;
    }
    if (before !== undefined) await this.#removeCheckpoint(folder, before.generation);
    await this.#removeSegments(folder, segments);
  }

  async memory(id: string): Promise<StoredMemory | undefined> {
    const folder = folderOf(id);
    const pointer = await this.#pointer(folder);
    if (pointer?.memory === undefined) return undefined;
    const { bytes, segments } = pointer.memory;
    const state = await this.#whole(id, remembered(pointer.generation), bytes);
    return { state, segments: segments.map(({ number }) => number) };
  }

  async memorySegment(id: string, segment: number): Promise<Uint8Array<ArrayBuffer>> {
    const pointer = await this.#pointer(folderOf(id));
    const file = pointer?.memory?.segments.find(({ number }) => number === segment);
    return await this.#whole(id, replay(segment), file?.bytes);
  }

  async checkpoint(id: string): Promise<StoredCheckpoint | undefined> {
    const folder = folderOf(id);
    const pointer = await this.#pointer(folder);
    if (pointer === undefined) return undefined;
    const base = `${folder}/checkpoint-${String(pointer.generation)}`;
    const [safetensors, json] = await Promise.all([
      this.#store.read(`${base}.safetensors`),
      readText(this.#store, `${base}.json`)
    ]);
    if (safetensors?.length !== pointer.bytes || json === undefined) {
      throw new AppError('data.corrupt', {
        subject: `the checkpoint of run ${id}`,
        expected: `${String(pointer.bytes)} bytes`,
        got: safetensors === undefined ? 'it is gone' : `${String(safetensors.length)} bytes are there`,
        remedy: 'train the run again from its configuration'
      });
    }
    return { safetensors, json };
  }

  async saveOrders(id: string, orders: EvaluationOrders): Promise<void> {
    await this.#store.write(`${folderOf(id)}/orders.json`, JSON.stringify(orders));
  }

  async orders(id: string): Promise<EvaluationOrders | undefined> {
    const text = await readText(this.#store, `${folderOf(id)}/orders.json`);
    return text === undefined ? undefined : (JSON.parse(text) as EvaluationOrders);
  }

  async remove(id: string): Promise<void> {
    if ((await this.get(id)) === undefined) throw missing(id);
    await writeFromReserve(this.#store, `${folderOf(id)}/removed-by`, this.#tab.id);
  }

  async restore(id: string): Promise<void> {
    const folder = folderOf(id);
    if ((await this.#store.size(`${folder}/record.json`)) === undefined) throw missing(id);
    await this.#store.remove(`${folder}/removed-by`);
  }

  /** Clears the runs this tab has set aside. */
  async purge(): Promise<void> {
    for (const id of await this.#store.folders(RUNS)) {
      const by = await readText(this.#store, `${RUNS}/${id}/removed-by`);
      if (by === this.#tab.id) await this.#store.remove(`${RUNS}/${id}`);
    }
  }

  async #record(folder: string): Promise<RunRecord | undefined> {
    if ((await this.#store.size(`${folder}/removed-by`)) !== undefined) return undefined;
    const text = await readText(this.#store, `${folder}/record.json`);
    return text === undefined ? undefined : (JSON.parse(text) as RunRecord);
  }

  /**
   * Lines go to `metrics-N.ndjson`; `metrics-M.parquet` holds the segments below M. A crash between writing the Parquet
   * and removing what is in it therefore counts no row twice.
   */
  async #segments(folder: string) {
    const numbers = (await this.#store.list(folder)).flatMap((path) => {
      const match = /\/metrics-(\d+)\.(ndjson|parquet)$/.exec(path);
      return match === null ? [] : [{ path, number: Number(match[1]), parquet: match[2] === 'parquet' }];
    });
    const compacted = Math.max(0, ...numbers.filter((one) => one.parquet).map((one) => one.number));
    const lines = numbers.filter((one) => !one.parquet && one.number >= compacted).sort((a, b) => a.number - b.number);
    return {
      compacted,
      lines: lines.map((one) => one.path),
      next: lines.at(-1)?.number ?? compacted,
      obsolete: numbers.filter((one) => one.number < compacted).map((one) => one.path)
    };
  }

  async #readMetrics(folder: string): Promise<readonly MetricRow[]> {
    const { compacted, lines } = await this.#segments(folder);
    const rows: MetricRow[] = [];
    const bytes = compacted === 0 ? undefined : await this.#store.read(`${folder}/${compact(compacted)}`);
    if (bytes !== undefined) {
      await this.#parquet();
      rows.push(...rowsOf(folder, bytes));
    }
    for (const path of lines) rows.push(...parseLines((await readText(this.#store, path)) ?? ''));
    return rows;
  }

  async #compact(folder: string): Promise<void> {
    const { lines, next } = await this.#segments(folder);
    if (lines.length === 0) return;
    const rows = await this.#readMetrics(folder);
    await this.#parquet();
    await this.#store.write(`${folder}/${compact(next + 1)}`, metricsToParquet(rows));
    for (const path of (await this.#segments(folder)).obsolete) await this.#store.remove(path);
  }

  async #pointer(folder: string): Promise<Pointer | undefined> {
    const text = await readText(this.#store, `${folder}/checkpoint.json`);
    return text === undefined ? undefined : (JSON.parse(text) as Pointer);
  }

  /** @throws AppError `data.corrupt` unless it is there with so many bytes */
  async #whole(id: string, name: string, expected: number | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#store.read(`${folderOf(id)}/${name}`);
    if (bytes !== undefined && bytes.length === expected) return bytes;
    throw new AppError('data.corrupt', {
      subject: `${name} of run ${id}`,
      expected: expected === undefined ? 'a file its checkpoint names' : `${String(expected)} bytes`,
      got: bytes === undefined ? 'it is gone' : `${String(bytes.length)} bytes`,
      remedy: 'go on from the checkpoint without it'
    });
  }

  /** Those that no checkpoint names any more, one that a crash left half written among them. */
  async #removeSegments(folder: string, named: readonly SegmentFile[]): Promise<void> {
    for (const path of await this.#store.list(folder)) {
      const match = /\/replay-(\d+)\.safetensors$/.exec(path);
      if (match === null || named.some(({ number }) => number === Number(match[1]))) continue;
      await this.#store.remove(path);
    }
  }

  async #removeCheckpoint(folder: string, generation: number): Promise<void> {
    await this.#store.remove(`${folder}/${remembered(generation)}`);
    await this.#store.remove(`${folder}/checkpoint-${String(generation)}.safetensors`);
    await this.#store.remove(`${folder}/checkpoint-${String(generation)}.json`);
  }
}

const folderOf = (id: string): string => `${RUNS}/${encodeURIComponent(id)}`;
const segment = (number: number): string => `metrics-${String(number).padStart(4, '0')}.ndjson`;
const compact = (number: number): string => `metrics-${String(number).padStart(4, '0')}.parquet`;

const replay = (number: number): string => `replay-${String(number).padStart(6, '0')}.safetensors`;
const remembered = (generation: number): string => `memory-${String(generation)}.safetensors`;

function segmentFiles(id: string, memory: MemoryToKeep, before: readonly SegmentFile[]): readonly SegmentFile[] {
  const { segment, segments } = memory;
  return segments.map((number) => {
    if (number === segment?.number) return { number, bytes: segment.bytes.length };
    const file = before.find((one) => one.number === number);
    if (file !== undefined) return file;
    throw new AppError('data.missing', {
      subject: `${replay(number)} of run ${id}`,
      expected: 'every segment that was kept before',
      got: 'it was not kept',
      remedy: 'keep the checkpoint without its memory'
    });
  });
}

const missing = (id: string): AppError =>
  new AppError('data.missing', {
    subject: `run ${id}`,
    got: 'it is not in this browser',
    remedy: 'choose one that the Runs page lists'
  });

/** JSON has no NaN or infinity: such a value is left out, as one that was never measured. */
const finite = (row: MetricRow): MetricRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => Number.isFinite(value)));

function parseLines(text: string): readonly MetricRow[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as MetricRow];
    } catch {
      return []; /* torn by a crash while it was being written */
    }
  });
}

/** One f64 column a name that occurs in any row, null where a row has none. */
function metricsToParquet(rows: readonly MetricRow[]): Uint8Array<ArrayBuffer> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const specs: readonly ColumnSpec[] = names.map((name) => ({ name, type: 'f64', about: name, nullable: true }));
  const columns = Object.fromEntries(
    names.map((name) => [name, Float64Array.from(rows, (row) => row[name] ?? Number.NaN)])
  );
  return ipcToParquet(toIpc(specs, columns, rows.length));
}

function rowsOf(subject: string, bytes: Uint8Array): readonly MetricRow[] {
  const table = parquetToArrow(subject, bytes);
  const columns = table.schema.fields.map((field, i) => ({ name: field.name, values: table.getChildAt(i) }));
  return Array.from({ length: table.numRows }, (_, row) => {
    const entries = columns.flatMap(({ name, values }) => {
      const value: unknown = values?.get(row);
      return typeof value === 'number' ? [[name, value] as const] : [];
    });
    return Object.fromEntries(entries);
  });
}
