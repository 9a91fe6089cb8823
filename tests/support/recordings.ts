/**
 * Where the recorded markets and the goldens lie: `FURLONG_DATA` and `FURLONG_GOLDENS`, else beside the project. What
 * is absent is a failure where `CI` is set, and skipped loudly elsewhere.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';

const project = resolve(fileURLToPath(import.meta.url), '../../..');

export interface Folder {
  readonly path: string;
  readonly present: boolean;
}

function folder(variable: string, fallback: string): Folder {
  const path = resolve(project, process.env[variable] ?? fallback);
  const present = existsSync(path);
  if (!present && process.env['CI'] !== undefined) {
    throw new Error(`${variable}: expected a folder, nothing at ${path}; set ${variable} or unset CI`);
  }
  if (!present) console.warn(`SKIPPED: no ${variable} at ${path}`);
  return { path, present };
}

export const recordings: Folder = folder('FURLONG_DATA', '../shared/data');
export const goldens: Folder = folder('FURLONG_GOLDENS', '../shared/goldens');

/** Full paths of the Betfair stream recordings found, in the order of their names. */
export function betfairStreams(): readonly string[] {
  const path = join(recordings.path, 'betfair/stream');
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(join(goldens.path, name), 'utf8'));
}
