/** A configuration keeps its hash as the schema grows: links and runs of before still name it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashConfig } from './hash-config.ts';
import { presetFile, readPreset } from './presets.ts';
import type { PresetName } from './presets.ts';
import type { RunConfig } from './run-config.ts';

const preset = (name: PresetName): RunConfig => readPreset(name, readFileSync(presetFile(name), 'utf8'));

/** As they were when the schema first went out. */
const FIRST = {
  'au-preoff.sac-lstm.small': '2f00709056fec49cc1436d59dc22e728725197e1097c5dd4671b081d4071046e',
  'au-preoff.sac-lstm.demo': '10148b5d8aeaeb7dd285f49156b581c6f65a52bb46b613572955b79a287ebb9d',
  'pendulum-novel.sac-lstm': '2097915592c50770dea7c5565cef9f27c180663da32a7628e5f978b8ce8b02dc'
} as const;

describe('hash of a configuration', () => {
  for (const [name, hash] of Object.entries(FIRST)) {
    it(`${name} has the hash it always had`, async () => {
      expect(await hashConfig(preset(name as PresetName))).toBe(hash);
    });
  }

  it('changes with a field that came later, once that says something else', async () => {
    const config = preset('au-preoff.sac-lstm.small');
    if (config.env.id !== 'AUPreOffV7TradeCost') throw new Error('not a market environment');
    const changed = [
      { latencyModel: 'logNormal' },
      { latencyModel: 'recorded' },
      { latencySpread: 0.4 },
      { feedLatencyMillis: 1 },
      { placeLatencySamples: '80' },
      { cancelLatencySamples: '80' },
      { feedLatencySamples: '80' },
      { slippagePercent: 1 },
      { curriculumSteps: 1 }
    ] as const;
    const hashes = await Promise.all(
      changed.map((fields) => hashConfig({ ...config, env: { ...config.env, ...fields } }))
    );
    expect(new Set([...hashes, FIRST['au-preoff.sac-lstm.small']]).size).toBe(changed.length + 1);
  });

  it('changes with what an agent is to forecast, and not while it forecasts nothing', async () => {
    const config = preset('au-preoff.sac-lstm.small');
    if (config.agent.algorithm !== 'sac-lstm') throw new Error('not SAC with memory');
    const changed = [{ auxPrice: 0.1 }, { auxVolume: 0.1 }, { auxFill: 0.1 }, { auxFill: 0.1, auxSteps: 7 }];
    const { agent } = config;
    const hashes = await Promise.all(changed.map((one) => hashConfig({ ...config, agent: { ...agent, ...one } })));
    expect(new Set([...hashes, FIRST['au-preoff.sac-lstm.small']]).size).toBe(changed.length + 1);
  });

  it('does not change with the name', async () => {
    const config = preset('pendulum-novel.sac-lstm');
    expect(await hashConfig({ ...config, name: 'another' })).toBe(FIRST['pendulum-novel.sac-lstm']);
  });
});
