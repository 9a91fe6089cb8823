/** Writes the built-in sample, `static/sample/`: `node scripts/make-sample.ts` (Node 24). The same every time. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SAMPLE_MARKETS, sampleTape } from '../src/lib/env/simulator/sample-markets.ts';
import { loadParquet } from '../src/lib/data/parquet/codec.ts';
import { SAMPLE_FILE, writeSample } from '../src/lib/data/sample.ts';

const SIMULATOR_VERSION = 'simulator 1';
/** A tracked file may not be larger. */
const MOST_BYTES = 2_000_000;

const wasm = createRequire(import.meta.url).resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
await loadParquet(() => new Uint8Array(readFileSync(wasm)));

const tapes = [];
for (let index = 0; index < SAMPLE_MARKETS; index++) tapes.push(await sampleTape(index));
const { metadata, parquet } = await writeSample(tapes, {
  codeVersion: SIMULATOR_VERSION,
  createdMillis: Date.UTC(2026, 0, 1)
});
if (parquet.length > MOST_BYTES) throw new Error(`${SAMPLE_FILE}: ${parquet.length} bytes, over ${MOST_BYTES}`);

const folder = new URL('../static/sample/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL(SAMPLE_FILE, folder), parquet);
writeFileSync(new URL('metadata.json', folder), `${JSON.stringify(metadata)}\n`);
const rows = tapes.reduce((sum, tape) => sum + tape.rows, 0);
console.log(`${tapes.length} markets, ${rows} rows, ${parquet.length} bytes`);
