/** Small made-up markets for tests: a few runners whose quotes walk at random and trade, from a seed. */
import { Random } from '../../src/lib/core/random.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { seconds } from '../../src/lib/core/units.ts';
import { betfairRules } from '../../src/lib/market/venues/betfair.ts';
import { TapeBuilder } from '../../src/lib/market/tape-builder.ts';
import type { MarketInfo, Tape } from '../../src/lib/market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';

export const MINI_START_MILLIS = 1_700_000_000_000;

export function miniMarket(options: {
  runners: number;
  scheduledSeconds: number;
  id?: string;
  winners?: number;
}): MarketInfo {
  return {
    id: options.id ?? '1.1',
    venue: 'betfair',
    name: 'R1',
    eventName: 'Testville',
    kind: 'WIN',
    country: 'AU',
    rules: betfairRules({ currency: 'AUD', winners: options.winners ?? 1 }),
    runners: Array.from({ length: options.runners }, (_, slot) => ({
      slot,
      id: String(slot + 1),
      handicap: 0,
      name: `Runner ${String(slot + 1)}`,
      sortPriority: slot + 1
    })),
    scheduledMillis: MINI_START_MILLIS + options.scheduledSeconds * 1000,
    fingerprint: '',
    synthetic: true
  };
}

export const miniBuilder = (): TapeBuilder => new TapeBuilder(BigInt(MINI_START_MILLIS) * 1_000_000n);

/**
 * `scheduledSeconds` of an open market, a message every `every` seconds, then it turns in play. Five levels a side
 * around a tick that walks; now and then a trade at the best price.
 */
export function miniTape(options: {
  seed: number;
  id?: string;
  runners?: number;
  scheduledSeconds?: number;
  every?: number;
}): Tape {
  const { seed, id = '1.1', runners = 4, scheduledSeconds = 120, every = 0.5 } = options;
  const random = new Random(seed as Seed, 'mini tape');
  const builder = miniBuilder();
  const middle = Array.from({ length: runners }, (_, slot) => 60 + 40 * slot);
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  middle.forEach((tick, slot) => {
    quote(builder, slot, tick, random);
  });
  for (let time = every; time < scheduledSeconds; time += every) {
    const slot = random.below(runners);
    const from = middle[slot]!;
    const to = Math.min(330, Math.max(12, from + random.below(3) - 1));
    builder.message(seconds(time));
    if (to !== from) clear(builder, slot, from);
    middle[slot] = to;
    quote(builder, slot, to, random);
    if (random.uniform() < 0.5) {
      const tick = to + (random.uniform() < 0.5 ? -1 : 1);
      builder.row(RowKind.trade, slot, tick, 2 * (100 + random.below(20_000)));
      builder.row(RowKind.lastTraded, slot, tick, 0);
    }
  }
  builder.message(seconds(scheduledSeconds));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
  builder.message(seconds(scheduledSeconds + 2));
  builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  builder.message(seconds(scheduledSeconds + 60));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.closed);
  return builder.build(miniMarket({ runners, scheduledSeconds, id }), { shared: false });
}

const LEVELS = 5;

function quote(builder: TapeBuilder, slot: number, tick: number, random: Random): void {
  for (let level = 1; level <= LEVELS; level++) {
    builder.row(RowKind.bid, slot, tick - level, 500 + random.below(30_000));
    builder.row(RowKind.ask, slot, tick + level, 500 + random.below(30_000));
  }
}

function clear(builder: TapeBuilder, slot: number, tick: number): void {
  for (let level = 1; level <= LEVELS; level++) {
    builder.row(RowKind.bid, slot, tick - level, 0);
    builder.row(RowKind.ask, slot, tick + level, 0);
  }
}
