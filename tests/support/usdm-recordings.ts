/** Recorded Binance USD-M streams as the tests and benchmarks read them: found by folder, read by the project's way. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsdmStreamReader } from '../../src/lib/data/binance/usdm-stream.ts';
import type { UsdmTape } from '../../src/lib/data/binance/usdm-tape.ts';
import { fileAt, plainBytes } from './read-stream.ts';
import { recordings } from './recordings.ts';

/** Full paths of the recordings found, in the order of their names. */
export function usdmStreams(): readonly string[] {
  const path = join(recordings.path, 'crypto/binance-usdm');
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

/** A file's name as the goldens have it, without its ending. */
export const usdmName = (path: string): string => basename(path).replace(/\.(gz|bz2|txt)$/u, '');

export interface UsdmRead extends UsdmTape {
  readonly reader: UsdmStreamReader;
}

export async function readUsdm(path: string): Promise<UsdmRead> {
  const reader = new UsdmStreamReader({ source: basename(path) });
  reader.push(await plainBytes(fileAt(path)));
  return { reader, ...reader.end({ fingerprint: '', shared: false }) };
}
