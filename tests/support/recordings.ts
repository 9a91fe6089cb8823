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

const told = new Set<string>();

/**
 * What a test needs of either folder: nothing is told once, and under `CI` refused, so that no test passes for want of
 * what it tests.
 * @param what as it is called, in the plural
 * @returns `items`
 */
export function orSkipped<Items extends readonly unknown[]>(what: string, path: string, items: Items): Items {
  if (items.length > 0) return items;
  if (process.env['CI'] !== undefined) throw new Error(`expected ${what} in ${path}, got none; add some or unset CI`);
  const clause = `SKIPPED: no ${what} in ${path}`;
  if (!told.has(clause)) console.warn(clause);
  told.add(clause);
  return items;
}

/** Whether one recording is there; `orSkipped` says what its absence means. */
export const isRecorded = (path: string): boolean =>
  orSkipped('recording', path, existsSync(path) ? [path] : []).length > 0;

/** Full paths of the Betfair stream recordings found, in the order of their names. */
export function betfairStreams(): readonly string[] {
  const path = join(recordings.path, 'betfair/stream');
  return orSkipped('Betfair recordings', path, filesIn(path));
}

/** Full paths, in the order of their names. */
export function filesIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(join(goldens.path, name), 'utf8'));
}
