/**
 * Made-up markets on which much happens before the off, from a seed: suspensions and reopenings, runners that leave with
 * small and large factors, books that are cleared and stated anew, thin levels and trades off the touch.
 */
import { Random } from '../../src/lib/core/random.ts';
import { seconds } from '../../src/lib/core/units.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import type { TapeBuilder } from '../../src/lib/market/tape-builder.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';
import { miniBuilder, miniMarket } from './mini-tape.ts';

const RUNNERS = 6;
const LEVELS = 5;
const SCHEDULED_SECONDS = 240;
const MOST_REMOVALS = 3;

export function eventfulTape({ seed, winners = 1 }: { seed: number; winners?: number }): Tape {
  const random = new Random(seed as Seed, 'eventful tape');
  const builder = miniBuilder();
  const middle = Array.from({ length: RUNNERS }, (_, slot) => 60 + 30 * slot);
  const gone = new Set<number>();
  let open = true;
  builder.message(seconds(0));
  status(builder, MarketStatus.open);
  middle.forEach((tick, slot) => {
    quote(builder, slot, tick, random);
  });
  for (let time = 0.4; time < SCHEDULED_SECONDS; time += 0.2 + 0.6 * random.uniform()) {
    const slot = random.below(RUNNERS);
    builder.message(seconds(time));
    if (!open) open = random.uniform() < 0.5 && reopen(builder, slot, random);
    else if (random.uniform() < 0.012) {
      open = false;
      status(builder, MarketStatus.suspended);
      if (random.below(2) === 0) remove(builder, gone, random);
    } else if (!gone.has(slot)) move(builder, slot, middle, random);
  }
  builder.message(seconds(SCHEDULED_SECONDS + 1));
  status(builder, MarketStatus.suspended);
  builder.message(seconds(SCHEDULED_SECONDS + 3));
  builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
  status(builder, MarketStatus.open);
  builder.message(seconds(SCHEDULED_SECONDS + 60));
  status(builder, MarketStatus.closed);
  const market = { runners: RUNNERS, scheduledSeconds: SCHEDULED_SECONDS, id: `1.${String(1000 + seed)}`, winners };
  return builder.build(miniMarket(market), { shared: false });
}

const status = (builder: TapeBuilder, what: MarketStatus): void => {
  builder.row(RowKind.status, NO_SLOT, NO_TICK, what);
};

function reopen(builder: TapeBuilder, slot: number, random: Random): true {
  status(builder, MarketStatus.open);
  if (random.below(3) === 0) builder.row(RowKind.clear, random.below(2) === 0 ? slot : NO_SLOT, NO_TICK, 0);
  return true;
}

function remove(builder: TapeBuilder, gone: Set<number>, random: Random): void {
  const slot = random.below(RUNNERS);
  if (gone.has(slot) || gone.size === MOST_REMOVALS) return;
  gone.add(slot);
  builder.row(RowKind.removal, slot, NO_TICK, 100 + random.below(3_000));
}

/** The runner's price walks; now and then trades come, and its book is stated anew. */
function move(builder: TapeBuilder, slot: number, middle: number[], random: Random): void {
  const from = middle[slot]!;
  const to = Math.max(12, Math.min(330, from + random.below(5) - 2));
  middle[slot] = to;
  for (let level = 1; to !== from && level <= LEVELS; level++) {
    builder.row(RowKind.bid, slot, from - level, 0);
    builder.row(RowKind.ask, slot, from + level, 0);
  }
  quote(builder, slot, to, random);
  for (let trades = random.below(4); trades > 0; trades--) {
    const tick = to + random.below(7) - 3;
    builder.row(RowKind.trade, slot, tick, 1 + random.below(4_000));
    builder.row(RowKind.lastTraded, slot, tick, 0);
  }
  if (random.below(60) > 0) return;
  builder.row(RowKind.clear, slot, NO_TICK, 0);
  quote(builder, slot, to, random);
}

function quote(builder: TapeBuilder, slot: number, tick: number, random: Random): void {
  const size = (): number => (random.below(8) === 0 ? 0 : 50 + random.below(3_000));
  for (let level = 1; level <= LEVELS; level++) {
    builder.row(RowKind.bid, slot, tick - level, size());
    builder.row(RowKind.ask, slot, tick + level, size());
  }
}
