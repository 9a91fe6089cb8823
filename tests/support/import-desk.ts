/** A catalogue in memory and the whole way of an import into it, as the data worker goes it. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ManualClock } from '../../src/lib/core/time.ts';
import { arrangeFiles } from '../../src/lib/data/arrange-files.ts';
import { Catalogue } from '../../src/lib/data/catalogue.ts';
import { importFiles } from '../../src/lib/data/import.ts';
import type { Ask } from '../../src/lib/data/import-question.ts';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import { rebuilt } from '../../src/lib/data/rebuild.ts';
import type { RebuiltLayer } from '../../src/lib/data/rebuild.ts';
import type { ImportReport } from '../../src/lib/data/records.ts';
import { LocalLocks } from '../../src/lib/data/store/locks.ts';
import { MemoryStore } from '../../src/lib/data/store/memory-store.ts';
import { Tab } from '../../src/lib/data/store/tab.ts';

export interface Desk {
  readonly store: MemoryStore;
  readonly catalogue: Catalogue;
  import(files: readonly File[], name?: string, ask?: Ask): Promise<ImportReport>;
  /** Goes on with a half-finished import. */
  goOn(id: string, files: readonly File[], ask?: Ask): Promise<ImportReport>;
  /** @returns ids of the markets that were built */
  rebuild(dataset: string, layer: RebuiltLayer): Promise<readonly string[]>;
  /** Bytes of each market's silver, in the order of the metadata. */
  silver(dataset: string): Promise<readonly Uint8Array[]>;
}

/** @param store of a former one, whose tab is closed: its locks are free */
export async function openDesk(store = new MemoryStore()): Promise<Desk> {
  const locks = new LocalLocks();
  const clock = new ManualClock(1000);
  const catalogue = await Catalogue.open({ store, locks, clock, tab: await Tab.open(locks) });
  const breathe = () => Promise.resolve();
  const take = async (files: readonly File[], more: { name?: string; resume?: string }, ask: Ask | undefined) => {
    const { files: arranged, beside, chains, ...joined } = await arrangeFiles(files);
    const parts = { catalogue, store, clock, codeVersion: 'test', parquet: loadParquetInNode, breathe };
    const read: typeof readRecording = (file, options) =>
      readRecording(file, { ...options, chains: chains.get(file) ?? [], ...(ask && { ask }) });
    return await importFiles({ ...parts, read }, { files: arranged, beside, joined, ...more });
  };
  return {
    store,
    catalogue,
    import: (files, name, ask) => take(files, name === undefined ? {} : { name }, ask),
    goOn: (id, files, ask) => take(files, { resume: id }, ask),
    rebuild: async (dataset, layer) => {
      const built: string[] = [];
      await catalogue.rewrite(dataset, (sidecar, folder) =>
        rebuilt(layer, sidecar, {
          store,
          folder,
          codeVersion: 'another',
          read: readRecording,
          breathe,
          onProgress: ({ market }) => market !== '' && built.push(market)
        })
      );
      return built;
    },
    silver: async (dataset) => {
      const folder = await catalogue.folder(dataset);
      const { markets } = await catalogue.sidecar(dataset);
      return await Promise.all(markets.map(async (one) => (await store.read(`${folder}/${one.silver}`))!));
    }
  };
}

/** A file on disk as a browser gives it. */
export const diskFile = (path: string, name = basename(path)): File =>
  new File([new Uint8Array(readFileSync(path))], name);
