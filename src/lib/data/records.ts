/** What the catalogue keeps of datasets and markets, and what an import reports. Plain data. */
import type { QualityRule } from './quality/rules.ts';

/** Something odd in the data: counted, with where it was first seen. */
export interface Oddity {
  /** Stable: `off-ladder-price`, `time-went-back`, `unknown-runner`, `negative-size`, `mid-file-image`, ... */
  readonly code: string;
  readonly count: number;
  /** `1.206064380.bz2 line 812: price 2.015 is not on the ladder`. */
  readonly example: string;
  readonly severity: 'note' | 'warning' | 'error';
}

export interface MarketRecord {
  readonly id: string;
  readonly dataset: string;
  readonly name: string;
  readonly eventName: string;
  readonly kind: string;
  readonly country: string;
  readonly venue: string;
  readonly synthetic: boolean;
  readonly runners: number;
  readonly messages: number;
  readonly definitions: number;
  readonly rows: number;
  readonly trades: number;
  /** Sum of trades, in the venue's unit (Betfair: currency). */
  readonly matched: number;
  readonly firstMillis: number;
  readonly lastMillis: number;
  readonly scheduledMillis: number;
  /** First turn in play, if it did. */
  readonly inPlayMillis?: number;
  readonly status: 'inactive' | 'open' | 'suspended' | 'closed';
  readonly winners: readonly string[];
  readonly fingerprint: string;
  /** Whether an episode can be made of it; `reason` says why not. */
  readonly trainable: boolean;
  readonly reason?: string;
  /** Why its book cannot be trusted throughout, as far as its source shows: it is then not trainable. */
  readonly damage?: string;
  /** The dataset's rule that leaves it out of training, as text; it is then not trainable. */
  readonly excludedBy?: string;
  readonly oddities: readonly Oddity[];
}

/** How a layer of a file is packed. */
export type Container = 'plain' | 'gzip' | 'bzip2' | 'zstd' | 'zip' | 'tar';

export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The outermost. */
  readonly container: Container;
  readonly messages: number;
  readonly markets: number;
  /** Recordings within it, where it is an archive. */
  readonly members?: number;
}

/** A file that gave no market of its own: order books or terms that recordings were joined with. */
export type BesideFile = Pick<SourceFile, 'name' | 'bytes' | 'sha256'>;

/** Why a dataset holds less than its files do: an import that ended before they did. The same files go on with it. */
export interface PartialImport {
  /** As a clause: `the browser has no room for more`. */
  readonly got: string;
  readonly remedy: string;
  /** What the rest would take, by what was stored of what was read; and what the browser said was left. */
  readonly neededBytes: number;
  readonly leftBytes: number;
  /** Files that were not read to their end. */
  readonly unreadFiles: number;
}

export interface DatasetRecord {
  readonly name: string;
  readonly origin: 'sample' | 'import' | 'fetch';
  readonly venue: string;
  readonly synthetic: boolean;
  readonly createdMillis: number;
  readonly files: readonly SourceFile[];
  /** What its recordings were joined with; none where absent. */
  readonly beside?: readonly BesideFile[];
  readonly markets: number;
  /** Those that an episode can be made of and no rule leaves out. */
  readonly trainable: number;
  /** Rules on quality that leave markets out of training; none where absent. */
  readonly rules?: readonly QualityRule[];
  /** Absent where it is whole. */
  readonly partial?: PartialImport;
  /** Names it had before: runs made under one still find it. */
  readonly formerNames?: readonly string[];
  readonly messages: number;
  readonly runners: number;
  readonly trades: number;
  readonly firstMillis: number;
  readonly lastMillis: number;
  readonly bronzeBytes: number;
  readonly silverBytes: number;
  /** Of layers above that were imported as files; none where absent. Those that are built here are not counted. */
  readonly layerBytes?: number;
  /** SHA-256 over its markets' fingerprints, sorted. */
  readonly fingerprint: string;
  readonly schemaHash: string;
  readonly codeVersion: string;
  readonly oddities: readonly Oddity[];
}

export interface ImportReport {
  readonly dataset: DatasetRecord;
  readonly markets: readonly MarketRecord[];
  readonly seconds: number;
}

export interface ImportProgress {
  readonly phase: 'reading' | 'writing' | 'cataloguing';
  /** Where it is an archive, the member that is being read: `archive.tar/1.206.bz2`. */
  readonly file: string;
  readonly fileIndex: number;
  readonly files: number;
  /** Of the compressed input. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly messages: number;
  readonly markets: number;
}

export interface StorageStatus {
  /** `memory` when the browser refuses its own storage: nothing then outlives the tab, and `why` says so. */
  readonly kind: 'opfs' | 'memory';
  readonly why: string;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}
