import { describe, expect, it } from 'vitest';
import { lots, nanos, seconds, seed, ticks } from '../../core/units.ts';
import type { Nanos } from '../../core/units.ts';
import { MarketState } from '../../market/market-state.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { intoTape } from './publisher.ts';
import { Side } from './runner-book.ts';
import { drawScenario } from './market-draw.ts';
import { FULL_BEHAVIOUR, FULL_RACE } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { simulateTape } from './simulate-tape.ts';
import type { OwnFill } from './own-orders.ts';
import { SimulatedMarket } from './simulated-market.ts';

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
      const market = new SimulatedMarket(draw(1), intoTape(builder));
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
    const market = new SimulatedMarket(draw(3), intoTape(builder));
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
      market.drainFills((fill) => fills.push({ ...fill }));
    };
    run(30);
    return { market, fills, run };
  };

  it('take what stands, at its price, and move the market the way they bet', () => {
    const { market, fills, run } = started();
    const book = market.books[0]!;
    const [bid, size] = [book.bestBid, book.sizeAt(Side.bid, book.bestBid)];
    const order = market.place({ slot: 0, side: Side.ask, tick: ticks(bid), lots: lots(size) });
    run(30);
    expect([market.own.where(order), market.own.matched(order)]).toEqual(['gone', size]);
    expect(fills.every((fill) => !fill.resting && fill.tick === bid && fill.side === Side.ask)).toBe(true);
    expect(fills.reduce((sum, fill) => sum + fill.lots, 0)).toBe(size);
    expect(book.bestBid).toBeLessThan(bid);
  });

  it('wait behind what stood before them, and are filled by those who come', () => {
    const { market, fills, run } = started();
    const book = market.books[0]!;
    const ahead = book.sizeAt(Side.ask, book.bestAsk);
    const order = market.place({ slot: 0, side: Side.ask, tick: ticks(book.bestAsk), lots: lots(500) });
    expect(book.queueAhead(market.own.ref(order))).toBe(ahead);
    run(300);
    const filled = fills.reduce((sum, fill) => sum + fill.lots, 0);
    expect(filled).toBeGreaterThan(0);
    expect(filled + market.own.remaining(order)).toBe(500);
    expect(filled).toBe(market.own.matched(order));
    expect(fills.every((fill) => fill.resting && fill.order === order)).toBe(true);
  });

  it('are filled when somebody came, between the messages that frame it', () => {
    const published: number[] = [];
    const market = new SimulatedMarket(draw(0), {
      message: (millis) => published.push(1e6 * millis),
      row: () => undefined
    });
    let inside = 0;
    for (let second = 30; second < 290; second += 5) {
      market.advanceTo(seconds(second));
      for (const slot of [0, 1]) {
        const { bestBid, bestAsk } = market.books[slot]!;
        market.place({ slot, side: Side.ask, tick: ticks(bestAsk), lots: lots(300) });
        market.place({ slot, side: Side.bid, tick: ticks(bestBid), lots: lots(300) });
      }
      market.drainFills(({ time, message, resting }) => {
        expect(time).toBeGreaterThanOrEqual(published[message - 1]!);
        expect(time).toBeLessThanOrEqual(published[message] ?? Infinity);
        if (resting && time > published[message - 1]!) inside++;
      });
    }
    expect(inside).toBeGreaterThan(20);
  });

  it('can be taken back, and lapse when the market turns in play', () => {
    const { market, run } = started();
    const place = (): number => market.place({ slot: 0, side: Side.bid, tick: ticks(0), lots: lots(500) });
    expect(market.cancel(place())).toBe(500);
    const order = place();
    run(market.turnSeconds + 1);
    expect(market.phase).toBe('inPlay');
    expect([market.own.where(order), market.own.remaining(order)]).toEqual(['lapsed', 0]);
    expect(market.own.endedAt(order)).toBe(market.turnSeconds);
    run(2000);
    const late = place();
    expect([market.own.where(late), market.own.remaining(late)]).toEqual(['dropped', 0]);
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

describe('how a simulated market answers', () => {
  const at = (index: number, second: number): SimulatedMarket => {
    const market = new SimulatedMarket(draw(index), nowhere);
    market.advanceTo(seconds(second));
    return market;
  };

  it('moves with a large order, and stays moved when it has gone: the others believe it', () => {
    let moved = 0;
    for (const index of [0, 1, 2, 3]) {
      const [left, pushed] = [at(index, 60), at(index, 60)];
      const tick = ticks(Math.max(0, pushed.books[0]!.bestBid - 10));
      pushed.place({ slot: 0, side: Side.ask, tick, lots: lots(3_000_00) });
      pushed.cancel(1);
      for (const market of [left, pushed]) market.advanceTo(seconds(65));
      moved += left.books[0]!.bestBid - pushed.books[0]!.bestBid;
    }
    expect(moved).toBeGreaterThan(4);
  });

  it('shows the size we quote, and others take it', () => {
    const builder = new TapeBuilder(0n);
    const market = new SimulatedMarket(draw(0), intoTape(builder));
    market.advanceTo(seconds(60));
    const orders = [0, 1, 2].flatMap((slot) => {
      const book = market.books[slot]!;
      return [Side.bid, Side.ask].map((side) => {
        const tick = book.best(side);
        const before = book.sizeAt(side, tick);
        const order = market.place({ slot, side, tick: ticks(tick), lots: lots(7777) });
        expect(book.sizeAt(side, tick)).toBe(before + 7777);
        return { order, tick };
      });
    });
    market.advanceTo(seconds(280));
    const tape = builder.build({ ...tapeInfo, runners: market.books.map(runner) }, { shared: false });
    for (const { tick } of orders) {
      expect(tape.lots.some((size, row) => tape.tick[row] === tick && size >= 7777)).toBe(true);
    }
    expect(orders.filter(({ order }) => market.own.matched(order) > 0).length).toBeGreaterThan(2);
  });

  it('fills nobody twice: what our fills say is what the orders were short of', () => {
    const market = at(2, 60);
    const placed = Array.from({ length: 300 }, (_, i) => {
      market.advanceTo(seconds(60 + i / 2));
      const book = market.books[i % 3]!;
      const side = i % 2 === 0 ? Side.bid : Side.ask;
      const tick = ticks(side === Side.bid ? book.bestBid : book.bestAsk);
      return {
        lots: 100 + i,
        order: market.place({ slot: i % 3, side, tick, lots: lots(100 + i), delaySeconds: 0.12 })
      };
    });
    market.advanceTo(seconds(280));
    const filled = new Map<number, number>();
    market.drainFills((fill) => filled.set(fill.order, (filled.get(fill.order) ?? 0) + fill.lots));
    for (const { order, lots: asked } of placed) {
      expect((filled.get(order) ?? 0) + market.own.remaining(order)).toBe(asked);
      expect(market.own.matched(order)).toBe(filled.get(order) ?? 0);
    }
    expect(filled.size).toBeGreaterThan(20);
  });

  it('lets an order come to its book only after the latency it was given', () => {
    const market = at(0, 60);
    const book = market.books[0]!;
    const order = market.place({ slot: 0, side: Side.bid, tick: ticks(3), lots: lots(400), delaySeconds: 0.25 });
    market.advanceTo(seconds(60.249));
    expect([market.own.where(order), book.sizeAt(Side.bid, 3)]).toEqual(['onItsWay', 0]);
    market.advanceTo(seconds(60.251));
    expect([market.own.where(order), book.sizeAt(Side.bid, 3)]).toEqual(['resting', 400]);
  });

  it('takes nothing back of an order on its way: it comes to its book all the same', () => {
    const market = at(0, 60);
    const order = market.place({ slot: 0, side: Side.bid, tick: ticks(3), lots: lots(400), delaySeconds: 0.25 });
    expect([market.cancel(order), market.own.where(order)]).toEqual([0, 'onItsWay']);
    market.advanceTo(seconds(60.251));
    expect([market.own.where(order), market.own.remaining(order)]).toEqual(['resting', 400]);
    expect([market.cancel(order), market.own.where(order), market.cancel(order)]).toEqual([400, 'gone', 0]);
  });

  it('is the same again with the same orders of ours', () => {
    const play = (): Float64Array => {
      const builder = new TapeBuilder(0n);
      const market = new SimulatedMarket(draw(1), intoTape(builder));
      for (let i = 1; i < 200; i++) {
        market.advanceTo(seconds(i));
        market.place({
          slot: 0,
          side: Side.ask,
          tick: ticks(market.books[0]!.bestBid),
          lots: lots(500 * (i % 3) + 100)
        });
      }
      return builder.build(tapeInfo, { shared: false }).lots;
    };
    expect(play()).toEqual(play());
  });

  it('carries news into prices: what informed money knows and the market does not is gone later', () => {
    let [early, late] = [0, 0];
    for (let index = 0; index < 12; index++) {
      const market = at(index, 100);
      const { books } = market;
      for (let slot = 0; slot < 3; slot++) {
        const before = Math.log(market.trueProbability(slot) / market.believedProbability(slot));
        const believed = Math.log(market.believedProbability(slot));
        market.advanceTo(seconds(190));
        // How much of the gap of then has the belief moved through, and of what size the gap was.
        late += before * (Math.log(market.believedProbability(slot)) - believed);
        early += before * before;
        if (slot < 2) break;
      }
      expect(books.length).toBeGreaterThan(5);
    }
    expect(late / early).toBeGreaterThan(0.3);
  });
});

describe('a race told in play', () => {
  const told = (index: number, leadSeconds = 30): Scenario => ({
    ...drawScenario({
      seed: seed(9),
      index,
      scheduledMillis: 0,
      leadSeconds,
      race: FULL_RACE,
      behaviour: FULL_BEHAVIOUR
    }),
    delaySeconds: 1
  });

  it('turns in play with every order lapsed, a bet delay, and prices that end at a winner', async () => {
    for (const index of [0, 1, 2]) {
      const scenario = told(index);
      const tape = await simulateTape(scenario, { shared: false });
      const state = new MarketState(tape.market);
      let statuses = '';
      let shortest = Infinity;
      for (let message = 0; message + 1 < tape.messageStart.length; message++) {
        state.applyMessage(tape, message);
        if (!statuses.endsWith(String(state.status))) statuses += String(state.status);
        for (const { bestBid, bestAsk } of state.books) {
          if (bestBid !== NO_TICK && bestAsk !== NO_TICK) expect(bestBid).toBeLessThan(bestAsk);
        }
        if (state.inPlay && state.status === MarketStatus.open) {
          expect(state.betDelaySeconds).toBe(5);
          shortest = Math.min(shortest, ...state.books.map((book) => book.lastTraded));
        }
      }
      expect(statuses).toBe('12123');
      const winner = Array.from(state.outcome).indexOf(Outcome.winner);
      // At the finish the winner trades shorter than anyone else, at less than evens.
      expect(state.books[winner]!.lastTraded).toBeLessThan(99);
      state.books.forEach((book, slot) => {
        if (slot !== winner) expect(book.lastTraded).toBeGreaterThan(state.books[winner]!.lastTraded);
      });
      expect(shortest).toBeLessThan(60);
    }
  });

  it('moves prices in play by far more than before the off', () => {
    const market = new SimulatedMarket(told(0, 120), nowhere);
    const change = (from: number, to: number): number => {
      let sum = 0;
      for (let at = from; at < to; at += 5) {
        market.advanceTo(seconds(at));
        const before = Math.log(market.believedProbability(0));
        market.advanceTo(seconds(at + 5));
        sum += (Math.log(market.believedProbability(0)) - before) ** 2;
      }
      return Math.sqrt(sum / ((to - from) / 5));
    };
    const quiet = change(60, 120);
    expect(change(122, 162)).toBeGreaterThan(5 * quiet);
  });

  it('has a winner as likely as the chances at the start said (a martingale that ends at one)', () => {
    let [expected, variance, won, certain] = [0, 0, 0, 0];
    const markets = 200;
    for (let index = 0; index < markets; index++) {
      const scenario = { ...told(index, 1), behaviour: { ...FULL_BEHAVIOUR, eventsPerSecond: 0.01, rush: 1 } };
      let winner = -1;
      const market = new SimulatedMarket(scenario, {
        message: () => undefined,
        row: (kind, slot, _, value) => {
          if (kind === RowKind.outcome && value === Outcome.winner) winner = slot;
        }
      });
      market.advanceTo(seconds(1.5));
      const start = market.trueProbability(0);
      market.advanceTo(seconds(10_000));
      expected += start;
      variance += start * (1 - start);
      if (winner === 0) won++;
      if (market.trueProbability(winner) > 0.99) certain++;
    }
    expect(Math.abs(won - expected)).toBeLessThan(4 * Math.sqrt(variance));
    expect(certain).toBeGreaterThan(0.95 * markets);
  });

  it('holds orders of ours back by the bet delay, and drops those on their way when it is suspended', () => {
    const scenario = told(0);
    const market = new SimulatedMarket(scenario, nowhere);
    market.advanceTo(seconds(40));
    expect(market.phase).toBe('inPlay');
    const order = market.place({ slot: 1, side: Side.bid, tick: ticks(0), lots: lots(300), delaySeconds: 0.1 });
    market.advanceTo(seconds(45));
    expect(market.own.where(order)).toBe('onItsWay');
    market.advanceTo(seconds(45.2));
    expect(market.own.where(order)).not.toBe('onItsWay');
    const finish = scenario.leadSeconds + scenario.delaySeconds + scenario.inPlaySeconds;
    market.advanceTo(seconds(finish - 2));
    const late = market.place({ slot: 1, side: Side.bid, tick: ticks(0), lots: lots(300) });
    market.advanceTo(seconds(finish + 10));
    expect([market.phase, market.own.where(late), market.own.matched(late)]).toEqual(['suspended', 'dropped', 0]);
    expect(market.own.endedAt(late)).toBe(finish);
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
