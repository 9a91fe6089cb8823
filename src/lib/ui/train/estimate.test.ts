import { describe, expect, it } from 'vitest';
import { DEFAULT_PRESET } from '$lib/config/presets.ts';
import { presetConfig } from '../presets.ts';
import { estimate, updateWork } from './estimate.ts';
import { spacesOf } from './spaces.ts';

const config = presetConfig(DEFAULT_PRESET);
const spaces = spacesOf(config);
const with_ = (over: Partial<typeof config.agent>) => ({ ...config, agent: { ...config.agent, ...over } });

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

  it('does not count replay that the run never fills', () => {
    const wide = estimate(with_({ replaySteps: 1e7 }), spaces, undefined);
    const steps = (config.training.updates / config.training.updatesPerStep) * config.env.environments;
    const perStep = wide.replayBytes / (steps + config.agent.learningStarts);
    expect(perStep).toBeGreaterThan(4 * spaces.observation);
    expect(estimate(with_({ replaySteps: 1000 }), spaces, undefined).replayBytes).toBeCloseTo(perStep * 1000, 3);
  });
});
