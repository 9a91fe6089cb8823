/** Loads the Parquet codec in Node, from the installed package's own file. Never imported by what the browser runs. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { loadParquet } from './codec.ts';

export async function loadParquetInNode(): Promise<void> {
  await loadParquet(async () => {
    const path = createRequire(import.meta.url).resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
    return new Uint8Array(await readFile(path));
  });
}
