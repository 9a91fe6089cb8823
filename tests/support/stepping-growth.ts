/**
 * A program: steps one environment with random actions and prints, as JSON, how many bytes an environment step makes and
 * how many all of them keep. In a process of its own, what other environments taught the engine changes nothing of it;
 * run it with `--no-concurrent-recompilation`, so that a busy machine changes nothing either.
 */
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { sampleActions } from '../../src/lib/env/check-play.ts';
import { heapGrowth } from '../../src/lib/env/heap-growth.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { nodeHeap } from '../../src/lib/env/node-heap.ts';
import { sampleTape } from '../../src/lib/env/simulator/sample-markets.ts';
import { betfairFinest } from '../../src/lib/market/ladder.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { miniTape } from './mini-tape.ts';

export interface GrowthAsked {
  /** Of the environment; its environments step together. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Ladders of 99,900 prices are played message by message. */
  readonly tapes: 'none' | 'samples' | 'long ladders';
  /** Environment steps that are looked at, and those before. */
  readonly steps: number;
  readonly warmSteps: number;
  /** Makes and keeps an object an environment step, to see whether that shows. */
  readonly leaking?: boolean;
}

export interface Growth {
  /** Bytes an environment step, whether kept or not. */
  readonly made: number;
  /** Bytes of all steps together. */
  readonly kept: number;
}

const SPANS = 5;
/** Drawn actions that are used again and again: drawing them is not the environment's doing. */
const DRAWS = 257;

function longLadders(): readonly Tape[] {
  return [1, 2, 3].map((one) => {
    const tape = miniTape({ seed: one, id: `1.${String(one)}`, scheduledSeconds: 700, every: 0.2 });
    const { market } = tape;
    return { ...tape, market: { ...market, rules: { ...market.rules, ladder: betfairFinest } } };
  });
}

async function tapesOf(which: GrowthAsked['tapes']): Promise<readonly Tape[]> {
  if (which === 'none') return [];
  return which === 'samples' ? Promise.all([0, 1, 2, 3, 4, 5].map((index) => sampleTape(index))) : longLadders();
}

async function growthOf({ config, tapes, steps, warmSteps, leaking }: GrowthAsked): Promise<Growth> {
  const env = makeVectorEnv({ config: v.parse(EnvSchema, config), tapes: await tapesOf(tapes) });
  const { actions } = env.buffers;
  const random = new Random(seed(1), 'growth actions');
  const drawn = Array.from({ length: DRAWS }, () => {
    sampleActions(env.spec.action, actions, random);
    return actions.slice();
  });
  const held: { number: number }[] = [];
  let at = 0;
  const step = (): void => {
    at = at + 1 === DRAWS ? 0 : at + 1;
    actions.set(drawn[at]!);
    env.step();
    if (leaking === true) for (let i = 0; i < env.size; i++) held.push({ number: env.buffers.rewards[i]! + 0.5 });
  };
  env.reset({ seed: seed(1), schedule: 'shuffle' });
  const heap = nodeHeap();
  const ofSpan = Math.ceil(steps / env.size / SPANS);
  const made = heapGrowth({ heap, step, warmSteps: Math.ceil(warmSteps / env.size), steps: ofSpan, spans: SPANS });
  heap.collect();
  const before = heap.used();
  for (let k = 0; k < ofSpan * SPANS; k++) step();
  heap.collect();
  return { made: made / env.size, kept: heap.used() - before };
}

const asked = process.argv[2];
if (asked === undefined) throw new Error('expected what to step, as JSON; got nothing');
console.log(JSON.stringify(await growthOf(JSON.parse(asked) as GrowthAsked)));
