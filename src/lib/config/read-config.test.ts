import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import { inspectConfig, readConfig } from './read-config.ts';

const SMALL = readFileSync(new URL('../../../configs/au-preoff.sac-lstm.small.yaml', import.meta.url), 'utf8');

function refusal(text: string): AppError {
  try {
    readConfig(text, 'mine.yaml');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('reading a configuration', () => {
  it('fills in every default', () => {
    const config = readConfig(SMALL);
    expect(config.env).toMatchObject({ id: 'AUPreOffV7TradeCost', startMinutes: 10, reward: { markToMarket: 20 } });
    expect(config.training.backend).toBe('auto');
  });

  it('refuses an environment whose actions the algorithm cannot give, and names those it can train on', () => {
    const error = refusal('version: 1\nname: x\nenv: { id: CartPole-v1 }\nagent: { algorithm: sac-lstm }\n');
    expect(error.code).toBe('config.invalid');
    expect(error.subject).toBe('mine.yaml line 3, env.id');
    expect(error.message).toContain('continuous actions');
    expect(error.remedy).toContain('Pendulum-v1');
  });

  it('names field, expected, got and line of a value out of range', () => {
    const error = refusal(SMALL.replace('seed: 0', 'seed: -3'));
    expect(error.code).toBe('config.invalid');
    expect(error.subject).toBe('mine.yaml line 4, seed');
    expect(error.expected).toBe('a whole number from 0 to 4294967295');
    expect(error.got).toBe('-3');
  });

  it('says everything that is wrong at once, in the order of the lines', () => {
    const checked = inspectConfig(`version: 1
name: x
env:
  id: AUPreOffV7TradeCost
  slotz: 3
  slots: 2.5
  stakeCap: lots
  reward: { allGreeen: 1, exposures: 2 }
agent:
  algorithm: sak-lstm
training: 5
`);
    expect(checked.ok).toBe(false);
    if (checked.ok) return;
    expect(checked.problems.map(({ path, line, got, remedy }) => [line, path, got, remedy])).toEqual([
      [5, 'env.slotz', 'unknown field "slotz"', 'did you mean "slots"?'],
      [6, 'env.slots', '2.5', 'change "Runner slots"'],
      [7, 'env.stakeCap', '"lots"', 'change "Stake cap"'],
      [8, 'env.reward.allGreeen', 'unknown field "allGreeen"', 'did you mean "allGreen"?'],
      [8, 'env.reward.exposures', 'unknown field "exposures"', 'did you mean "exposure"?'],
      [10, 'agent.algorithm', '"sak-lstm"', 'did you mean "sac-lstm"?'],
      [11, 'training', '5', 'change "Training"']
    ]);
  });

  it('points a missing field at the group it is missing from', () => {
    const checked = inspectConfig('version: 1\nname: x\nenv:\n  slots: 2\nagent: { algorithm: sac-lstm }\n');
    expect(checked.ok ? [] : checked.problems).toMatchObject([{ path: 'env.id', line: 3, got: 'nothing' }]);
  });

  it('refuses fields that contradict each other', () => {
    const error = refusal(SMALL.replace('env:', 'env:\n  stakeCap: 5000'));
    expect(error.subject).toBe('mine.yaml line 8, env.stakeCap');
    expect(error.expected).toBe('at most the bankroll of 1000');
  });

  it('says where text is not YAML, and that a key came twice', () => {
    expect(refusal('version: 1\nname: [x\nenv: 3').subject).toBe('mine.yaml line 3');
    expect(refusal('version: 1\nname: x\nname: y').message).toContain('Map keys must be unique');
  });

  it.each(['', 'just words', '- a\n- b', '7', 'null', '{}'])('refuses %j with a reason, never a crash', (text) => {
    expect(refusal(text).code).toBe('config.invalid');
  });

  it('refuses a configuration of a newer version', () => {
    const error = refusal('version: 2\nname: x');
    expect(error.code).toBe('config.version');
    expect(error.message).toContain('mine.yaml: expected version 1 or older, got version 2');
  });

  it('refuses a version that never was', () => {
    expect(refusal('version: 0\nname: x').code).toBe('config.version');
    expect(refusal('version: one\nname: x').message).toContain('expected 1, got "one"');
  });
});
