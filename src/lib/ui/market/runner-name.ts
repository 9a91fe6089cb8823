/** How a runner is called: its name where the recording has one, else the number it is listed under. */
import type { Runner } from '$lib/market/tape.ts';

export const runnerNumber = (runner: Runner): number =>
  runner.sortPriority > 0 ? runner.sortPriority : runner.slot + 1;

export const runnerName = (runner: Runner): string => {
  const name = runner.name.replace(/^\d+\.\s*/, '').trim();
  return name === '' || (name === runner.id && /^\d+$/.test(name)) ? `Runner ${String(runnerNumber(runner))}` : name;
};
