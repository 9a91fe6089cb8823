/** A configuration keeps its hash as the schema grows: links and runs of before still name it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashConfig } from './hash-config.ts';
import { presetFile, readPreset } from './presets.ts';
import type { PresetName } from './presets.ts';
import { readConfig } from './read-config.ts';
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

  /** As they were before agents with a replay could scale what they see, which PPO could from the first. */
  const BEFORE_SCALES = [
    ['Pendulum-v1', 'td3', '42c869fb4744d20ab1fe89c37a80ad6447eeaafbc3c164372110d37d1631723f'],
    ['CartPole-v1', 'dqn', 'a93ebaa328233c17ab15f4f3e0ff54172872e53646656b1dcb1b92495ac36d9c'],
    ['CartPole-v1', 'qr-dqn', 'acb4025471c1416c5dbb54f2e7f1fcd8d8ae7582aa49f755db432f0e0778ec19'],
    ['CartPole-v1', 'ppo', '659a6700aca5a78931bb46fb5669dba2cbf8383883ecea60b6828a8e2bab64b0'],
    ['Pendulum-v1', 'tqc', '7674aff81eef6b2498c4b6627c0e233fdb44a9a96626fb79b0bd849a4bec9f01']
  ] as const;
  it.each(BEFORE_SCALES)(
    'of %s with %s stays as it was, and is another once it scales',
    async (id, algorithm, hash) => {
      const of = (more: string): Promise<string> =>
        hashConfig(
          readConfig(`{ version: 1, name: hash, env: { id: ${id} }, agent: { algorithm: ${algorithm}${more} } }`)
        );
      expect(await of('')).toBe(hash);
      expect(await of(', normalise: none')).toBe(hash);
      expect(await of(', normalise: observations')).not.toBe(hash);
    }
  );
});
