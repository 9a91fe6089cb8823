/** Identities of the account and of hedging, over positions and books drawn at random. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Book } from '../../market/book.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { Side } from '../matching/order.ts';
import { BackLayAccount, POINTS_PER_LOT } from './account.ts';
import { GreenUp, greenUp, ladderPoints, markToMarket } from './hedge.ts';

const points = ladderPoints(betfairClassic);
const SLOTS = 5;

const match = fc.record({
  slot: fc.nat(SLOTS - 1),
  side: fc.constantFrom(Side.back, Side.lay),
  lots: fc.integer({ min: 1, max: 1_000_000 }),
  tick: fc.nat(betfairClassic.size - 1)
});
const matches = fc.array(match, { maxLength: 40 });
type Match = typeof match extends fc.Arbitrary<infer T> ? T : never;

function accountOf(made: readonly Match[], winners = 1): BackLayAccount {
  const account = new BackLayAccount({ slots: SLOTS, winners });
  for (const { slot, side, lots, tick } of made) account.match(slot, side, lots, points[tick]!);
  return account;
}

/** What the bets pay, one by one, when a set of runners wins. */
function profit(made: readonly Match[], winners: readonly number[]): number {
  return made.reduce((sum, { slot, side, lots, tick }) => {
    const back = winners.includes(slot) ? lots * (points[tick]! - 100) : -lots * 100;
    return sum + (side === Side.back ? back : -back);
  }, 0);
}

const sets = (winners: number): number[][] =>
  winners === 1
    ? Array.from({ length: SLOTS }, (_, slot) => [slot])
    : Array.from({ length: SLOTS }, (_, a) => Array.from({ length: a }, (__, b) => [a, b])).flat();

describe('profit', () => {
  it('if each runner wins is the sum over its bets', () => {
    fc.assert(
      fc.property(matches, (made) => {
        const account = accountOf(made);
        for (let slot = 0; slot < SLOTS; slot++) expect(account.profitIfWins(slot)).toBe(profit(made, [slot]));
      })
    );
  });

  it('of the worst outcome is the least over every set of winners', () => {
    fc.assert(
      fc.property(matches, fc.constantFrom(1, 2), (made, winners) => {
        const worst = Math.min(...sets(winners).map((set) => profit(made, set)));
        expect(accountOf(made, winners).worst()).toBe(worst);
      })
    );
  });

  it('exposure without waiting orders is the worst loss', () => {
    fc.assert(
      fc.property(matches, (made) => {
        const account = accountOf(made);
        expect(account.exposure()).toBe(Math.max(0, -account.worst()));
      })
    );
  });

  it('is green when something is matched and no set of winners loses', () => {
    fc.assert(
      fc.property(fc.array(match, { maxLength: 4 }), fc.constantFrom(1, 2), (made, winners) => {
        const green = made.length > 0 && sets(winners).every((set) => profit(made, set) >= 0);
        expect(accountOf(made, winners).allGreen()).toBe(green);
      })
    );
    const arbitrage = Array.from({ length: SLOTS }, (_, slot) => ({ slot, side: Side.back, lots: 100, tick: 300 }));
    expect(accountOf(arbitrage).allGreen()).toBe(true);
  });

  it('sums matched stakes exactly', () => {
    fc.assert(
      fc.property(matches, (made) => {
        const account = accountOf(made);
        for (let slot = 0; slot < SLOTS; slot++) {
          const of = (side: Side): number =>
            made.filter((one) => one.slot === slot && one.side === side).reduce((sum, { lots }) => sum + lots, 0);
          expect([account.matchedBack(slot), account.matchedLay(slot)]).toEqual([of(Side.back), of(Side.lay)]);
        }
      })
    );
  });
});

/** What may happen to an account between two looks at it. */
const happening = fc.oneof(
  match.map((one) => ({ what: 'match' as const, ...one })),
  match.map((one) => ({ what: 'wait' as const, ...one })),
  match.map((one) => ({ what: 'reprice' as const, ...one })),
  fc.nat(SLOTS - 1).map((slot) => ({ what: 'remove' as const, slot })),
  fc.array(fc.boolean(), { minLength: SLOTS, maxLength: SLOTS }).map((gone) => ({ what: 'clear' as const, gone }))
);

describe('the sums that are kept', () => {
  it('give the worst outcome and the exposure as counted anew from the columns', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 30 }),
        match,
        fc.constantFrom(1, 2, 3),
        (happened, more, winners) => {
          const account = new BackLayAccount({ slots: SLOTS, winners });
          const anew = (waiting: boolean, extra?: Match): number => {
            const runners = Array.from({ length: SLOTS }, (_, slot) => slot).filter(
              (slot) => account.removed[slot] === 0
            );
            const own = (slot: number, side: Side): number =>
              extra?.slot !== slot || extra.side !== side
                ? 0
                : extra.lots * (side === Side.back ? 100 : points[extra.tick]! - 100);
            const win = (slot: number): number =>
              account.ifWins(slot) - (waiting ? account.waitingLiability(slot) : 0) - own(slot, Side.lay);
            const lose = (slot: number): number =>
              account.ifLoses(slot) - (waiting ? account.waitingBack(slot) * 100 : 0) - own(slot, Side.back);
            const all = runners.reduce((sum, slot) => sum + lose(slot), 0);
            const gains = runners.map((slot) => win(slot) - lose(slot)).sort((a, b) => a - b);
            return gains.slice(0, winners).reduce((sum, gain) => sum + gain, all);
          };
          for (const one of happened) {
            if (one.what === 'clear') account.clear(Uint8Array.from(one.gone, Number));
            else if (one.what === 'remove') account.remove(one.slot);
            else if (account.removed[one.slot] === 0) {
              const price = points[one.tick]!;
              if (one.what === 'match') account.match(one.slot, one.side, one.lots, price);
              else if (one.what === 'wait') account.wait(one.slot, one.side, one.lots, price);
              else account.reprice(one.slot, one.side, one.lots, { from: price, to: price - 1 });
            }
            expect(account.worst()).toBe(anew(false));
            expect(account.exposure()).toBe(Math.max(0, -anew(true)));
            const { slot, side, lots, tick } = more;
            expect(account.exposureWith(slot, side, lots, points[tick]!)).toBe(Math.max(0, -anew(true, more)));
          }
        }
      )
    );
  });
});

describe('exposure', () => {
  it('with waiting orders bounds every way in which some of them match', () => {
    fc.assert(
      fc.property(matches, fc.array(match, { maxLength: 8 }), fc.nat(255), (made, waiting, mask) => {
        const account = accountOf(made);
        for (const { slot, side, lots, tick } of waiting) account.wait(slot, side, lots, points[tick]!);
        const some = waiting.filter((_, i) => (mask >> i) & 1);
        expect(account.exposure()).toBeGreaterThanOrEqual(-accountOf([...made, ...some]).worst());
      })
    );
  });

  it('is surely within a limit only where one more order leaves it there, whatever came before', () => {
    const deed = fc.oneof(
      fc.record({ do: fc.constantFrom('match', 'wait', 'withdraw', 'reprice'), bet: match }),
      fc.record({ do: fc.constantFrom('ask', 'remove'), bet: match })
    );
    let sure = 0;
    fc.assert(
      fc.property(
        fc.array(deed, { maxLength: 12 }),
        match,
        fc.nat(1e6),
        fc.constantFrom(1, 2),
        (deeds, one, limit, winners) => {
          const account = new BackLayAccount({ slots: SLOTS, winners });
          const waiting: Match[] = [];
          for (const { do: what, bet } of deeds) {
            const { slot, side, lots, tick } = bet;
            if (what === 'match') account.match(slot, side, lots, points[tick]!);
            else if (what === 'reprice')
              account.reprice(slot, side, lots, { from: points[tick]!, to: points[tick >> 1]! });
            else if (what === 'ask') account.exposure();
            else if (what === 'remove' && slot === 0) account.remove(slot);
            else if (what === 'wait') {
              account.wait(slot, side, lots, points[tick]!);
              waiting.push(bet);
            } else if (what === 'withdraw') {
              const first = waiting.shift();
              if (first !== undefined) account.wait(first.slot, first.side, -first.lots, points[first.tick]!);
            }
          }
          const price = points[one.tick]!;
          if (!account.surelyWithin(limit, one.side, one.lots, price)) return;
          sure++;
          expect(account.exposureWith(one.slot, one.side, one.lots, price)).toBeLessThanOrEqual(limit * 100);
        }
      )
    );
    expect(sure).toBeGreaterThan(0);
  });

  it('with one more order is what it is once the order waits', () => {
    fc.assert(
      fc.property(matches, match, (made, { slot, side, lots, tick }) => {
        const account = accountOf(made);
        const asked = account.exposureWith(slot, side, lots, points[tick]!);
        account.wait(slot, side, lots, points[tick]!);
        expect(account.exposure()).toBe(asked);
        account.wait(slot, side, -lots, points[tick]!);
        expect(account.exposure()).toBe(accountOf(made).exposure());
      })
    );
  });

  it('of a runner is the worst that its own bets can do, some of the waiting ones matched', () => {
    fc.assert(
      fc.property(matches, fc.array(match, { maxLength: 6 }), (made, waiting) => {
        const account = accountOf(made);
        for (const { slot, side, lots, tick } of waiting) account.wait(slot, side, lots, points[tick]!);
        for (let slot = 0; slot < SLOTS; slot++) {
          const loss = (some: readonly Match[]): number => {
            const own = some.filter((one) => one.slot === slot);
            return Math.max(0, -profit(own, [slot]), -profit(own, []));
          };
          const worst = Array.from({ length: 1 << waiting.length }, (_, mask) =>
            loss([...made, ...waiting.filter((__, i) => (mask >> i) & 1)])
          );
          expect(account.matchedExposure(slot)).toBe(loss(made));
          expect(account.exposureOf(slot)).toBe(Math.max(...worst));
        }
      }),
      { numRuns: 50 }
    );
  });

  it('a runner that left can neither win nor lose', () => {
    const account = new BackLayAccount({ slots: 2, winners: 1 });
    account.match(0, Side.back, 1_000, 500);
    account.match(1, Side.back, 300, 300);
    account.remove(0);
    expect(account.worst()).toBe(300 * 200);
    expect(account.profitIfWins(1)).toBe(300 * 200);
  });
});

/** A book with a few levels a side around a tick. */
const bookArbitrary = fc
  .record({
    middle: fc.integer({ min: 20, max: 320 }),
    bids: fc.array(fc.nat(500_000), { minLength: 3, maxLength: 6 }),
    asks: fc.array(fc.nat(500_000), { minLength: 3, maxLength: 6 })
  })
  .map(({ middle, bids, asks }) => {
    const book = new Book(betfairClassic);
    bids.forEach((lots, i) => {
      book.bids.set(middle - 1 - i, lots);
    });
    asks.forEach((lots, i) => {
      book.asks.set(middle + 1 + i, lots);
    });
    return book;
  });

describe('green-up', () => {
  it('closed at the levels it names, every runner pays the same within rounding', () => {
    fc.assert(
      fc.property(matches, bookArbitrary, (made, book) => {
        const account = accountOf(made.filter(({ slot }) => slot === 0));
        const green = new GreenUp();
        greenUp(account, 0, book, points, green);
        const { stake, side, closable, value } = green;
        if (closable < 1) return;
        const depth = side === Side.lay ? book.asks : book.bids;
        let open = stake;
        const add: number[][] = [];
        for (let tick = side === Side.lay ? depth.lowest : depth.highest; open > 1e-9;) {
          const lots = Math.min(open, depth.at(tick));
          add.push([lots, points[tick]!]);
          open -= lots;
          if (open > 1e-9) tick = side === Side.lay ? depth.above(tick) : depth.below(tick);
        }
        for (const [lots, price] of add) account.match(0, side, lots!, price!);
        expect(account.ifWins(0)).toBeCloseTo(account.ifLoses(0), 0);
        expect(account.ifLoses(0)).toBeCloseTo(value, 0);
      })
    );
  });

  it('rounded to whole lots, results differ by less than half a lot at the price', () => {
    const account = new BackLayAccount({ slots: 1, winners: 1 });
    account.match(0, Side.back, 1_003, 480);
    const book = new Book(betfairClassic);
    book.asks.set(betfairClassic.tickOf(4.5)!, 100_000);
    const green = new GreenUp();
    greenUp(account, 0, book, points, green);
    account.match(0, Side.lay, Math.round(green.stake), 450);
    expect(Math.abs(account.ifWins(0) - account.ifLoses(0))).toBeLessThanOrEqual(450 / 2);
  });

  it('of every runner in whole lots leaves the market paying the same, whoever wins, within rounding', () => {
    fc.assert(
      fc.property(
        matches,
        fc.array(fc.integer({ min: 20, max: 320 }), { minLength: SLOTS, maxLength: SLOTS }),
        (...drawn) => {
          const [made, middles] = drawn;
          const account = accountOf(made);
          const green = new GreenUp();
          let bound = 0;
          let value = 0;
          for (let slot = 0; slot < SLOTS; slot++) {
            const book = new Book(betfairClassic);
            book.bids.set(middles[slot]! - 1, 1e15);
            book.asks.set(middles[slot]! + 1, 1e15);
            greenUp(account, slot, book, points, green);
            value += green.value;
            if (green.stake === 0) continue;
            account.match(slot, green.side, Math.round(green.stake), points[green.tick]!);
            bound = Math.max(bound, points[green.tick]! / 2);
          }
          const profits = Array.from({ length: SLOTS }, (_, slot) => account.profitIfWins(slot));
          // Half a lot too many or too few on a runner moves what it pays by half its price.
          expect(Math.max(...profits) - Math.min(...profits)).toBeLessThanOrEqual(2 * bound + 1e-3);
          const slack = bound + (SLOTS * POINTS_PER_LOT) / 2 + 1e-3;
          for (const one of profits) expect(Math.abs(one - value)).toBeLessThanOrEqual(slack);
        }
      )
    );
  });

  it('crosses the spread: a position opened and valued at once is worth less than nothing', () => {
    const account = new BackLayAccount({ slots: 1, winners: 1 });
    const book = new Book(betfairClassic);
    book.bids.set(betfairClassic.tickOf(4.5)!, 100_000);
    book.asks.set(betfairClassic.tickOf(4.6)!, 100_000);
    account.match(0, Side.back, 1_000, 450);
    // 10.00 at 4.50 is closed by a lay of 9.7826 at 4.60: 0.2174 are gone either way.
    expect(markToMarket(account, [book], points, new GreenUp()) / 100).toBeCloseTo(-1_000 + (1_000 * 450) / 460, 9);
  });

  it('what nobody takes is written off: a back as lost, a lay at its liability', () => {
    const book = new Book(betfairClassic);
    const back = accountOf([{ slot: 0, side: Side.back, lots: 1_000, tick: betfairClassic.tickOf(4.5)! }]);
    const lay = accountOf([{ slot: 0, side: Side.lay, lots: 1_000, tick: betfairClassic.tickOf(4.5)! }]);
    const green = new GreenUp();
    greenUp(back, 0, book, points, green);
    expect(green.closable).toBe(0);
    expect(green.value / 100).toBeCloseTo(-1_000 + (1_000 * 450) / 100_000, 9);
    greenUp(lay, 0, book, points, green);
    expect(green.value / 100).toBeCloseTo(1_000 - (1_000 * 450) / 101, 9);
  });
});
