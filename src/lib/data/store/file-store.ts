/**
 * Where layers, runs and documents lie: a folder tree of small and middling files. The seam between this room and the
 * browser's storage; it knows no layer and no format. Paths use `/` and never begin with it.
 */

export interface StorageUsage {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}

/** Every failure is an `AppError`: `storage.full`, `storage.locked` or `storage.unavailable`. */
export interface FileStore {
  /** `memory` when nothing outlives the tab; `why` then says so, and is empty otherwise. */
  readonly kind: 'opfs' | 'memory';
  readonly why: string;
  /** The whole file, or undefined when there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A file that can be handed to the page without reading it. */
  file(path: string): Promise<File | undefined>;
  /** Atomic: a reader, a crash or a full disk sees the former bytes or the new ones, never a mixture. */
  write(path: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<void>;
  /** Adds at the end, in place and not atomic: whoever reads it must bear with a torn last record. */
  append(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Paths of every file under a folder at any depth, sorted; empty when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Names of the folders directly under a folder, sorted. */
  folders(folder: string): Promise<readonly string[]>;
  /** Removes a file or a whole folder; what is not there is already removed. */
  remove(path: string): Promise<void>;
  /** Bytes of a file, or undefined when there is none. */
  size(path: string): Promise<number | undefined>;
  usage(): Promise<StorageUsage>;
}

/** Splits a path and refuses what could climb out of the store: empty, `.` and `..` parts. */
export function pathParts(path: string): readonly string[] {
  const parts = path.split('/');
  for (const part of parts) {
    if (part === '' || part === '.' || part === '..') throw new Error(`not a storage path: ${JSON.stringify(path)}`);
  }
  return parts;
}

export async function readText(store: FileStore, path: string): Promise<string | undefined> {
  const bytes = await store.read(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
