import { describe, expect, it } from 'vitest';
import { DEFAULT_PRESET } from '$lib/config/presets.ts';
import { readConfig } from '$lib/config/read-config.ts';
import { presetConfig } from '../presets.ts';
import { Draft } from './draft.svelte.ts';

const fieldOf = (draft: Draft, path: string) => {
  const found = draft.fields.find((one) => one.path === path);
  if (found === undefined) throw new Error(`no field ${path}`);
  return found;
};

describe('form and YAML in step', () => {
  it('shows in the YAML what the form changed', () => {
    const draft = new Draft(presetConfig(DEFAULT_PRESET));
    draft.setField(fieldOf(draft, 'training.updates'), '123');
    expect(draft.config.training.updates).toBe(123);
    expect(readConfig(draft.text)).toEqual(draft.config);
  });

  it('shows in the form what the YAML changed', () => {
    const draft = new Draft(presetConfig(DEFAULT_PRESET));
    draft.setText(draft.text.replace(/updates: \d+/, 'updates: 77'));
    expect(draft.shown(fieldOf(draft, 'training.updates'))).toBe('77');
    expect(draft.valid).toBe(true);
  });

  it('keeps what was typed and the last valid configuration while a field is wrong', () => {
    const draft = new Draft(presetConfig(DEFAULT_PRESET));
    const before = draft.config;
    draft.setField(fieldOf(draft, 'agent.gamma'), '7');
    expect(draft.shown(fieldOf(draft, 'agent.gamma'))).toBe('7');
    expect(draft.troubles.get('agent.gamma')?.message).toMatch(/expected/);
    expect(draft.config).toEqual(before);
    expect(draft.valid).toBe(false);
    draft.setField(fieldOf(draft, 'agent.gamma'), '0.7');
    expect(draft.valid).toBe(true);
  });

  it('says the line of each problem of the YAML and recovers', () => {
    const draft = new Draft(presetConfig(DEFAULT_PRESET));
    const good = draft.text;
    const line = good.split('\n').findIndex((one) => one.trim().startsWith('gamma:')) + 1;
    draft.setText(good.replace(/gamma: .*/, 'gamma: 7'));
    expect(draft.problems.map((problem) => problem.line)).toEqual([line]);
    draft.setText('a: [');
    expect(draft.valid).toBe(false);
    draft.setText(good);
    expect(draft.valid).toBe(true);
  });

  it('draws the fields of the environment that is chosen', () => {
    const draft = new Draft(presetConfig(DEFAULT_PRESET));
    draft.setField(fieldOf(draft, 'env.id'), 'PendulumNoVel-v1');
    expect(draft.fields.some((field) => field.path === 'env.bankroll')).toBe(false);
    expect(readConfig(draft.text)).toEqual(draft.config);
  });
});
