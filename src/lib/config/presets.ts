/**
 * The presets, as data. Their text is YAML in `configs/`, so that a user can read, copy and train it from a terminal;
 * Node and a bundler open such a file in different ways, so whoever wants one hands in how: the command line reads the
 * file, the app hands in what its bundler imported as text (`import.meta.glob` with `?raw`).
 */
import { AppError } from '../core/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { readConfig } from './read-config.ts';
import type { RunConfig } from './run-config.ts';

export interface Preset {
  /** Also the file's name: `configs/NAME.yaml`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Whether it trains on recorded or simulated markets, so needs a dataset. */
  readonly needsData: boolean;
}

export const PRESETS = [
  {
    name: 'au-preoff.sac-lstm.small',
    title: 'Pre-off racing, small',
    description: 'SAC with LSTM memory on win markets before the off; for a laptop without a graphics card',
    needsData: true
  },
  {
    name: 'au-preoff.sac-lstm.demo',
    title: 'Pre-off racing, demo',
    description: 'The favourite alone, as small as still learns: about 90 seconds on two CPU cores',
    needsData: true
  },
  {
    name: 'pendulum-novel.sac-lstm',
    title: 'Pendulum without velocity',
    description: 'A known answer: needs memory, needs no data, and shows within minutes whether training works',
    needsData: false
  }
] as const satisfies readonly Preset[];

export type PresetName = (typeof PRESETS)[number]['name'];
export const DEFAULT_PRESET: PresetName = 'au-preoff.sac-lstm.small';

export const presetFile = (name: PresetName): string => `configs/${name}.yaml`;

/** @throws AppError `config.invalid` when there is no such preset, naming the nearest */
export function presetNamed(name: string): (typeof PRESETS)[number] {
  const found = PRESETS.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const names = PRESETS.map((preset) => preset.name);
  const meant = didYouMean(name, names);
  throw new AppError('config.invalid', {
    subject: 'preset',
    expected: `one of ${names.join(', ')}`,
    got: `"${name}"`,
    remedy: meant === undefined ? 'choose one of them' : `did you mean "${meant}"?`
  });
}

/** Reads a preset's text, named after its file in messages. */
export const readPreset = (name: PresetName, text: string): RunConfig => readConfig(text, presetFile(name));
