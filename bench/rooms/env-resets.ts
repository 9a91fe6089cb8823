/**
 * The very first reset of every environment that plays loaded data or none, in a process that has reset nothing yet; the
 * memory of the longest recording; and Pendulum stepped.
 */
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { isPlayable } from '../../src/lib/env/market/timeline.ts';
import { nodeHeap } from '../../src/lib/env/node-heap.ts';
import { betfairFinest } from '../../src/lib/market/ladder.ts';
import type { VectorEnv } from '../../src/lib/env/vector-env.ts';
import { messageCount } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { tapeToWire } from '../../src/lib/market/tape-wire.ts';
import { miniTape } from '../../tests/support/mini-tape.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';
import { GOAL_RESET_MILLIS, firstResetMillis, stepRate } from '../market-stepping.ts';

/** For a market of 98 hours and 16,000 messages. */
const GOAL_TAPE_MEGABYTES = 12;
const LONG_HOURS = 90;
const MADE_EACH = 5;

const heap = nodeHeap();

const CLASSIC = [
  'Pendulum-v1',
  'PendulumNoVel-v1',
  'MountainCarContinuous-v0',
  'CartPole-v1',
  'CartPoleNoVel-v1',
  'Acrobot-v1'
] as const;

const parse = (text: Record<string, unknown>) => v.parse(EnvSchema, text);

export async function* figures(): AsyncGenerator<Figure> {
  yield* firstResetOfClassic();
  yield* firstResets();
  yield* memoryOfLongest();
  const pendulum = makeVectorEnv({ config: parse({ id: 'Pendulum-v1', environments: 512 }), tapes: [] });
  yield { name: 'Pendulum-v1, 512 environments, random actions', value: stepRate(pendulum, 2), unit: 'steps/s' };
}

function* firstResetOfClassic(): Generator<Figure> {
  const millis = CLASSIC.map((id) =>
    leastOfFirst(() => makeVectorEnv({ config: parse({ id, environments: 1 }), tapes: [] }))
  );
  const value = Math.max(...millis);
  yield {
    name: `first reset of an environment just made, slowest of ${String(CLASSIC.length)} of classic control`,
    value,
    unit: 'ms',
    goal: GOAL_RESET_MILLIS,
    met: value <= GOAL_RESET_MILLIS
  };
}

/**
 * The first reset after an environment was made, of every recorded market that can be played and of a made-up one with a
 * ladder of 99,900 prices: the slowest market of each kind, each the best of some environments made of it, so that what
 * else the machine does counts less.
 */
async function* firstResets(): AsyncGenerator<Figure> {
  const slowest = new Map<string, { markets: number; millis: number }>();
  const note = (kind: string, tape: Tape): void => {
    const millis = firstResetOf(tape);
    if (millis === undefined) return;
    const before = slowest.get(kind) ?? { markets: 0, millis: 0 };
    slowest.set(kind, { markets: before.markets + 1, millis: Math.max(before.millis, millis) });
  };
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) note('recorded', market.finish({ fingerprint: '', shared: false }));
  }
  const short = miniTape({ seed: 1, runners: 60, scheduledSeconds: 700 });
  const rules = { ...short.market.rules, ladder: betfairFinest };
  note('made-up, 60 runners on a ladder of 99,900 prices', { ...short, market: { ...short.market, rules } });
  for (const [kind, { markets, millis }] of slowest) {
    yield {
      name: `first reset on a market just loaded, slowest of ${String(markets)} (${kind})`,
      value: millis,
      unit: 'ms',
      goal: GOAL_RESET_MILLIS,
      met: millis <= GOAL_RESET_MILLIS
    };
  }
}

/** Undefined where the market cannot be played. */
function firstResetOf(tape: Tape): number | undefined {
  const config = parse({ id: 'AUPreOffV7TradeCost', environments: 1, slots: 8 });
  if (config.id !== 'AUPreOffV7TradeCost' || !isPlayable(tape, config)) return undefined;
  return leastOfFirst(() => makeVectorEnv({ config, tapes: [tape] }));
}

function leastOfFirst(make: () => VectorEnv): number {
  let least = Infinity;
  for (let made = 0; made < MADE_EACH; made++) {
    const env = make();
    // What reading and preparing left behind is not the reset's to clear away.
    heap.collect();
    least = Math.min(least, firstResetMillis(env));
  }
  return least;
}

/** The recorded market with most messages of those that were recorded for days. */
async function* memoryOfLongest(): AsyncGenerator<Figure> {
  let longest: Tape | undefined;
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (hours(tape) < LONG_HOURS) continue;
      if (longest === undefined || messageCount(tape) > messageCount(longest)) longest = tape;
    }
  }
  if (longest === undefined) return;
  const megabytes = tapeToWire(longest).buffer.byteLength / 1e6;
  const size = `${hours(longest).toFixed(0)} hours, ${messageCount(longest).toLocaleString('en')} messages`;
  yield {
    name: `tape of a market of ${size}, ${longest.rows.toLocaleString('en')} rows`,
    value: megabytes,
    unit: 'MB',
    goal: GOAL_TAPE_MEGABYTES,
    met: megabytes < GOAL_TAPE_MEGABYTES
  };
}

const hours = (tape: Tape): number =>
  tape.rows === 0 ? 0 : (tape.exchange[tape.rows - 1]! - tape.exchange[0]!) / 3.6e12;
