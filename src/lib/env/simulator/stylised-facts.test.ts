import { describe, expect, it } from 'vitest';
import { seconds, seed } from '../../core/units.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { drawScenario } from './market-draw.ts';
import { FULL_BEHAVIOUR } from './scenario.ts';
import type { Behaviour } from './scenario.ts';
import { signalStudy } from './signal-study.ts';
import { simulateTape } from './simulate-tape.ts';
import { correlation, deviation, quantile, stylisedFacts } from './stylised-facts.ts';
import type { StylisedFacts } from './stylised-facts.ts';

const simulated = (index: number, behaviour: Partial<Behaviour> = {}): Promise<Tape> =>
  simulateTape(drawScenario({ seed: seed(11), index, scheduledMillis: Date.UTC(2026, 0, 3, 2), behaviour }), {
    shared: false
  });

const average = (facts: readonly StylisedFacts[], name: keyof StylisedFacts): number =>
  facts.reduce((sum, one) => sum + one[name], 0) / facts.length;

/** Lowest and highest over three recorded Australian win markets of 7 to 13 runners, their last 12 minutes. */
const RECORDED: readonly (readonly [keyof StylisedFacts, low: number, high: number])[] = [
  ['spreadTicksMedian', 1, 1],
  ['spreadTicks90', 1, 3],
  ['secondLevelToBest', 1.27, 1.89],
  ['thirdLevelToBest', 0.77, 1.83],
  ['bestToTrade', 9, 47.8],
  ['trade90ToMedian', 9.4, 10],
  ['trade99ToMedian', 38.6, 46.6],
  ['messagesPerMinute', 401, 476],
  ['rowsPerMessage', 5.8, 6.7],
  ['tradesPerMinute', 206, 394],
  ['tradeRush', 3.4, 5.4],
  ['volatility5sTicks', 0.57, 1.52],
  ['volatility60sTicks', 1.3, 4.4],
  ['moved5s', 0.28, 0.46]
];

describe('a busy simulated market against recorded ones', async () => {
  const facts = (await Promise.all([0, 1, 2, 3].map((index) => simulated(index, FULL_BEHAVIOUR)))).map((tape) =>
    stylisedFacts(tape)!
  );

  // Recorded markets differ among themselves by a factor of two to five: a factor of two beyond their range is as near
  // as a claim of likeness can be made on three of them.
  it.each(RECORDED)('%s lies within a factor of two of the recorded range', (name, low, high) => {
    const figure = average(facts, name);
    expect(figure).toBeGreaterThan(low / 2);
    expect(figure).toBeLessThan(high * 2);
  });

  it('keeps its book near 100 %, as recorded ones do (backs 101.5 to 102.5, lays 98.6 to 98.8)', () => {
    for (const one of facts) {
      expect(one.backOverroundMedian).toBeGreaterThan(100);
      expect(one.backOverroundMedian).toBeLessThan(103);
      expect(one.layOverroundMedian).toBeGreaterThan(97);
      expect(one.layOverroundMedian).toBeLessThan(100);
    }
  });

  it('has no strong memory in its five-second changes (recorded: -0.14 to 0.08)', () => {
    expect(Math.abs(average(facts, 'autocorrelation5s'))).toBeLessThan(0.3);
  });
});

describe('the lean markets of the sample', async () => {
  const tapes = await Promise.all(Array.from({ length: 12 }, (_, index) => simulated(index)));
  const facts = tapes.map((tape) => stylisedFacts(tape)!);
  const studies = tapes.map((tape) => signalStudy(tape)!);
  const mean = (of: (study: (typeof studies)[number]) => number): number =>
    studies.reduce((sum, study) => sum + of(study), 0) / studies.length;

  it('share spread, depth, skew and volatility with the recorded ones, if not their pace', () => {
    for (const [name, low, high] of RECORDED) {
      if (['messagesPerMinute', 'tradesPerMinute'].includes(name)) continue;
      expect(average(facts, name), name).toBeGreaterThan(low / 2.5);
      expect(average(facts, name), name).toBeLessThan(high * 2.5);
    }
    expect(average(facts, 'messagesPerMinute')).toBeGreaterThan(60);
  });

  it('hold what can be learnt: flow, momentum and waiting money foretell the next 90 seconds', () => {
    expect(mean((study) => study.momentum)).toBeGreaterThan(0.2);
    // Backing shortens a price, so flow and waiting backers foretell lower ticks.
    expect(mean((study) => study.orderFlow)).toBeLessThan(-0.2);
    expect(mean((study) => study.weightOfMoney)).toBeLessThan(-0.08);
  });

  it('pay a plain rule that follows a move, after spread and commission, and more a trade than trading at any time', () => {
    const profit = mean((study) => study.profit);
    expect(mean((study) => study.trades)).toBeGreaterThan(5);
    expect(profit).toBeGreaterThan(1);
    const always = tapes.map((tape) => signalStudy(tape, { triggerTicks: 0 })!);
    expect(always.reduce((sum, study) => sum + study.profit / study.trades, 0) / always.length).toBeLessThan(
      mean((study) => study.profit / study.trades)
    );
  });
});

describe('the measures themselves', () => {
  it('are those of the textbook', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
    expect(correlation([1, 2, 3, 4], [2, 4, 6, 8])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation([1, 1, 1], [1, 2, 3])).toBe(0);
  });

  it('read a tape whose figures are known', async () => {
    const { market } = await simulated(0);
    const builder = new TapeBuilder(0n);
    builder.message(seconds(0));
    builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    for (let slot = 0; slot < 2; slot++) {
      builder.row(RowKind.bid, slot, 98, 1000); // 1.99
      builder.row(RowKind.ask, slot, 100, 500); // 2.02, two ticks away
      builder.row(RowKind.bid, slot, 97, 2000);
      builder.row(RowKind.ask, slot, 101, 2000);
    }
    for (let at = 1; at < 120; at++) {
      builder.message(seconds(at));
      builder.row(RowKind.trade, 0, 98, 200);
    }
    builder.message(seconds(120));
    builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
    const tape = builder.build({ ...market, runners: market.runners.slice(0, 2) }, { shared: false });
    expect(stylisedFacts(tape)).toMatchObject({
      seconds: 120,
      spreadTicksMedian: 2,
      tradesPerMinute: 59.5,
      trade90ToMedian: 1,
      volatility5sTicks: 0,
      moved5s: 0
    });
    const facts = stylisedFacts(tape)!;
    expect(facts.backOverroundMedian).toBeCloseTo(200 / 1.99, 9);
    expect(facts.layOverroundMedian).toBeCloseTo(200 / 2.02, 9);
    // Over both sides: at the best 10 and 5, behind it 20 and 20.
    expect(facts.secondLevelToBest).toBe(2);
  });

  it('have nothing to say of a market that never turned in play', async () => {
    const { market } = await simulated(0);
    const builder = new TapeBuilder(0n);
    builder.message(seconds(0));
    expect(stylisedFacts(builder.build(market, { shared: false }))).toBeUndefined();
    expect(signalStudy(builder.build(market, { shared: false }))).toBeUndefined();
  });
});
