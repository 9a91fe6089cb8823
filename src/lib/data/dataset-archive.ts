/**
 * A whole dataset as one file, and back: a tape archive of every layer and the metadata, with a list of what is in it
 * and the SHA-256 of each file first. What comes back is what went out, byte for byte, or nothing.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import { tarEntries } from './archive/tar.ts';
import { tarOf } from './archive/tar-writer.ts';
import type { TarFile } from './archive/tar-writer.ts';
import { ByteCursor } from './decode/byte-cursor.ts';
import { filePieces } from './decode/decode.ts';
import { isJournal } from './import-journal.ts';
import { Sha256 } from './sha256.ts';
import type { Sidecar } from './sidecar.ts';
import { parseSidecar, sidecarText } from './sidecar.ts';
import type { FileStore } from './store/file-store.ts';

/** First in the archive: by it an archive is known. */
const LIST = 'furlong-dataset.json';
const METADATA = 'metadata.json';
const VERSION = 1;
/** Metadata of ten thousand markets take a fraction of it. */
const LONGEST_TEXT = 512 << 20;

interface ArchiveList {
  readonly version: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

export interface ArchiveWork {
  readonly store: FileStore;
  /** The dataset's, in the store. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/** @param sidecar with the record as the catalogue lists it: its name and rules go along */
export async function archiveDataset(sidecar: Sidecar, { store, folder, signal }: ArchiveWork): Promise<File> {
  const { name } = sidecar.dataset;
  const files: TarFile[] = [{ path: METADATA, blob: new Blob([sidecarText(sidecar)]) }];
  for (const path of await store.list(folder)) {
    const inside = path.slice(folder.length + 1);
    if (inside === METADATA || isJournal(inside)) continue;
    const blob = await store.file(path);
    if (blob !== undefined) files.push({ path: inside, blob });
  }
  const list: ArchiveList['files'][number][] = [];
  for (const { path, blob } of files) {
    checkAborted(signal, `export of ${name}`);
    list.push({ path, bytes: blob.size, sha256: await digest(blob) });
  }
  const text = JSON.stringify({ version: VERSION, files: list } satisfies ArchiveList);
  return tarOf([{ path: LIST, blob: new Blob([text]) }, ...files], `${name}.furlong.tar`);
}

/** Whether a file is a dataset that was exported whole. */
export async function isArchivedDataset(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
  return new TextDecoder().decode(head.subarray(0, LIST.length + 1)) === `${LIST}\0`;
}

/**
 * Writes every layer into the folder.
 * @param onRead told of the bytes read so far
 * @returns the metadata, verified: whoever lists the dataset writes them
 * @throws data.corrupt or data.truncated when a byte is not as it went out, data.drift when its layers are not the ones
 *   this version reads, storage.full
 */
export async function restoreDataset(
  file: File,
  { store, folder, signal, onRead }: ArchiveWork & { readonly onRead: (bytes: number) => void }
): Promise<Sidecar> {
  const cursor = new ByteCursor(filePieces(file, { ...(signal === undefined ? {} : { signal }), onRead }));
  const wanted = new Map<string, ArchiveList['files'][number]>();
  let sidecar: Sidecar | undefined;
  let first = true;
  try {
    for await (const entry of tarEntries(cursor, file.name)) {
      checkAborted(signal, `import of ${file.name}`);
      if (entry.kind === 'refused') throw entry.error;
      const bytes = await whole(entry.bytes, file.name);
      if (first) {
        for (const one of listed(bytes, file.name)) wanted.set(one.path, one);
        first = false;
        continue;
      }
      const stated = wanted.get(entry.path);
      wanted.delete(entry.path);
      if (stated === undefined) throw damaged(file.name, 'what its list names', `${entry.path} besides`);
      if ((await digest(new Blob([bytes]))) !== stated.sha256) {
        throw damaged(file.name, `${entry.path} as it was exported`, 'other bytes');
      }
      if (entry.path !== METADATA) await store.write(`${folder}/${entry.path}`, bytes);
      else sidecar = await parseSidecar(file.name, new TextDecoder().decode(bytes));
    }
  } finally {
    await cursor.close();
  }
  const [lacking] = wanted.keys();
  if (sidecar === undefined || lacking !== undefined) {
    throw damaged(file.name, `all that its list names, ${lacking ?? METADATA} too`, 'an end before it');
  }
  // Its former names may be those of datasets that are here.
  const { formerNames: _, ...dataset } = sidecar.dataset;
  return { ...sidecar, dataset };
}

function listed(bytes: Uint8Array, name: string): ArchiveList['files'] {
  let list: ArchiveList;
  try {
    list = JSON.parse(new TextDecoder().decode(bytes)) as ArchiveList;
    if (!isList(list.files)) throw new Error('no list');
  } catch (thrown) {
    throw damaged(name, 'a list of its files', 'something else', thrown);
  }
  if (list.version === VERSION) return list.files;
  throw new AppError('data.drift', {
    subject: name,
    expected: `an exported dataset of version ${String(VERSION)}`,
    got: `version ${String(list.version)}`,
    remedy: 'import it with the version of the app that exported it'
  });
}

const isList = (files: unknown): boolean => Array.isArray(files);

const damaged = (subject: string, expected: string, got: string, cause?: unknown): AppError =>
  new AppError('data.corrupt', { subject, expected, got, remedy: 'export the dataset again', cause });

async function whole(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    pieces.push(chunk.slice());
    length += chunk.length;
    if (length > LONGEST_TEXT) throw damaged(name, 'files of a dataset', 'one of unlikely length');
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

async function digest(blob: Blob): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < blob.size; at += 1 << 20) {
    hash.update(new Uint8Array(await blob.slice(at, at + (1 << 20)).arrayBuffer()));
  }
  return hash.hex();
}
