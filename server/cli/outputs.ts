/** What a run leaves in a folder. Each file is written aside and renamed, so none is ever half there. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src/lib/core/errors.ts';
import type { HeadlessResult } from '../../src/lib/config/headless.ts';

/**
 * Makes the folder and writes into it once, before anything is trained that could then not be kept.
 * @throws storage.unavailable
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, '.furlong.part');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw new AppError('storage.unavailable', {
      subject: `--out ${folder}`,
      expected: 'a folder that can be written to',
      got: cause instanceof Error ? cause.message : String(cause),
      remedy: 'name another folder',
      cause
    });
  }
}

export async function writeAside(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  const aside = join(folder, `.${name}.part`);
  await writeFile(aside, content);
  await rename(aside, join(folder, name));
}

/** Rows as CSV: columns in the order they first appear, an empty cell where a row has no value. */
export function toCsv(rows: readonly Readonly<Record<string, number>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: number | undefined): string => (value === undefined ? '' : String(value));
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(','));
  return [columns.join(','), ...lines, ''].join('\n');
}

export async function writeResult(folder: string, result: HeadlessResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeAside(folder, 'config.yaml', result.configYaml);
  await writeAside(folder, 'metrics.csv', toCsv(result.metrics));
  if (result.evaluationJson !== undefined) await writeAside(folder, 'eval.json', result.evaluationJson);
  if (result.linkFragment !== undefined) await writeAside(folder, 'link.txt', `/x#${result.linkFragment}\n`);
  if (result.checkpoint !== undefined) {
    const { safetensorsBase64, json } = result.checkpoint;
    await writeAside(folder, 'checkpoint.safetensors', Buffer.from(safetensorsBase64, 'base64'));
    await writeAside(folder, 'checkpoint.json', json);
  }
}
