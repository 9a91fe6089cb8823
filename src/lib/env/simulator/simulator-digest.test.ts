/**
 * The same seed makes the same market to the bit, whatever the simulator is made of: digests of what it published, of
 * what became of our orders, and of whole plays of its environment. Who means to change what is simulated says so, and
 * only then changes them. The shipped sample has its own, in `sample-markets.test.ts`.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { SimulatedEnvSchema } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import { lots, seconds, seed, ticks } from '../../core/units.ts';
import { sampleActions } from '../check-play.ts';
import { makeVectorEnv } from '../make-env.ts';
import { Side } from './runner-book.ts';
import { drawScenario } from './market-draw.ts';
import { FULL_BEHAVIOUR, FULL_RACE } from './scenario.ts';
import type { ScenarioOptions } from './market-draw.ts';
import { SimulatedMarket } from './simulated-market.ts';

/** Numbers in order, as doubles. */
class Digest {
  readonly #hash = createHash('sha256');
  readonly #held = new Float64Array(4096);
  #count = 0;

  add(value: number): void {
    if (this.#count === this.#held.length) this.#flush();
    this.#held[this.#count++] = value;
  }

  addAll(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.add(values[i]!);
  }

  hex(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    this.#hash.update(new Uint8Array(this.#held.buffer, 0, 8 * this.#count));
    this.#count = 0;
  }
}

const MARKETS: Readonly<Record<string, { readonly drawn: Partial<ScenarioOptions>; readonly digest: string }>> = {
  'as lean as the sample': {
    drawn: {},
    digest: '154218b6cf867886f137149b1bac520813de52f09c2f7070c10900ca72e722c9'
  },
  'of recorded pace, with its race': {
    drawn: { behaviour: FULL_BEHAVIOUR, leadSeconds: 600, race: FULL_RACE },
    digest: '6f387924dba89f170348717d48e2bac6cbaf92d87f15cb6df894d027cb45ffe4'
  }
};

/** Plays a market to its end with orders of ours placed, travelling, taken back and lapsing. */
function play(index: number, drawn: Partial<ScenarioOptions>): string {
  const digest = new Digest();
  const market = new SimulatedMarket(
    drawScenario({ seed: seed(77), index, scheduledMillis: 1e12, leadSeconds: 300, ...drawn }),
    {
      message: (millis) => {
        digest.add(1e6 * millis);
      },
      row: (kind, slot, tick, size) => {
        digest.addAll([kind, slot, tick, size]);
      }
    }
  );
  const random = new Random(seed(3), `digest ${String(index)}`);
  for (let time = 0; time < market.endSeconds + 5; time += 1.7) {
    const slot = random.below(market.books.length);
    const book = market.books[slot]!;
    const side = random.below(2) as Side;
    const tick = (side === Side.bid ? book.bestBid : book.bestAsk) + random.below(5) - 2;
    const delaySeconds = random.below(3) === 0 ? 0 : 0.12;
    if (tick >= 0 && tick < book.ladderSize)
      market.place({ slot, side, tick: ticks(tick), lots: lots(100 + random.below(900)), delaySeconds });
    if (random.below(3) === 0) digest.add(market.cancel(random.below(market.own.count + 1)));
    market.advanceTo(seconds(Math.round(1000 * time) / 1000));
    digest.add(market.time);
    market.drainFills((fill) => {
      digest.addAll([fill.order, fill.slot, fill.side, fill.tick, fill.lots, fill.time, fill.resting ? 1 : 0]);
    });
    digest.addAll([market.believedProbability(slot), market.trueProbability(slot), market.events]);
  }
  expect(market.phase).toBe('closed');
  return digest.hex();
}

describe.each(Object.entries(MARKETS))('markets %s', (_, { drawn, digest }) => {
  it('are as they were to the bit', () => {
    const all = createHash('sha256');
    for (let index = 0; index < 8; index++) all.update(play(index, drawn));
    expect(all.digest('hex')).toBe(digest);
  }, 60_000);
});

describe.each([
  ['lean', { startMinutes: 1, slots: 3 }, '072abf9617c3e072789203bebfd781bbe6f50710deb13c138275beb9f52f0258'],
  ['full', { startMinutes: 2, slots: 6 }, '26bf9e7a2ebac453db565810d2ad5e40091ae8bafab49b7912617450bf7ba76b'],
  [
    'full',
    { startMinutes: 1, maxSteps: 9, stakeCap: 200, exposureLimit: 300 },
    'cfe6f9e268e73c8d88e3bd9727618b6ba34d9adae42cc6d66e89402e52e90114'
  ]
] as const)('SimulatedPreOff-v0 at the %s pace, %j', (pace, changed, expected) => {
  it('plays as it did to the bit', () => {
    const config = v.parse(SimulatedEnvSchema, { id: 'SimulatedPreOff-v0', environments: 4, pace, ...changed });
    const env = makeVectorEnv({ config, tapes: [] });
    const digest = new Digest();
    const random = new Random(seed(9), 'digest actions');
    const { observations, finalObservations, rewards, rewardTerms, terminated, truncated, info, episode } = env.buffers;
    for (const schedule of ['shuffle', 'once', 'shuffle'] as const) {
      env.reset({ seed: seed(11), schedule });
      for (let step = 0; step <= 160; step++) {
        for (const array of [observations, rewards, rewardTerms, terminated, truncated, info, episode]) {
          digest.addAll(array);
        }
        for (let i = 0; i < env.size; i++) {
          if (terminated[i] === 1 || truncated[i] === 1) digest.addAll(finalObservations);
        }
        sampleActions(env.spec.action, env.buffers.actions, random);
        env.step();
      }
    }
    env.dispose();
    expect(digest.hex()).toBe(expected);
  }, 60_000);
});
