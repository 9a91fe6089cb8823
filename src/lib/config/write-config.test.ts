import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { diffConfig } from './diff-config.ts';
import { formFields, valueAt, withValue } from './form-model.ts';
import { hashConfig, shortHash } from './hash-config.ts';
import { DEFAULT_PRESET, PRESETS, presetFile, presetNamed, readPreset } from './presets.ts';
import type { PresetName } from './presets.ts';
import { readConfig } from './read-config.ts';
import { writeConfig } from './write-config.ts';

const load = (name: PresetName) =>
  readPreset(name, readFileSync(new URL(`../../../${presetFile(name)}`, import.meta.url), 'utf8'));
const small = load(DEFAULT_PRESET);

describe('the frozen configuration', () => {
  it.each(PRESETS.map(({ name }) => name))('of %s reads back equal', (name) => {
    const config = load(name);
    expect(config.name).toBe(name);
    expect(readConfig(writeConfig(config))).toEqual(config);
  });

  it('leaves nothing to a default', () => {
    const text = writeConfig(small);
    for (const { path } of formFields(small))
      expect(text).toMatch(new RegExp(`^ *${path.split('.').at(-1) ?? ''}: `, 'm'));
    expect(text).toContain('startMinutes: 10 # min');
  });

  it('is the same text whatever order the fields came in', () => {
    const { evaluation, agent, ...rest } = small;
    expect(writeConfig({ evaluation, ...rest, agent })).toBe(writeConfig(small));
  });

  it('keeps names that YAML would take for something else', () => {
    for (const name of ['yes', '012', 'null', ' a: b #c', '"', '1e3', '日本']) {
      const config = { ...small, name };
      expect(readConfig(writeConfig(config)).name).toBe(name);
    }
  });
});

describe('the hash of a configuration', () => {
  it('is the same for the same settings, under any name and order', async () => {
    const { seed, ...rest } = small;
    expect(await hashConfig({ ...rest, seed, name: 'other' })).toBe(await hashConfig(small));
  });

  it('changes with every single field', async () => {
    const hashes = new Set([await hashConfig(small)]);
    let changed = 0;
    for (const field of formFields(small)) {
      const value = valueAt(small, field.path);
      if (field.path === 'name' || typeof value !== 'number') continue;
      const step = field.type === 'integer' ? 1 : 0.001;
      const next = value + step <= (field.max ?? Infinity) ? value + step : value - step;
      hashes.add(await hashConfig(withValue(small, field.path, next)));
      changed += 1;
    }
    expect(changed).toBeGreaterThan(30);
    expect(hashes.size).toBe(changed + 1);
    expect(shortHash(await hashConfig(small))).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('what differs from a preset', () => {
  it('is nothing for the preset itself, and for a mere new name', () => {
    expect(diffConfig(small, { ...small, name: 'mine' })).toEqual([]);
  });

  it('names the fields with both values', () => {
    const changed = withValue(withValue(small, 'env.reward.exposure', 0.5), 'training.updates', 10);
    expect(diffConfig(small, changed)).toEqual([
      { path: 'env.reward.exposure', title: 'Exposure', before: 0.1, after: 0.5 },
      { path: 'training.updates', title: 'Updates', before: 3000, after: 10 }
    ]);
  });

  it('names fields that only one side has', () => {
    const paths = diffConfig(small, withValue(small, 'env.id', 'PendulumNoVel-v1'));
    expect(paths).toContainEqual(expect.objectContaining({ path: 'env.stakeCap', before: 20, after: undefined }));
    expect(paths[0]).toMatchObject({ path: 'env.id', before: 'AUPreOffV7TradeCost', after: 'PendulumNoVel-v1' });
  });
});

describe('presets', () => {
  it('are found by name, and a mistyped one is met with the nearest', () => {
    expect(presetNamed('pendulum-novel.sac-lstm').needsData).toBe(false);
    expect(() => presetNamed('au-preoff.sac-lstm.smal')).toThrow('did you mean "au-preoff.sac-lstm.small"?');
  });

  it('say truly whether they need data', () => {
    for (const preset of PRESETS) expect(preset.needsData).toBe(load(preset.name).env.id === 'AUPreOffV7TradeCost');
  });
});
