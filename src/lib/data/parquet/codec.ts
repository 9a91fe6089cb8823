/**
 * Arrow IPC to Parquet (zstd) and back by parquet-wasm. Where its WebAssembly comes from is handed in once by whoever
 * starts the thread: a URL in the browser, a file's bytes in Node.
 */
import init, {
  Compression,
  Encoding,
  Table,
  WriterPropertiesBuilder,
  readParquet,
  writeParquet
} from 'parquet-wasm/esm';
import type { Table as ArrowTable } from 'apache-arrow';
import { tableFromIPC } from 'apache-arrow';
import { AppError } from '../../core/errors.ts';
import { isSealBroken, sealed } from './seal.ts';

export type WasmSource = string | URL | Uint8Array<ArrayBuffer>;
export type ParquetEncoding = 'delta' | 'plain' | 'dictionary';

let loading: Promise<unknown> | undefined;

/** Loads the codec once a thread; later calls wait for the first. */
export async function loadParquet(source: () => WasmSource | Promise<WasmSource>): Promise<void> {
  loading ??= Promise.resolve(source()).then(async (from) => await init({ module_or_path: from }));
  try {
    await loading;
  } catch (thrown) {
    loading = undefined;
    throw new AppError('network.unavailable', {
      subject: 'the Parquet codec',
      got: `it could not be loaded (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      remedy: 'check that the app is still being served and reload the page',
      cause: thrown
    });
  }
}

export interface ParquetOptions {
  readonly metadata?: ReadonlyMap<string, string>;
  /** Encoding by column; a dictionary where none is named. */
  readonly encodings?: Readonly<Record<string, ParquetEncoding>>;
  readonly rowGroupRows?: number;
}

/** The codec must have been loaded. The file bears a checksum of its bytes. */
export function ipcToParquet(ipc: Uint8Array, options: ParquetOptions = {}): Uint8Array<ArrayBuffer> {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setCreatedBy('furlong')
    .setKeyValueMetadata(new Map(options.metadata ?? []))
    .setMaxRowGroupSize(options.rowGroupRows ?? 1 << 20);
  for (const [column, encoding] of Object.entries(options.encodings ?? {})) {
    if (encoding === 'dictionary') continue;
    builder = builder
      .setColumnDictionaryEnabled(column, false)
      .setColumnEncoding(column, encoding === 'delta' ? Encoding.DELTA_BINARY_PACKED : Encoding.PLAIN);
  }
  /* The table is consumed by the writer. */
  return sealed(writeParquet(Table.fromIPCStream(ipc), builder.build()));
}

/** Part of a file; the whole of it where left out. */
export interface ParquetPart {
  readonly columns?: readonly string[];
  readonly offset?: number;
  readonly limit?: number;
}

/** Parquet bytes as an Arrow IPC stream; what is not Parquet, is torn, or is not what its seal says, is `data.corrupt`. */
export function parquetToIpc(subject: string, bytes: Uint8Array, part: ParquetPart = {}): Uint8Array {
  try {
    if (isSealBroken(bytes)) throw new Error('its checksum is not that of its bytes');
    const { columns, ...rows } = part;
    return readParquet(bytes, {
      batchSize: 1 << 20,
      ...rows,
      ...(columns === undefined ? {} : { columns: [...columns] })
    }).intoIPCStream();
  } catch (thrown) {
    throw new AppError('data.corrupt', {
      subject,
      got: `it is no sound Parquet file (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      remedy: 'remove the dataset and import its source file again',
      cause: thrown
    });
  }
}

export function parquetToArrow(subject: string, bytes: Uint8Array, part: ParquetPart = {}): ArrowTable {
  return tableFromIPC(parquetToIpc(subject, bytes, part));
}
