/**
 * One import of a repeated archive in a process of its own: `node bench/archive-run.ts MARKETS THREADS`,
 * JSON out. With two threads one unpacks, as in the app.
 */
import { basename } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MemberPort } from '../src/lib/data/archive/member-wire.ts';
import { receiveMembers } from '../src/lib/data/archive/member-wire.ts';
import { members } from '../src/lib/data/archive/members.ts';
import { Catalogue } from '../src/lib/data/catalogue.ts';
import { importFiles } from '../src/lib/data/import.ts';
import { loadParquetInNode } from '../src/lib/data/parquet/load-node.ts';
import type { Unpack } from '../src/lib/data/read-recording.ts';
import { readRecording } from '../src/lib/data/read-recording.ts';
import type { ReadOptions, Recording } from '../src/lib/data/recording.ts';
import type { FileStore } from '../src/lib/data/store/file-store.ts';
import { LocalLocks } from '../src/lib/data/store/locks.ts';
import { MemoryStore } from '../src/lib/data/store/memory-store.ts';
import { Tab } from '../src/lib/data/store/tab.ts';
import { betfairStreams } from '../tests/support/recordings.ts';
import { fileAt, plainBytes } from '../tests/support/read-stream.ts';
import { repeatedTar } from '../tests/support/repeated-archive.ts';

export interface ArchiveRun {
  readonly textBytes: number;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** The three AU WIN races. */
const RACES = ['1.127236622.bz2', '1.206063952.bz2', '1.206064380.bz2'];

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes what is written and forgets it, as a disk would: the memory of a disk is not what is measured. */
class Sink extends MemoryStore implements FileStore {
  override async write(path: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await super.write(path, path.endsWith('.parquet') ? new Uint8Array(0) : bytes);
  }
}

/** A venue never gives one market's id to two: here each repetition becomes a market of its own. */
async function readRenamed(file: File, options: ReadOptions, unpack: Unpack): Promise<Recording> {
  let number = 0;
  return await readRecording(file, {
    ...options,
    unpack,
    onMarket: async (market) => {
      const record = { ...market.record, id: `${market.record.id}-${String(number++)}` };
      await options.onMarket({ ...market, record });
    }
  });
}

async function store(file: File, unpack: Unpack): Promise<void> {
  const locks = new LocalLocks();
  const sink = new Sink();
  const clock = { epochMillis: () => Date.now(), monotonicMillis: () => performance.now() };
  const catalogue = await Catalogue.open({ store: sink, locks, clock, tab: await Tab.open(locks) });
  const read = (one: File, options: ReadOptions): Promise<Recording> => readRenamed(one, options, unpack);
  const parts = { catalogue, store: sink, clock, codeVersion: 'bench', read, breathe };
  await importFiles({ ...parts, parquet: loadParquetInNode }, { files: [file] });
}

/** A file that is made as it is read cannot cross to a thread: the other one makes its own. */
function unpackOnThread(races: readonly string[], markets: number): Unpack {
  const worker = new Worker(new URL('archive-unpack.ts', import.meta.url));
  worker.unref();
  return (file, options) => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ races, markets, port: port1 }, [port1]);
    return receiveMembers(port2 as unknown as MemberPort, file.name, options);
  };
}

async function main(markets: number, threads: number): Promise<ArchiveRun> {
  const races = betfairStreams().filter((path) => RACES.includes(basename(path)));
  if (races.length !== RACES.length)
    throw new Error(`expected ${RACES.join(', ')} in the data folder; set FURLONG_DATA`);
  const sizes: number[] = [];
  for (const path of races) sizes.push((await plainBytes(fileAt(path))).length);
  const textBytes = Array.from({ length: markets }, (_, i) => sizes[i % sizes.length] ?? 0).reduce((a, b) => a + b, 0);
  await loadParquetInNode();
  const file = repeatedTar(races, markets);
  const unpack = threads === 2 ? unpackOnThread(races, markets) : members;
  const start = performance.now();
  await store(file, unpack);
  const seconds = (performance.now() - start) / 1000;
  return { textBytes, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

console.log(JSON.stringify(await main(Number(process.argv[2]), Number(process.argv[3]))));
