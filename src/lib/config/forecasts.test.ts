import { describe, expect, it } from 'vitest';
import { forecastSteps, forecastWeights } from './forecasts.ts';
import { readConfig } from './read-config.ts';
import type { RunConfig } from './run-config.ts';

const read = (agent: string, env = 'AUPreOffV7TradeCost'): RunConfig =>
  readConfig(`version: 1\nname: x\nenv: { id: ${env} }\nagent: { ${agent} }`);

describe('what an agent is to forecast', () => {
  it('is nothing unless it is asked for', () => {
    for (const algorithm of ['sac-lstm', 'tqc-lstm', 'qr-sac-lstm', 'sac', 'td3']) {
      const { agent } = read(`algorithm: ${algorithm}`);
      expect([forecastSteps(agent), forecastWeights(agent)]).toEqual([0, undefined]);
    }
  });

  it('looks as far ahead as is said once one of them counts', () => {
    const { agent } = read('algorithm: tqc-lstm, auxFill: 0.5, auxSteps: 9');
    expect(forecastSteps(agent)).toBe(9);
    expect(forecastWeights(agent)).toEqual({ price: 0, volume: 0, fill: 0.5 });
    expect(forecastSteps(read('algorithm: qr-sac-lstm, auxPrice: 1', 'SimulatedPreOff-v0').agent)).toBe(6);
  });

  it('is refused where there is no market, by its name', () => {
    expect(() => read('algorithm: sac-lstm, auxVolume: 0.5', 'PendulumNoVel-v1')).toThrow(
      /agent.auxVolume.*expected 0 on PendulumNoVel-v1, where there is no market to forecast, got 0.5/s
    );
    expect(() => read('algorithm: sac, auxVolume: 0.5')).toThrow(/unknown field "auxVolume"/);
  });

  it('lies within an episode and within what the replay keeps', () => {
    expect(() => read('algorithm: sac-lstm, auxPrice: 1, auxSteps: 240')).toThrow(/fewer than the 240 decisions/);
    expect(() => read('algorithm: sac-lstm, auxPrice: 1, auxSteps: 60, replaySteps: 400')).toThrow(/fewer than the 50/);
    expect(forecastSteps(read('algorithm: sac-lstm, auxPrice: 1, auxSteps: 239').agent)).toBe(239);
    expect(forecastSteps(read('algorithm: sac-lstm, auxSteps: 500').agent)).toBe(0);
  });
});
