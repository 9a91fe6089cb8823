/**
 * Plays the same actions on a market environment from book histories and on one that goes message by message (as it
 * does to record episodes), and compares every number that either gives.
 */
import type { MarketEnvConfig } from '../../src/lib/config/run-config.ts';
import { Random } from '../../src/lib/core/random.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { sampleActions } from '../../src/lib/env/check-play.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import type { EpisodeTrace } from '../../src/lib/env/trace.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import type { Tape } from '../../src/lib/market/tape.ts';

export interface PlayedBoth {
  /** The first number that differs: `step 3: rewards[1] 0.5, by message 0.25`. */
  readonly firstDifference: string | undefined;
  readonly ended: number;
  /** Fills over all ended episodes, so that a test can see that there was something to compare. */
  readonly filledByTrades: number;
  readonly filledByTaking: number;
}

const BUFFERS = [
  'observations',
  'finalObservations',
  'rewards',
  'rewardTerms',
  'terminated',
  'truncated',
  'info',
  'episode'
] as const;

export function playBoth(config: MarketEnvConfig, tapes: readonly Tape[], steps: number): PlayedBoth {
  let filledByTrades = 0;
  let filledByTaking = 0;
  const onEpisode = ({ orders }: EpisodeTrace): void => {
    for (const { fills } of orders) {
      for (const fill of fills) {
        if (fill.cause === 'trade') filledByTrades++;
        else filledByTaking++;
      }
    }
  };
  const indexed = makeVectorEnv({ config, tapes });
  const plain = makeVectorEnv({ config, tapes, trace: { environment: 'all', onEpisode } });
  const random = new Random(5 as Seed, 'play both');
  indexed.reset({ seed: 3 as Seed, schedule: 'shuffle' });
  plain.reset({ seed: 3 as Seed, schedule: 'shuffle' });
  let firstDifference = difference(indexed, plain, 0);
  let ended = 0;
  for (let step = 1; step <= steps && firstDifference === undefined; step++) {
    sampleActions(indexed.spec.action, indexed.buffers.actions, random);
    // Now and then whoever has orders out lets them rest.
    if (step % 3 === 0) indexed.buffers.actions.fill(0);
    plain.buffers.actions.set(indexed.buffers.actions);
    indexed.step();
    plain.step();
    firstDifference = difference(indexed, plain, step);
    for (let i = 0; i < indexed.size; i++) ended += indexed.buffers.terminated[i]! + indexed.buffers.truncated[i]!;
  }
  indexed.dispose();
  plain.dispose();
  return { firstDifference, ended, filledByTrades, filledByTaking };
}

function difference(a: VectorEnv, b: VectorEnv, step: number): string | undefined {
  for (const name of BUFFERS) {
    const from = a.buffers[name];
    const to = b.buffers[name];
    for (let k = 0; k < from.length; k++) {
      if (Object.is(from[k], to[k])) continue;
      return `step ${String(step)}: ${name}[${String(k)}] ${String(from[k])}, by message ${String(to[k])}`;
    }
  }
  return undefined;
}
