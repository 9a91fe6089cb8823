/**
 * Prints a room's figures, one line each as they come: `npm run bench -- ROOM [--json]`. A room is every module of
 * `bench/rooms/` whose name is the room's or begins with it and a hyphen; those that end in `-gpu` run with `--gpu`, and
 * then alone.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

interface Room {
  figures(): AsyncIterable<Figure>;
}

const ROOMS_FOLDER = new URL('./rooms/', import.meta.url);
const ROOMS = ['env', 'compute', 'data', 'app', 'server'] as const;

function line(figure: Figure): string {
  const round = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 });
  const parts = [`${figure.name}: ${round(figure.value)} ${figure.unit}`];
  if (figure.baseline !== undefined) parts.push(`baseline ${round(figure.baseline)}`);
  if (figure.ratio !== undefined) parts.push(`ratio ${round(figure.ratio)}`);
  if (figure.goal !== undefined) parts.push(`goal ${round(figure.goal)}, ${figure.met === true ? 'met' : 'not met'}`);
  return parts.join(' · ');
}

/** One module's figures, printed as they come. */
async function print(file: string, json: boolean): Promise<void> {
  const module = (await import(new URL(file, ROOMS_FOLDER).href)) as Room;
  for await (const figure of module.figures()) console.log(json ? JSON.stringify(figure) : line(figure));
}

/** In a process of its own: what one module's code has taught the engine must not slow or speed the next one's. */
function printApart(file: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const words = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--only', file];
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  child.once('error', reject);
  child.once('exit', (code) => {
    if (code === 0) resolve(undefined);
    else reject(new Error(`${file} ended with ${String(code)}`));
  });
  return promise;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, gpu: { type: 'boolean' }, only: { type: 'string' } },
    allowPositionals: true
  });
  const [asked] = positionals;
  const room = ROOMS.find((name) => name === asked);
  if (room === undefined) throw new Error(`expected a room: ${ROOMS.join(', ')}; got ${asked ?? 'nothing'}`);
  if (values.only !== undefined) return print(values.only, values.json === true);
  const files = readdirSync(ROOMS_FOLDER)
    .filter((name) => name === `${room}.ts` || name.startsWith(`${room}-`))
    .filter((name) => name.endsWith('-gpu.ts') === (values.gpu === true));
  for (const file of files.sort()) await printApart(file);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
);
