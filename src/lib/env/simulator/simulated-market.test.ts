import { describe, expect, it } from 'vitest';
import { lots, nanos, seconds, seed, ticks } from '../../core/units.ts';
import type { Nanos } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { Side } from './runner-book.ts';
import { drawScenario, FULL_BEHAVIOUR } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { simulateTape } from './simulate-tape.ts';
import { SimulatedMarket } from './simulated-market.ts';
import type { OwnFill } from './simulated-market.ts';

const draw = (index: number, from = 1): Scenario =>
  drawScenario({ seed: seed(from), index, scheduledMillis: Date.UTC(2026, 0, 3, 2, 30), leadSeconds: 300 });

const nowhere = { message: () => undefined, row: () => undefined };
const columns = (tape: Tape) => [tape.exchange, tape.kind, tape.slot, tape.tick, tape.lots, tape.messageStart];

describe('a simulated market', () => {
  it('is the same from the same seed, and another from another', async () => {
    const [first, again] = [
      await simulateTape(draw(0), { shared: false }),
      await simulateTape(draw(0), { shared: false })
    ];
    expect(columns(again)).toEqual(columns(first));
    expect(again.market).toEqual(first.market);
    const other = await simulateTape(draw(0, 2), { shared: false });
    expect(other.market.fingerprint).not.toBe(first.market.fingerprint);
    expect(Array.from(other.lots.subarray(0, 500))).not.toEqual(Array.from(first.lots.subarray(0, 500)));
  });

  it('does not depend on the size of the steps it is played in', () => {
    const play = (step: number): Tape => {
      const builder = new TapeBuilder(0n);
      const market = new SimulatedMarket(draw(1), builder);
      for (let at = step; market.phase !== 'closed'; at += step) market.advanceTo(seconds(at));
      return builder.build(tapeInfo, { shared: false });
    };
    expect(columns(play(0.7))).toEqual(columns(play(1000)));
  });

  it('says what it is: synthetic, with invented names', async () => {
    const { market } = await simulateTape(draw(2), { shared: false });
    expect(market).toMatchObject({ synthetic: true, venue: 'betfair', country: 'AU', kind: 'WIN' });
    expect(market.eventName).toContain('(simulated)');
    expect(market.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(market.runners.map(({ name }) => name)).size).toBe(market.runners.length);
  });

  it.each([0, 1, 2, 3, 4, 5])('tells a whole and lawful story (market %i)', async (index) => {
    const scenario = draw(index);
    const tape = await simulateTape(scenario, { shared: false });
    const state = new MarketState(tape.market);
    const runners = tape.market.runners.length;
    expect(scenario.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    let statuses = '';
    for (let message = 0; message + 1 < tape.messageStart.length; message++) {
      state.applyMessage(tape, message);
      const row = tape.messageStart[message]!;
      if (message > 0) expect(tape.exchange[row]).toBeGreaterThanOrEqual(tape.exchange[row - 1]!);
      expect(tape.exchange[row]! % 1e6).toBe(0);
      if (!statuses.endsWith(String(state.status))) statuses += String(state.status);
      for (let slot = 0; slot < runners; slot++) {
        const { bestBid, bestAsk } = state.books[slot]!;
        if (bestBid !== NO_TICK && bestAsk !== NO_TICK) expect(bestBid).toBeLessThan(bestAsk);
        if (state.status !== MarketStatus.open) expect([bestBid, bestAsk]).toEqual([NO_TICK, NO_TICK]);
      }
    }
    expect(statuses).toBe('121' + '23');
    expect(tape.exchange[tape.rows - 1]).toBe((300 + scenario.delaySeconds + scenario.inPlaySeconds + 75) * 1e9);
    expect(tape.lots.every((size) => Number.isInteger(size) && size >= 0)).toBe(true);
    const outcomes = Array.from(state.outcome);
    expect(outcomes.filter((outcome) => outcome === Outcome.winner)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === Outcome.loser)).toHaveLength(runners - 1);
    for (let slot = 0; slot < runners; slot++) {
      expect(state.startingPrice[slot]).toBeGreaterThanOrEqual(1.01);
      expect(state.startingPrice[slot]).toBeLessThanOrEqual(1000);
    }
    const starting = Array.from(state.startingPrice, (price) => 100 / price).reduce((a, b) => a + b, 0);
    expect(Math.abs(starting - 100)).toBeLessThan(4);
  });

  it('publishes what its books hold, and every trade once, counted on both sides', () => {
    const builder = new TapeBuilder(0n);
    const market = new SimulatedMarket(draw(3), builder);
    market.advanceTo(seconds(200));
    const tape = builder.build({ ...tapeInfo, runners: market.books.map(runner) }, { shared: false });
    const state = new MarketState(tape.market);
    for (let message = 0; message + 1 < tape.messageStart.length; message++) state.applyMessage(tape, message);
    const before = market.time;
    let differing = 0;
    market.books.forEach((book, slot) => {
      for (let tick = 0; tick < book.ladderSize; tick++) {
        if (state.books[slot]!.bids.at(tick) !== book.sizeAt(Side.bid, tick)) differing++;
        if (state.books[slot]!.asks.at(tick) !== book.sizeAt(Side.ask, tick)) differing++;
      }
    });
    // Only what changed since the last message, less than a second ago, may not have been said yet.
    expect(before - tape.exchange[tape.rows - 1]!).toBeLessThan(3e9);
    expect(differing).toBeLessThan(25);
    const trades = Array.from(tape.kind.keys()).filter((row) => tape.kind[row] === RowKind.trade);
    expect(trades.length).toBeGreaterThan(50);
    expect(trades.every((row) => tape.lots[row]! % 2 === 0)).toBe(true);
  });

  it('draws the winner from the true chances', () => {
    let [expected, won] = [0, 0];
    const markets = 150;
    for (let index = 0; index < markets; index++) {
      const scenario = { ...draw(index), leadSeconds: 5, delaySeconds: 1, inPlaySeconds: 1 };
      const outcome: number[] = [];
      const sink = {
        ...nowhere,
        row: (kind: RowKind, slot: number, _: number, value: number) => {
          if (kind === RowKind.outcome && value === Outcome.winner) outcome.push(slot);
        }
      };
      const market = new SimulatedMarket(scenario, sink);
      market.advanceTo(seconds(1000));
      expected += market.trueProbability(0);
      if (outcome[0] === 0) won++;
    }
    // Four standard deviations of a count with these chances (variance below n / 4).
    expect(Math.abs(won - expected)).toBeLessThan(4 * Math.sqrt(markets / 4));
    expect(expected).toBeGreaterThan(markets / 5);
  });
});

describe('orders of our own in a simulated market', () => {
  const started = (): { market: SimulatedMarket; fills: OwnFill[]; run: (to: number) => void } => {
    const market = new SimulatedMarket(draw(0), nowhere);
    const fills: OwnFill[] = [];
    const run = (to: number): void => {
      market.advanceTo(seconds(to));
      market.drainFills((fill) => fills.push(fill));
    };
    run(30);
    return { market, fills, run };
  };

  it('take what stands, at its price, and move the market the way they bet', () => {
    const { market, fills, run } = started();
    const book = market.books[0]!;
    const [bid, size] = [book.bestBid, book.sizeAt(Side.bid, book.bestBid)];
    const ref = market.place({ slot: 0, side: Side.ask, tick: ticks(bid), lots: lots(size) });
    run(30);
    expect(ref).toBe(0);
    expect(fills.every((fill) => !fill.resting && fill.tick === bid && fill.side === Side.ask)).toBe(true);
    expect(fills.reduce((sum, fill) => sum + fill.lots, 0)).toBe(size);
    expect(book.bestBid).toBeLessThan(bid);
  });

  it('wait behind what stood before them, and are filled by those who come', () => {
    const { market, fills, run } = started();
    const book = market.books[0]!;
    const ahead = book.sizeAt(Side.ask, book.bestAsk);
    const ref = market.place({ slot: 0, side: Side.ask, tick: ticks(book.bestAsk), lots: lots(500) });
    expect(book.queueAhead(ref)).toBe(ahead);
    run(300);
    const filled = fills.reduce((sum, fill) => sum + fill.lots, 0);
    expect(filled).toBeGreaterThan(0);
    expect(filled + book.remaining(ref)).toBe(500);
    expect(fills.every((fill) => fill.resting && fill.ref === ref)).toBe(true);
  });

  it('can be taken back, and lapse when the market turns in play', () => {
    const { market, run } = started();
    const place = (): number => market.place({ slot: 0, side: Side.bid, tick: ticks(0), lots: lots(500) });
    expect(market.cancel(0, place())).toBe(500);
    const ref = place();
    run(300 + market.scenario.delaySeconds + 1);
    expect(market.phase).toBe('inPlay');
    expect(market.books[0]!.remaining(ref)).toBe(0);
    run(2000);
    expect(place()).toBe(0);
  });

  it('change what follows: aggressive backing shortens the runner', () => {
    const mid = (push: boolean): number => {
      const { market } = started();
      const book = market.books[0]!;
      for (let i = 0; i < 20; i++) {
        if (push) market.place({ slot: 0, side: Side.ask, tick: ticks(Math.max(0, book.bestBid)), lots: lots(20000) });
        market.advanceTo(seconds(30 + i));
      }
      return (book.bestBid + book.bestAsk) / 2;
    };
    expect(mid(true)).toBeLessThan(mid(false) - 2);
  });
});

describe('the pace of the simulator', () => {
  it('makes a busy market with the venue’s pace of messages', async () => {
    const tape = await simulateTape({ ...draw(0), behaviour: FULL_BEHAVIOUR }, { shared: false });
    const off = (300 + draw(0).delaySeconds) * 1e9;
    const last = Array.from(tape.messageStart.subarray(0, -1), (row) => tape.exchange[row]! as Nanos).filter(
      (time) => time >= off - 120e9 && time < off
    );
    const gaps = last.slice(1).map((time, i) => nanos(time - last[i]!) / 1e6);
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    expect(mean).toBeGreaterThan(50);
    expect(mean).toBeLessThan(500);
  });
});

const runner = (_: unknown, slot: number) => ({
  slot,
  id: String(slot),
  handicap: 0,
  name: String(slot),
  sortPriority: slot
});
const tapeInfo = (
  await simulateTape({ ...draw(1), leadSeconds: 1, delaySeconds: 0, inPlaySeconds: 1 }, { shared: false })
).market;
