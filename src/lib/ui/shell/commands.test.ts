import { expect, it, vi } from 'vitest';
import type { DatasetRecord } from '$lib/data/records.ts';
import type { RunRecord } from '$lib/research/types.ts';
import type { Theme } from '../theme.svelte.ts';
import { paletteCommands, rankCommand } from './commands.ts';

const app = {
  datasets: [{ name: 'Sample markets', markets: 40 } as DatasetRecord],
  records: [{ id: 'a/b', name: 'quiet-bay-17', state: 'finished', dataset: 'Sample markets' } as RunRecord],
  theme: { set: () => undefined } as unknown as Theme
};

it('offers every run and dataset by name, with addresses that survive odd characters', () => {
  const go = vi.fn();
  const commands = paletteCommands(app, go).flatMap((group) => group.commands);
  commands.find((command) => command.label === 'quiet-bay-17')?.run();
  commands.find((command) => command.label === 'Sample markets')?.run();
  expect(go.mock.calls).toEqual([['/runs/a%2Fb'], ['/markets?dataset=Sample%20markets']]);
});

it('leaves out a group that has nothing in it', () => {
  const headings = paletteCommands({ ...app, records: [] }, () => undefined).map((group) => group.heading);
  expect(headings).toEqual(['Go to', 'Do', 'Datasets']);
});

it('puts a name before what is said about another', () => {
  expect(rankCommand('mark', 'Markets', '')).toBeGreaterThan(rankCommand('mark', 'Sample markets', '40 markets'));
  expect(rankCommand('mark', 'Sample markets', '')).toBeGreaterThan(
    rankCommand('mark', 'quiet-bay-17', 'on Sample markets')
  );
  expect(rankCommand('bay finished', 'quiet-bay-17', 'finished, on sample')).toBeGreaterThan(0);
  expect(rankCommand('zebra', 'Markets', '')).toBe(0);
});
