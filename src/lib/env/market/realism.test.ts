/** The curriculum: from easy to real over so many steps, real in evaluation, the same again from the same seed. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MarketEnvSchema } from '../../config/run-config.ts';
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { sampleActions } from '../check-play.ts';
import { makeVectorEnv } from '../make-env.ts';
import { sampleTape } from '../simulator/sample-markets.ts';
import type { ResetOptions } from '../vector-env.ts';
import { levelAfter } from './realism.ts';

const tapes = await Promise.all([0, 1, 2].map((index) => sampleTape(index)));
const config = (text: Record<string, unknown>): MarketEnvConfig =>
  v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', environments: 4, ...text });
const CURRICULUM = { curriculumSteps: 4000, slippagePercent: 30, latencyModel: 'logNormal' };

interface Play {
  readonly rewards: readonly number[];
  /** Of each ended episode, by column. */
  readonly ended: readonly Readonly<Record<string, number>>[];
}

function play(text: Record<string, unknown>, steps: number, reset: Partial<ResetOptions> = {}): Play {
  const env = makeVectorEnv({ config: config(text), tapes });
  const random = new Random(2 as Seed, 'actions');
  const rewards: number[] = [];
  const ended: Record<string, number>[] = [];
  env.reset({ seed: 1 as Seed, schedule: 'shuffle', ...reset });
  for (let step = 0; step < steps; step++) {
    sampleActions(env.spec.action, env.buffers.actions, random);
    env.step();
    rewards.push(...env.buffers.rewards);
    const width = env.spec.info.length;
    for (let i = 0; i < env.size; i++) {
      if (env.buffers.terminated[i]! + env.buffers.truncated[i]! === 0) continue;
      const row = env.buffers.info.subarray(i * width, (i + 1) * width);
      ended.push(Object.fromEntries(env.spec.info.map((name, column) => [name, row[column]!])));
    }
  }
  env.dispose();
  return { rewards, ended };
}

describe('curriculum', () => {
  it('grows in a straight line from nothing to all of it', () => {
    const levels = [0, 1000, 2000, 4000, 9000].map((steps) => levelAfter(steps, config(CURRICULUM)));
    expect(levels).toEqual([0, 0.25, 0.5, 1, 1]);
    expect(levelAfter(0, config({}))).toBe(1);
  });

  it('begins without latency and ends with all of it, and says how far it is', () => {
    const { ended } = play({ curriculumSteps: 1600 }, 800);
    const levels = ended.map(({ realism }) => realism!);
    expect(levels[0]).toBe(0);
    expect(levels.at(-1)).toBe(1);
    expect(levels.filter((level) => level > 0.1 && level < 0.9).length).toBeGreaterThan(2);
    expect(ended[0]!['latency_ms']).toBe(0);
    expect(ended.at(-1)!['latency_ms']).toBeCloseTo(120, 3);
  });

  it('fills more while it is easy', () => {
    const share = ({ ended }: Play): number => {
      const sum = (name: string): number => ended.reduce((total, episode) => total + episode[name]!, 0);
      return sum('orders_filled') / sum('orders_submitted');
    };
    expect(share(play({ curriculumSteps: 1e9 }, 500))).toBeGreaterThan(1.05 * share(play({}, 500)));
  });

  it('is over for a run that goes on after it, and in every evaluation', () => {
    const real = { ...CURRICULUM, curriculumSteps: 0 };
    expect(play(CURRICULUM, 200, { stepsBefore: 4000 }).rewards).toEqual(play(real, 200).rewards);
    expect(play(CURRICULUM, 300, { schedule: 'once' }).rewards).toEqual(play(real, 300, { schedule: 'once' }).rewards);
    expect(play(CURRICULUM, 200).rewards).not.toEqual(play(real, 200).rewards);
  });

  it('is the same again from the same seed, chance included', () => {
    expect(play(CURRICULUM, 400)).toEqual(play(CURRICULUM, 400));
  });

  it('adds no column where there is none', () => {
    expect(play({}, 200).ended[0]).not.toHaveProperty('realism');
  });
});

describe('chance', () => {
  it('belongs to the episode in an evaluation, however many environments share them out', () => {
    const quiet = (environments: number): number[] => {
      const env = makeVectorEnv({ config: config({ latencyModel: 'logNormal', environments, slots: 2 }), tapes });
      const results: number[] = [];
      env.reset({ seed: 1 as Seed, schedule: 'once' });
      const width = env.spec.info.length;
      while (env.buffers.episode.some((episode) => episode >= 0)) {
        const playing = env.buffers.episode.slice();
        env.buffers.actions.fill(0.5);
        for (let k = 2; k < env.buffers.actions.length; k += 3) env.buffers.actions[k] = 0;
        env.step();
        for (let i = 0; i < env.size; i++) {
          if (env.buffers.terminated[i]! + env.buffers.truncated[i]! === 0 || playing[i]! < 0) continue;
          results[playing[i]!] = env.buffers.info[i * width + env.spec.info.indexOf('latency_ms')]!;
        }
      }
      env.dispose();
      return results;
    };
    expect(quiet(1)).toEqual(quiet(3));
    expect(new Set(quiet(1)).size).toBe(tapes.length);
  });
});
