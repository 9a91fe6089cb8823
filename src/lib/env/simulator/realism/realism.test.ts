import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { Random } from '../../../core/random.ts';
import { seconds, seed } from '../../../core/units.ts';
import { TapeBuilder } from '../../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../../market/tape.ts';
import type { Tape } from '../../../market/tape.ts';
import { drawScenario } from '../market-draw.ts';
import { simulateTape } from '../simulate-tape.ts';
import { isAlike, rangeOf, REALISM_FIGURES } from './realism-comparison.ts';
import { allanFactor, realismFacts } from './realism-facts.ts';
import { realismRows, sampleFacts, simulatedFacts } from './realism-report.ts';
import type { RealismReport } from './realism-report.ts';
import { playOnGrid, turnInPlay } from './tape-grid.ts';

const { market } = await simulateTape(
  { ...drawScenario({ seed: seed(1), index: 0, scheduledMillis: 0, leadSeconds: 1 }), inPlaySeconds: 1 },
  { shared: false }
);

/** Twelve minutes of two runners at 2.02 / 2.06 whose mids never move but once a minute, a trade every second. */
function plainTape(): Tape {
  const builder = new TapeBuilder(0n);
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  for (let slot = 0; slot < 2; slot++) {
    builder.row(RowKind.bid, slot, 100, 1000);
    builder.row(RowKind.bid, slot, 99, 3000);
    builder.row(RowKind.ask, slot, 102, 1000);
    builder.row(RowKind.ask, slot, 103, 1000);
  }
  for (let at = 1; at < 720; at++) {
    builder.message(seconds(at));
    builder.row(RowKind.trade, 0, 100, at % 10 === 0 ? 2000 : 200);
    if (at % 60 === 0) builder.row(RowKind.bid, 1, 101, at % 120 === 0 ? 1000 : 0);
  }
  builder.message(seconds(720));
  builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
  return builder.build({ ...market, runners: market.runners.slice(0, 2) }, { shared: false });
}

describe('stylised facts of a last hour', () => {
  it('are those of a tape whose figures are known', () => {
    const facts = realismFacts(plainTape())!;
    // Runner 0 stands two ticks wide; runner 1 half of the time one, half two.
    expect(facts.spreadMeanTicks[0]).toBeCloseTo(1.75, 2);
    expect(facts.spreadMeanTicks.slice(1).every(Number.isNaN)).toBe(true);
    expect(facts.tradesPerMinute.slice(-3)).toEqual([60, 60, 60]);
    expect(facts.tradesPerMinute[0]).toBeNaN();
    expect(facts.tradeToMedian).toEqual([1, 1, 1, 10, 10, 10]);
    expect(facts.bookPercent).toBeCloseTo(100 / 2.02 + (100 / 2.02 + 100 / 2.04) / 2, 1);
    // One change of half a tick a minute, of one runner of two: 24 steps of five seconds.
    expect(facts.volatilityTicks.at(-1)).toBeLessThanOrEqual(Math.sqrt(0.25 / 24) + 1e-12);
    expect(facts.allanFactor[1]).toBe(0);
    expect(facts.inPlayTradesPerMinute).toBeNaN();
  });

  it('have nothing to say of a market that never turned in play, or hardly began', () => {
    const builder = new TapeBuilder(0n);
    builder.message(seconds(0));
    expect(realismFacts(builder.build(market, { shared: false }))).toBeUndefined();
    builder.message(seconds(30));
    builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
    expect(realismFacts(builder.build(market, { shared: false }))).toBeUndefined();
  });

  it('take the last turn in play, where one was taken back', () => {
    const builder = new TapeBuilder(0n);
    for (const [at, on] of [
      [10, 1],
      [20, 0],
      [30, 1],
      [40, 1]
    ] as const) {
      builder.message(seconds(at));
      builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, on);
    }
    expect(turnInPlay(builder.build(market, { shared: false }))).toBe(seconds(30));
  });

  it('look at a book with all that is stamped by then, and at the end before the turn', () => {
    const seen: [number, number][] = [];
    playOnGrid(
      plainTape(),
      { from: seconds(0), to: seconds(180), stepSeconds: 60 },
      {
        look: (state, left) => seen.push([left, state.books[1]!.bestBid]),
        row: () => undefined
      }
    );
    // What is stamped at the end itself, as a turn in play is, belongs to what comes after.
    expect(seen).toEqual([
      [180, 100],
      [120, 100],
      [60, 101],
      [0, 101]
    ]);
  });
});

describe('the Allan factor', () => {
  const poisson = (rate: (time: number) => number, top: number): number[] => {
    const random = new Random(seed(3));
    const found: number[] = [];
    for (let at = random.exponential(1 / top); at < 4000; at += random.exponential(1 / top)) {
      if (random.uniform() < rate(at) / top) found.push(at);
    }
    return found;
  };

  it('is one of a Poisson process, though its rate rises', () => {
    expect(
      allanFactor(
        poisson(() => 5, 5),
        5,
        4000
      )
    ).toBeCloseTo(1, 0);
    expect(
      Math.abs(
        allanFactor(
          poisson((time) => time / 400, 10),
          5,
          4000
        ) - 1
      )
    ).toBeLessThan(0.15);
  });

  it('is the size of the bursts where arrivals come in bursts', () => {
    const bursts = poisson(() => 2, 2).flatMap((time) => [time, time, time, time]);
    expect(Math.abs(allanFactor(bursts, 5, 4000) - 4)).toBeLessThan(0.6);
  });
});

describe('the comparison', () => {
  it('finds a mean alike within the tolerance and apart beyond it', () => {
    const range = (low: number, high: number, mean = (low + high) / 2) => ({ low, mean, high, markets: 3 });
    expect(isAlike(range(2, 3), range(0, 9, 4.4), { kind: 'factor', by: 1.5 })).toBe(true);
    expect(isAlike(range(2, 3), range(0, 9, 4.6), { kind: 'factor', by: 1.5 })).toBe(false);
    expect(isAlike(range(-0.1, 0), range(0, 1, 0.09), { kind: 'difference', by: 0.1 })).toBe(true);
    expect(isAlike(range(-0.1, 0), range(0, 1, 0.11), { kind: 'difference', by: 0.1 })).toBe(false);
  });

  it('leaves out what no market shows', () => {
    const facts = realismFacts(plainTape())!;
    expect(REALISM_FIGURES.filter((figure) => rangeOf(figure, [facts]) === undefined).length).toBeGreaterThan(3);
  });
});

describe('the figures that the app shows', () => {
  const path = new URL('../../../ui/realism/measured.json', import.meta.url);
  const shown = JSON.parse(readFileSync(path, 'utf8')) as RealismReport;

  it('are those of the simulator as it is: run scripts/measure-realism.ts after changing it', async () => {
    const rows = realismRows({ recorded: [], simulated: await simulatedFacts(), sample: await sampleFacts() });
    expect(shown.rows.map(({ group, label, simulated, sample }) => ({ group, label, simulated, sample }))).toEqual(
      rows.map(({ group, label, simulated, sample }) => ({ group, label, simulated, sample }))
    );
  }, 60_000);

  it('are alike to recorded markets in all but a few', () => {
    const compared = shown.rows.filter(({ simulatedAlike }) => simulatedAlike !== undefined);
    expect(compared.length).toBeGreaterThan(50);
    expect(compared.filter(({ simulatedAlike }) => simulatedAlike === true).length / compared.length).toBeGreaterThan(
      0.9
    );
  });
});
