/** Stepping allocates nothing: the heap before and after 100,000 environment steps, resets included. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MarketEnvSchema } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { checkEnv } from '../check-env.ts';
import { heapGrowth } from '../heap-growth.ts';
import { makeVectorEnv } from '../make-env.ts';
import { nodeHeap } from '../node-heap.ts';
import { sampleTape } from '../simulator/sample-markets.ts';

const ENVIRONMENTS = 8;
const SPANS = 5;
const STEPS = 100_000 / ENVIRONMENTS / SPANS;
/** Each of these has a draw, a product or a queue of its own on an order's way. */
const WAYS = {
  'as it comes': {},
  'with drawn latencies': { latencyModel: 'logNormal' },
  'with slippage': { slippagePercent: 30 },
  'with a curriculum': { curriculumSteps: 300_000 },
  'with all of these': { latencyModel: 'logNormal', slippagePercent: 30, curriculumSteps: 300_000 },
  'with a queue that follows its level': { queue: 'probPower' },
  'with orders on their way when episodes end': { placeLatencyMillis: 6000, cancelLatencyMillis: 6000, maxSteps: 15 }
} as const;
/** One number a step that is made an object is 16 bytes. Drawing the order of episodes, once a pass, is some five. */
const MOST_BYTES = 12;
/** Of 100,000 steps together. */
const MOST_KEPT_BYTES = 200_000;

describe('AUPreOffV7TradeCost', () => {
  it('allocates nothing while it steps', async () => {
    const tapes = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((index) => sampleTape(index)));
    const config = v.parse(MarketEnvSchema, {
      id: 'AUPreOffV7TradeCost',
      environments: ENVIRONMENTS,
      slots: 6,
      exposureLimit: 1e6
    });
    const env = makeVectorEnv({ config, tapes });
    const { actions } = env.buffers;
    const random = new Random(1 as Seed, 'actions');
    const drawn = Float32Array.from({ length: 1 << 16 }, () => 2 * random.uniform() - 1);
    let at = 0;
    const step = (): void => {
      at = (at + 7919) % (drawn.length - actions.length);
      for (let k = 0; k < actions.length; k++) actions[k] = drawn[at + k]!;
      env.step();
    };
    env.reset({ seed: 1 as Seed, schedule: 'shuffle' });
    const heap = nodeHeap();
    const bytes = heapGrowth({ heap, step, warmSteps: 6000, steps: STEPS, spans: SPANS });
    expect(bytes / ENVIRONMENTS).toBeLessThan(MOST_BYTES);
    heap.collect();
    const before = heap.used();
    for (let k = 0; k < STEPS * SPANS; k++) step();
    heap.collect();
    expect(heap.used() - before).toBeLessThan(MOST_KEPT_BYTES);
  }, 60_000);

  it('passes the check that is offered for any environment, in every configuration that draws or scales', async () => {
    const tapes = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((index) => sampleTape(index)));
    const makers = Object.values(WAYS).map((way) => {
      const config = v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', environments: 4, ...way });
      return () => makeVectorEnv({ config, tapes });
    });
    const faults = makers.map((make) => checkEnv(make, { steps: 150, heap: nodeHeap() }));
    expect(Object.fromEntries(Object.keys(WAYS).map((way, k) => [way, faults[k]]))).toEqual(
      Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]))
    );
  }, 60_000);
});
