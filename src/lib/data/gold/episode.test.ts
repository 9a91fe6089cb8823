import { describe, expect, it } from 'vitest';
import { eventfulTape } from '../../../../tests/support/eventful-tape.ts';
import type { Tape } from '../../market/tape.ts';
import { messageCount } from '../../market/tape.ts';
import type { GoldEpisode } from './episode.ts';
import { GOLD_FEATURES, goldEpisode, gridPlan } from './episode.ts';

const LAG = 2.5e9;
const tape = eventfulTape({ seed: 3 });
const lagging = (by: (row: number) => number): Tape => ({
  ...tape,
  received: tape.exchange.map((time, row) => time + by(row))
});
const features = ({ columns }: GoldEpisode) => GOLD_FEATURES.map((name) => columns[name]);
/** Decisions every 5 s, some of them between messages. */
const times = Float64Array.from({ length: 40 }, (_, k) => (10 + 5 * k) * 1e9 + 12_345);
const before = messageCount(tape);

describe('gold of a recording with two clocks', () => {
  it('holds by default what had come by then: a feed that takes L shows the market of L before', () => {
    const late = goldEpisode(
      lagging(() => LAG),
      { times, before }
    );
    const earlier = goldEpisode(tape, { times: times.map((time) => time - LAG), before, clock: 'exchange' });
    expect(features(late)).toEqual(features(earlier));
    expect(features(late)).not.toEqual(features(goldEpisode(tape, { times, before })));
  });

  it('holds nothing of a message that comes after the decision, whatever it says', () => {
    const late = lagging(() => LAG);
    const cut = times[20]!;
    // Every message on its way at the decision, and all after it, told otherwise.
    const other = { ...late, lots: late.lots.map((lots, row) => (late.received[row]! > cut ? lots * 7 + 1 : lots)) };
    const step = Float64Array.of(cut);
    expect(features(goldEpisode(other, { times: step, before }))).toEqual(
      features(goldEpisode(late, { times: step, before }))
    );
    expect(features(goldEpisode(other, { times: step, before, clock: 'exchange' }))).not.toEqual(
      features(goldEpisode(late, { times: step, before, clock: 'exchange' }))
    );
  });

  it('lets no message overtake the one ahead of it', () => {
    const held = messageCount(tape) >> 1;
    const first = tape.messageStart[held]!;
    const last = tape.messageStart[held + 1]!;
    const one = lagging((row) => (row >= first && row < last ? 60e9 : 0));
    const all = lagging((row) => (row < first ? 0 : Math.max(0, tape.exchange[first]! + 60e9 - tape.exchange[row]!)));
    const plan = { times, before };
    expect(goldEpisode(one, plan).columns['runner_active']).toEqual(goldEpisode(all, plan).columns['runner_active']);
    expect(goldEpisode(one, plan).columns['log_price']).toEqual(goldEpisode(all, plan).columns['log_price']);
  });

  it('counts from when it happened where that is asked for, and where there is but one clock', () => {
    const plan = { times, before };
    const exact = features(goldEpisode(tape, { ...plan, clock: 'exchange' }));
    expect(features(goldEpisode(tape, plan))).toEqual(exact);
    expect(
      features(
        goldEpisode(
          lagging(() => LAG),
          { ...plan, clock: 'exchange' }
        )
      )
    ).toEqual(exact);
  });
});

describe('the grid of a market without an off', () => {
  it('is laid over the clock that counts, and says which', () => {
    // Late by whole intervals: each moment moves by as many.
    const late = lagging(() => 10e9);
    const [received, exchange] = [gridPlan(late, 5), gridPlan(late, 5, 'exchange')];
    expect([received.clock, exchange.clock]).toEqual(['received', 'exchange']);
    expect(received.times).toEqual(exchange.times.map((time) => time + 10e9));
    expect(exchange.times).toEqual(gridPlan(tape, 5).times);
  });
});
