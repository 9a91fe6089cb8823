import { describe, expect, it } from 'vitest';
import { formFields, valueAt, withValue } from './form-model.ts';
import { readConfig } from './read-config.ts';

const config = readConfig('version: 1\nname: x\nenv: { id: AUPreOffV7TradeCost }\nagent: { algorithm: sac-lstm }');
const field = (path: string) => formFields(config).find((found) => found.path === path);

describe('the form of a configuration', () => {
  it('describes a field as the schema has it', () => {
    expect(field('env.slots')).toEqual({
      path: 'env.slots',
      groups: ['Environment'],
      title: 'Runner slots',
      description: 'Runners the agent sees, shortest price first',
      type: 'integer',
      min: 1,
      max: 24,
      default: 4,
      chooses: false,
      takes: 'a whole number from 1 to 24'
    });
    expect(field('env.startMinutes')).toMatchObject({ type: 'number', unit: 'min' });
    expect(field('training.backend')).toMatchObject({ type: 'choice', options: ['auto', 'webgpu', 'wasm', 'cpu'] });
    expect(field('env.reward.exposure')?.groups).toEqual(['Environment', 'Reward']);
  });

  it('has every value of the configuration but the version, and a title and bounds for each', () => {
    const leaves = (value: object, path: string): string[] =>
      Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
        typeof inner === 'object' && inner !== null ? leaves(inner, `${path}${key}.`) : [`${path}${key}`]
      );
    const fields = formFields(config);
    expect(fields.map(({ path }) => path).sort()).toEqual(
      leaves(config, '')
        .filter((path) => path !== 'version')
        .sort()
    );
    for (const found of fields) {
      expect(found.title, found.path).not.toBe('');
      expect(found.description, found.path).not.toBe('');
      if (found.type !== 'choice')
        expect([typeof found.min, typeof found.max], found.path).toEqual(['number', 'number']);
    }
  });

  it('takes its bounds from the schema: each holds, and one past it is refused', () => {
    for (const { path, type, min, max } of formFields(config)) {
      if (type !== 'integer' && type !== 'number') continue;
      expect(() => withValue(config, path, (min ?? 0) - 1), path).toThrow(/expected a (whole )?number from/);
      expect(() => withValue(config, path, (max ?? 0) + 1), path).toThrow(/expected a (whole )?number from/);
      expect(valueAt(withValue(config, path, valueAt(config, path) ?? 0), path)).toBe(valueAt(config, path));
    }
  });

  it('offers no environment that the algorithm cannot train on, and says why when one is asked for', () => {
    expect(field('env.id')?.options).not.toContain('CartPole-v1');
    expect(field('env.id')?.takes).not.toContain('CartPole-v1');
    expect(() => withValue(config, 'env.id', 'CartPole-v1')).toThrow(
      'expected an environment with continuous actions, which sac-lstm needs, got CartPole-v1, whose actions are ' +
        'discrete; choose AUPreOffV7TradeCost or Pendulum-v1'
    );
  });

  it('can choose every algorithm from any other: what clashes takes its defaults, an environment that cannot be played gives way', () => {
    const algorithms = (field('agent.algorithm')?.options ?? []).map(String);
    expect(algorithms.length).toBeGreaterThan(5);
    for (const from of algorithms) {
      for (const to of algorithms) {
        const changed = withValue(withValue(config, 'agent.algorithm', from), 'agent.algorithm', to);
        expect(changed.agent.algorithm, `${from} to ${to}`).toBe(to);
      }
    }
    const ppo = withValue(withValue(config, 'agent.sequence', 12), 'agent.algorithm', 'ppo-lstm');
    expect(valueAt(ppo, 'agent.sequence')).toBe(16);
    expect(withValue(config, 'agent.algorithm', 'dqn').env.id).toBe('CartPole-v1');
    expect(withValue(config, 'agent.algorithm', 'sac').env).toEqual(config.env);
  });

  it('shows the fields of the environment that was chosen, filled with its defaults', () => {
    const changed = withValue(withValue(config, 'env.environments', 3), 'env.id', 'Pendulum-v1');
    expect(changed.env).toEqual({ id: 'Pendulum-v1', environments: 3 });
    const paths = formFields(changed).map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('env.'))).toEqual(['env.id', 'env.environments']);
    expect(formFields(changed).find(({ path }) => path === 'env.id')).toMatchObject({
      chooses: true,
      options: [
        'AUPreOffV7TradeCost',
        'Pendulum-v1',
        'PendulumNoVel-v1',
        'MountainCarContinuous-v0',
        'SimulatedPreOff-v0'
      ]
    });
    expect(valueAt(withValue(changed, 'env.id', 'AUPreOffV7TradeCost'), 'env.slots')).toBe(4);
  });
});
