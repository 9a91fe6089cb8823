import { describe, expect, it } from 'vitest';
import { formFields } from '$lib/config/form-model.ts';
import { DEFAULT_PRESET, PRESETS } from '$lib/config/presets.ts';
import { readConfig } from '$lib/config/read-config.ts';
import { writeConfig } from '$lib/config/write-config.ts';
import { AppError } from '$lib/core/errors.ts';
import { presetConfig } from '../presets.ts';
import { groupFields, parseInput, withYamlValue } from './draft-text.ts';

const config = presetConfig(DEFAULT_PRESET);
const fields = formFields(config);
const field = (path: string) => {
  const found = fields.find((one) => one.path === path);
  if (found === undefined) throw new Error(`no field ${path}`);
  return found;
};

describe('what is typed', () => {
  it('becomes a number where the field wants one, a comma or a point alike', () => {
    expect(parseInput(field('agent.gamma'), ' 0,95 ')).toBe(0.95);
    expect(parseInput(field('training.updates'), '2e3')).toBe(2000);
    expect(parseInput(field('data.dataset'), 'sample')).toBe('sample');
  });

  it('is refused with what the field takes when it is no number', () => {
    for (const typed of ['', 'many', '1x']) {
      expect(() => parseInput(field('training.updates'), typed)).toThrow(AppError);
    }
  });
});

describe('the YAML beside the form', () => {
  it('changes one value and keeps comments, order and every other value', () => {
    const text = `# mine\n${writeConfig(config)}`;
    const changed = withYamlValue(text, 'env.reward.markToMarket', 2.5);
    expect(changed.startsWith('# mine\n')).toBe(true);
    expect(readConfig(changed)).toEqual({
      ...config,
      env: { ...config.env, reward: { ...('reward' in config.env ? config.env.reward : {}), markToMarket: 2.5 } }
    });
    const lines = (yaml: string): string[] => yaml.split('\n');
    expect(lines(changed).filter((line, i) => line !== lines(text)[i])).toHaveLength(1);
  });

  it('adds a value that the text had left to its default', () => {
    const short = 'version: 1\nname: x\nenv:\n  id: Pendulum-v1\nagent:\n  algorithm: sac-lstm\n';
    expect(readConfig(withYamlValue(short, 'agent.gamma', 0.9)).agent.gamma).toBe(0.9);
  });
});

it('groups every field of every preset once, in the schema’s order', () => {
  for (const preset of PRESETS) {
    const all = formFields(presetConfig(preset.name));
    const grouped = groupFields(all).flatMap((group) => group.fields);
    expect(grouped.map((one) => one.path).sort()).toEqual(all.map((one) => one.path).sort());
  }
});
