import { describe, expect, it } from 'vitest';
import { DEFAULT_PRESET } from '$lib/config/presets.ts';
import { withValue } from '$lib/config/form-model.ts';
import { readConfig } from '$lib/config/read-config.ts';
import type { RunConfig } from '$lib/config/run-config.ts';
import { presetConfig } from '../presets.ts';
import { estimate, updateWork } from './estimate.ts';
import { spacesOf } from './spaces.ts';

const config = presetConfig(DEFAULT_PRESET);
const spaces = spacesOf(config);
const with_ = (over: Readonly<Record<string, number>>): RunConfig => ({
  ...config,
  agent: { ...config.agent, ...over }
});
const choosing = (algorithm: string): RunConfig => withValue(config, 'agent.algorithm', algorithm);

describe('what a run will cost', () => {
  it('takes as long as the run that was measured when nothing differs', () => {
    const measured = { updatesPerSecond: 20, work: updateWork(config, spaces), run: 'quiet-bay-17' };
    const cost = estimate(config, spaces, measured);
    expect(cost.seconds).toBeCloseTo(config.training.updates / 20, 6);
    expect(cost.basis).toContain('quiet-bay-17');
  });

  it('says that it assumes where nothing was measured', () => {
    expect(estimate(config, spaces, undefined).basis).toContain('assumed');
  });

  it('grows with batch, sequence, units and updates', () => {
    const base = estimate(config, spaces, undefined).seconds;
    for (const over of [{ batch: 64 }, { sequence: 64 }, { lstmUnits: 256 }]) {
      expect(estimate(with_(over), spaces, undefined).seconds).toBeGreaterThan(base);
    }
    const longer = { ...config, training: { ...config.training, updates: config.training.updates * 3 } };
    expect(estimate(longer, spaces, undefined).seconds).toBeCloseTo(base * 3, 6);
  });

  it('counts quantiles and critics, and no memory where there is none', () => {
    const lstm = updateWork(choosing('sac-lstm'), spaces);
    expect(updateWork(choosing('tqc-lstm'), spaces)).toBeGreaterThan(lstm);
    expect(updateWork(withValue(choosing('tqc-lstm'), 'agent.critics', 5), spaces)).toBeGreaterThan(2 * lstm);
    const flat = estimate(choosing('sac'), spaces, undefined);
    const memory = estimate(choosing('sac-lstm'), spaces, undefined);
    expect(flat.replayBytes).toBeLessThan(memory.replayBytes);
  });

  it('counts what there is to choose from, the target, and what prioritised replay keeps', () => {
    const cartPole = readConfig(`
version: 1
name: choices
env: { id: CartPole-v1, environments: 1 }
agent: { algorithm: dqn }
`);
    const sizes = spacesOf(cartPole);
    const weights = 5 * 64 + 65 * 64 + 65 * 2;
    expect(sizes.choices).toBe(2);
    expect(updateWork(cartPole, sizes)).toBe(32 * 4 * weights);
    expect(estimate(cartPole, sizes, undefined).weightBytes).toBe(4 * 5 * weights);
    const change = (field: string, value: string): RunConfig => withValue(cartPole, `agent.${field}`, value);
    expect(updateWork(change('bootstrap', 'double'), sizes)).toBe(32 * 5 * weights);
    expect(updateWork(change('head', 'duelling'), sizes)).toBe(32 * 4 * (5 * 64 + 2 * 65 * 64 + 65 * 3));
    const replay = (config: RunConfig): number => estimate(config, sizes, undefined).replayBytes;
    expect(replay(change('sampling', 'prioritised'))).toBeGreaterThan(replay(cartPole));
  });

  it('counts the two layers of TD3, its targets, and a policy that learns now and then', () => {
    const pendulum = readConfig(`
version: 1
name: td3
env: { id: Pendulum-v1, environments: 1 }
agent: { algorithm: td3, batch: 10 }
`);
    const sizes = spacesOf(pendulum);
    const actor = 4 * 400 + 401 * 300 + 301;
    const critic = 5 * 400 + 401 * 300 + 301;
    expect(updateWork(pendulum, sizes)).toBe(10 * (actor + 8 * critic + 1.5 * (actor + critic)));
    expect(estimate(pendulum, sizes, undefined).weightBytes).toBe(4 * 5 * (actor + 2 * critic));
    const seldom = withValue(pendulum, 'agent.policyDelay', 4);
    expect(updateWork(seldom, sizes)).toBeLessThan(updateWork(pendulum, sizes));
  });

  it('counts what is told of a step later, where an agent forecasts', () => {
    const replay = (config: RunConfig): number => estimate(config, spaces, undefined).replayBytes;
    const asked = with_({ auxFill: 1 });
    const { lstmUnits, slots } = { lstmUnits: 0, slots: 0, ...config.agent, ...config.env };
    const rows = replay(config) / (4 * (spaces.observation + spaces.action + 1) + 1 + 8 * lstmUnits);
    // Four columns of four bytes a slot.
    expect(replay(asked) - replay(config)).toBeCloseTo(16 * slots * rows, 0);
  });

  it('does not count replay that the run never fills', () => {
    const wide = estimate(with_({ replaySteps: 1e7 }), spaces, undefined);
    const steps = (config.training.updates / config.training.updatesPerStep) * config.env.environments;
    const starts = 'learningStarts' in config.agent ? config.agent.learningStarts : 0;
    const perStep = wide.replayBytes / (steps + starts);
    expect(perStep).toBeGreaterThan(4 * spaces.observation);
    expect(estimate(with_({ replaySteps: 1000 }), spaces, undefined).replayBytes).toBeCloseTo(perStep * 1000, 3);
  });
});
