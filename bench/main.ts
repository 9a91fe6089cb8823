/**
 * Prints a room's figures, one line each as they come: `npm run bench -- ROOM [--json]`. A room is every module of
 * `bench/rooms/` whose name is the room's or begins with it and a hyphen.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

interface Room {
  figures(): AsyncIterable<Figure>;
}

const ROOMS = ['env', 'compute', 'data', 'app', 'server'] as const;

function line(figure: Figure): string {
  const round = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 });
  const parts = [`${figure.name}: ${round(figure.value)} ${figure.unit}`];
  if (figure.baseline !== undefined) parts.push(`baseline ${round(figure.baseline)}`);
  if (figure.ratio !== undefined) parts.push(`ratio ${round(figure.ratio)}`);
  if (figure.goal !== undefined) parts.push(`goal ${round(figure.goal)}, ${figure.met === true ? 'met' : 'not met'}`);
  return parts.join(' · ');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
  const [asked] = positionals;
  const room = ROOMS.find((name) => name === asked);
  if (room === undefined) throw new Error(`expected a room: ${ROOMS.join(', ')}; got ${asked ?? 'nothing'}`);
  const folder = new URL('./rooms/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name === `${room}.ts` || name.startsWith(`${room}-`));
  for (const file of files.sort()) {
    const module = (await import(new URL(file, folder).href)) as Room;
    for await (const figure of module.figures()) {
      console.log(values.json === true ? JSON.stringify(figure) : line(figure));
    }
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
);
