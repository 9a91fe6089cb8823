/** Puts the data service behind comlink in a worker, with the browser's own parts unless others are given. */
import { expose, transfer } from 'comlink';
import duckdbWasmUrl from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import duckdbWorkerUrl from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import parquetUrl from 'parquet-wasm/esm/parquet_wasm_bg.wasm?url';
import { loadParquet } from '../data/parquet/codec.ts';
import { readRecording } from '../data/read-recording.ts';
import { Sample, sampleFrom } from '../data/sample.ts';
import type { RootOpener } from '../data/store/open-store.ts';
import { openStore } from '../data/store/open-store.ts';
import { openLocks } from '../data/store/locks.ts';
import { browserClock } from './browser-clock.ts';
import type { DataWorkerApi } from './data-worker-api.ts';
import { DataService } from './data-service.ts';
import { carryErrors } from './transfer.ts';
import { unpackElsewhere } from './unpack-elsewhere.ts';

export interface ServeOptions {
  /** Where datasets and runs are kept; the browser's own storage when left out. */
  readonly root?: RootOpener;
}

export function serveData(options: ServeOptions = {}): void {
  carryErrors('the data worker');
  const unpack = unpackElsewhere();
  const service = new DataService({
    openStore: () => openStore(options.root),
    locks: openLocks(),
    clock: browserClock,
    codeVersion: __CODE_VERSION__,
    sample: new Sample(sampleFrom(new URL('/sample/', self.location.origin))),
    read: (file, options) => readRecording(file, { ...options, unpack }),
    parquet: () => loadParquet(() => parquetUrl),
    duckdb: { workerUrl: duckdbWorkerUrl, wasmUrl: duckdbWasmUrl },
    shared: self.crossOriginIsolated
  });
  /* A tape that is not shared and a query's bytes move instead of being copied. */
  const served: DataWorkerApi = Object.assign(service, {
    tape: async (dataset: string, market: string) => {
      const wire = await DataService.prototype.tape.call(service, dataset, market);
      return wire.buffer instanceof ArrayBuffer ? transfer(wire, [wire.buffer]) : wire;
    },
    query: async (sql: string, task: string, mayWrite = false) => {
      const result = await DataService.prototype.query.call(service, sql, task, mayWrite);
      return transfer(result, [result.ipc.buffer as ArrayBuffer]);
    }
  });
  expose(served);
}
