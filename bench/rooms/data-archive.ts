/**
 * A month's archive: 200 markets in a tar of bzip2, made by repeating the AU WIN recordings as the bytes are read, so
 * that it is stored nowhere. Speed of text from the archive to bronze and silver (what is written is let go of, as a disk
 * would take it), and the most memory: each run in a process of its own, by the system's account of it.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ArchiveRun } from '../archive-run.ts';
import type { Figure } from '../figure.ts';

const MARKETS = 200;
const FEW = 20;
/** Other work on the machine only ever slows a pass down, and never makes it smaller. */
const PASSES = 2;
const SPEED_GOAL = 30;
const MEMORY_GOAL = 500;

export async function* figures(): AsyncGenerator<Figure> {
  const two = best(MARKETS, 2);
  const about = `a tar of ${String(MARKETS)} bzip2 markets (${(two.textBytes / 1e6).toFixed(0)} MB of text) to bronze and silver`;
  const fast = speed(two);
  const name = `${about}, two threads: one unpacks`;
  yield { name, value: fast, unit: 'MB/s of text', goal: SPEED_GOAL, met: fast >= SPEED_GOAL };
  const peak = two.peakBytes / 1e6;
  yield {
    name: 'the same: peak memory of the process',
    value: peak,
    unit: 'MB',
    goal: MEMORY_GOAL,
    met: peak < MEMORY_GOAL
  };
  const few = best(FEW, 2);
  const baseline = few.peakBytes / 1e6;
  yield { name: `the same: ${String(FEW)} markets, peak memory`, value: baseline, unit: 'MB' };
  yield await Promise.resolve({ name: `${about}, one thread`, value: speed(best(MARKETS, 1)), unit: 'MB/s of text' });
}

const speed = (run: ArchiveRun): number => run.textBytes / 1e6 / run.seconds;

/** The shortest of some runs, and the most memory that any of them took. */
function best(markets: number, threads: number): ArchiveRun {
  const runs = Array.from({ length: PASSES }, () => run(markets, threads));
  const [first] = runs.toSorted((a, b) => a.seconds - b.seconds);
  if (first === undefined) throw new Error('no run was made');
  return { ...first, peakBytes: Math.max(...runs.map((one) => one.peakBytes)) };
}

function run(markets: number, threads: number): ArchiveRun {
  const program = fileURLToPath(new URL('../archive-run.ts', import.meta.url));
  const answer = execFileSync(process.execPath, [program, String(markets), String(threads)], { encoding: 'utf8' });
  return JSON.parse(answer) as ArchiveRun;
}
