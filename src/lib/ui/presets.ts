/** The presets as the bundler imported them. */
import type { RunConfig } from '$lib/config/run-config.ts';
import { DEFAULT_PRESET, presetFile, presetNamed, PRESETS, readPreset } from '$lib/config/presets.ts';
import type { PresetName } from '$lib/config/presets.ts';

const texts = import.meta.glob<string>('/configs/*.yaml', { query: '?raw', import: 'default', eager: true });

/** @throws AppError `config.invalid` for a name that is no preset */
export function presetConfig(name: string): RunConfig {
  const preset = presetNamed(name);
  return readPreset(preset.name, texts[`/${presetFile(preset.name)}`] ?? '');
}

export const isPreset = (name: string): name is PresetName => PRESETS.some((preset) => preset.name === name);

/** What a run is compared with: the preset it is named after, else the default. */
export const presetOf = (config: RunConfig): RunConfig =>
  presetConfig(isPreset(config.name) ? config.name : DEFAULT_PRESET);

/** Small enough that the first point comes within seconds on any machine. */
export const SAMPLE_PRESET: PresetName = 'au-preoff.sac-lstm.small';
