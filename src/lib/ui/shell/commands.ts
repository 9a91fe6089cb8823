/** What the palette offers: places, actions, and everything the app knows by name. */
import { marketsAddress } from '../addresses.ts';
import type { App } from '../app-context.svelte.ts';
import { plural } from '../format.ts';
import { places } from './places.ts';

export interface PaletteCommand {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  run(): unknown;
}

export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly PaletteCommand[];
}

/** How well a command answers what was typed: its own name before what is said about it. 0 hides it. */
export function rankCommand(typed: string, label: string, detail: string): number {
  const wanted = typed.trim().toLowerCase();
  const name = label.toLowerCase();
  if (name.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 0.8;
  return wanted.split(/\s+/).every((word) => `${name} ${detail.toLowerCase()}`.includes(word)) ? 0.4 : 0;
}

type Known = Pick<App, 'datasets' | 'records' | 'theme'>;

export function paletteCommands(app: Known, go: (href: string) => unknown): readonly CommandGroup[] {
  const groups: readonly CommandGroup[] = [
    {
      heading: 'Go to',
      commands: [
        { id: 'go /', label: 'Start', run: () => go('/') },
        ...places.map((place) => ({ id: `go ${place.href}`, label: place.label, run: () => go(place.href) }))
      ]
    },
    {
      heading: 'Do',
      commands: [
        {
          id: 'do train',
          label: 'Train on the sample',
          detail: 'starts at once',
          run: () => go('/train?start=sample')
        },
        { id: 'do files', label: 'Open files', detail: 'recordings from this computer', run: () => go('/data') },
        { id: 'do light', label: 'Light theme', run: () => app.theme.set('light') },
        { id: 'do dark', label: 'Dark theme', run: () => app.theme.set('dark') },
        { id: 'do system', label: 'Theme of the system', run: () => app.theme.set('system') }
      ]
    },
    {
      heading: 'Runs',
      commands: app.records.slice(0, 50).map((record) => ({
        id: `run ${record.id}`,
        label: record.name,
        detail: `${record.state}, on ${record.dataset}`,
        run: () => go(`/runs/${encodeURIComponent(record.id)}`)
      }))
    },
    {
      heading: 'Datasets',
      commands: app.datasets.map((dataset) => ({
        id: `dataset ${dataset.name}`,
        label: dataset.name,
        detail: plural(dataset.markets, 'market'),
        run: () => go(marketsAddress(dataset.name))
      }))
    }
  ];
  return groups.filter((group) => group.commands.length > 0);
}
