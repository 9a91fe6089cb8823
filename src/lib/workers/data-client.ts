/** The page's side of the data worker: signals become cancel messages, wires become tapes, errors keep their code. */
import type { Remote } from 'comlink';
import { proxy, releaseProxy, transfer, wrap } from 'comlink';
import { checkAborted } from '../core/errors.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { DataApi } from './data-api.ts';
import type { DataWorkerApi } from './data-worker-api.ts';
import { carryErrors, whenBroken } from './transfer.ts';

export interface DataClient extends DataApi {
  /** Ends the worker; calls still open are rejected by nobody and must be given up. */
  close(): void;
}

/** Starts a data worker. The page's context keeps one; a second one shares the same storage and loses nothing. */
export function createDataClient(
  start: () => Worker = () => new Worker(new URL('./data.worker.ts', import.meta.url), { type: 'module', name: 'data' })
): DataClient {
  carryErrors('the data worker');
  const worker = start();
  let closed = false;
  const broken = whenBroken(worker, 'the data worker');
  const remote: Remote<DataWorkerApi> = wrap<DataWorkerApi>(worker);
  const call = <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, broken]);

  /** Runs a call under a task id; the signal cancels it in the worker. */
  async function task<T>(
    subject: string,
    signal: AbortSignal | undefined,
    run: (id: string) => Promise<T>
  ): Promise<T> {
    checkAborted(signal, subject);
    const id = crypto.randomUUID();
    const cancel = (): void => {
      remote.cancel(id).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await call(run(id));
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  return {
    status: () => call(remote.status()),
    importFiles: (files, options = {}) =>
      task('the import', options.signal, (id) => {
        const { onProgress, ask, signal: _signal, ...about } = options;
        const told = { ...about, task: id };
        return remote.importFiles(files, told, onProgress && proxy(onProgress), ask && proxy(ask));
      }),
    unfinishedImports: () => call(remote.unfinishedImports()),
    discardImport: (id) => call(remote.discardImport(id)),
    datasets: () => call(remote.datasets()),
    markets: (dataset) => call(remote.markets(dataset)),
    quality: (dataset) => call(remote.quality(dataset)),
    setRules: (dataset, rules) => call(remote.setRules(dataset, rules)),
    lineage: (dataset) => call(remote.lineage(dataset)),
    rebuild: (dataset, layer, { signal, onProgress } = {}) =>
      task(`rebuilding ${dataset}`, signal, (id) =>
        remote.rebuild(dataset, layer, id, onProgress && proxy(onProgress))
      ),
    rename: (dataset, name) => call(remote.rename(dataset, name)),
    remove: (dataset) => call(remote.remove(dataset)),
    restore: (dataset) => call(remote.restore(dataset)),
    purge: () => call(remote.purge()),
    tape: async (dataset, market) => tapeFromWire(await call(remote.tape(dataset, market))),
    series: (dataset) => call(remote.series(dataset)),
    buildSeries: (dataset, settings, { signal, onProgress } = {}) =>
      task('the runner series', signal, (id) =>
        remote.buildSeries(dataset, settings, id, onProgress && proxy(onProgress))
      ),
    removeSeries: (dataset) => call(remote.removeSeries(dataset)),
    gold: (dataset) => call(remote.gold(dataset)),
    rollouts: (dataset) => call(remote.rollouts(dataset)),
    removeRollout: (dataset, name) => call(remote.removeRollout(dataset, name)),
    buildGold: (dataset, options, { signal, onProgress } = {}) =>
      task('the gold layer', signal, (id) => remote.buildGold(dataset, options, id, onProgress && proxy(onProgress))),
    recordRollout: (dataset, options, { signal, onProgress } = {}) =>
      task('the rollout', signal, (id) => remote.recordRollout(dataset, options, id, onProgress && proxy(onProgress))),
    regimes: (dataset, { signal, onProgress } = {}) =>
      task('the regimes', signal, (id) => remote.regimes(dataset, id, onProgress && proxy(onProgress))),
    query: (sql, { signal, mayWrite = false } = {}) =>
      task('the query', signal, (id) => remote.query(sql, id, mayWrite)),
    exportDataset: (dataset, { format = 'archive', signal } = {}) =>
      task(`export of ${dataset}`, signal, (id) => remote.exportDataset(dataset, format, id)),

    runs: () => call(remote.runs()),
    run: (id) => call(remote.run(id)),
    saveRun: (record) => call(remote.saveRun(record)),
    appendMetrics: (id, rows) => call(remote.appendMetrics(id, rows)),
    metrics: (id) => call(remote.metrics(id)),
    saveCheckpoint: (id, checkpoint, memory) => {
      // The memory's bytes move; the checkpoint's stay, to go on from should the device be lost.
      const bytes = memory === undefined ? [] : [memory.state.buffer, memory.segment?.bytes.buffer];
      const moved = bytes.filter((one) => one instanceof ArrayBuffer);
      return call(remote.saveCheckpoint(id, checkpoint, memory === undefined ? undefined : transfer(memory, moved)));
    },
    checkpoint: (id) => call(remote.checkpoint(id)),
    memory: (id) => call(remote.memory(id)),
    memorySegment: (id, segment) => call(remote.memorySegment(id, segment)),
    saveOrders: (id, orders) => call(remote.saveOrders(id, orders)),
    orders: (id) => call(remote.orders(id)),
    removeRun: (id) => call(remote.removeRun(id)),
    restoreRun: (id) => call(remote.restoreRun(id)),

    readDocument: (path) => call(remote.readDocument(path)),
    writeDocument: (path, text) => call(remote.writeDocument(path, text)),
    listDocuments: (prefix) => call(remote.listDocuments(prefix)),
    removeDocument: (path) => call(remote.removeDocument(path)),

    close: () => {
      if (closed) return;
      closed = true;
      remote[releaseProxy]();
      worker.terminate();
    }
  };
}
