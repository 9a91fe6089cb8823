/**
 * What a visitor loads, compressed beside itself in the second a build has for it: the text of the client as Brotli and
 * gzip. WebAssembly is left as it is, 45 MB that a browser on the loop-back address gets faster plain; a host that
 * serves others has all of it compressed as small as it goes (`FURLONG_PRECOMPRESS=1`).
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Of 11: within a thirtieth of 9 in a tenth of the time. */
const QUALITY = 5;
/** A smaller file fits the first packets anyhow. */
const LEAST_BYTES = 1024;

/** Writes `.br` and `.gz` beside every text in a folder of the client. */
function compressTexts(folder) {
  for (const name of globSync('**/*.{css,html,js,json,svg,webmanifest}', { cwd: folder })) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    if (bytes.length < LEAST_BYTES) continue;
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } }));
    writeFileSync(`${path}.gz`, gzipSync(bytes));
  }
}

/** An adapter whose server looks for compressed files, and whose builds write those of texts alone. */
export function compressingTexts(adapter) {
  return {
    ...adapter,
    adapt: (builder) =>
      adapter.adapt({
        ...builder,
        compress: (folder) => {
          compressTexts(folder);
          return Promise.resolve();
        }
      })
  };
}
