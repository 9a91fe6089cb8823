/** Each-way markets against the venue's own example, and against bets settled one by one as two. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betfairClassic } from '../../market/ladder.ts';
import { Outcome } from '../../market/tape.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { Side } from '../matching/order.ts';
import { BackLayAccount } from './account.ts';
import { eachWayShares, settleEachWay } from './each-way.ts';
import { ladderPoints } from './hedge.ts';

const points = ladderPoints(betfairClassic);
const { winner, placed, loser, removed, unknown } = Outcome;
const NONE = { kind: 'none' } as const;
const SLOTS = 6;

const bet = fc.record({
  slot: fc.nat(SLOTS - 1),
  side: fc.constantFrom(Side.back, Side.lay),
  lots: fc.integer({ min: 1, max: 100_000 }),
  tick: fc.nat(betfairClassic.size - 1)
});
type Bet = typeof bet extends fc.Arbitrary<infer T> ? T : never;
const bets = fc.array(bet, { maxLength: 20 });

function accountOf(made: readonly Bet[], outcome: readonly number[] = []): BackLayAccount {
  const account = new BackLayAccount({ slots: SLOTS, winners: 3 });
  for (const { slot, side, lots, tick } of made) account.match(slot, side, lots, points[tick]!);
  outcome.forEach((one, slot) => {
    if (one === removed) account.remove(slot);
  });
  return account;
}

/** 10.00 at 11.0 on slot 0, at a fifth of the odds for three places. */
const ten = (result: number, others: readonly number[], price = 1100): number => {
  const account = new BackLayAccount({ slots: SLOTS, winners: 3 });
  account.match(0, Side.back, 1_000, price);
  const shares = eachWayShares([result, ...others], 3);
  return settleEachWay({ account, shares, divisor: 5, fees: NONE }).gross;
};

describe('an each-way market', () => {
  it('pays the venue’s example: 10 at 11.0 wins 100 and 20, placed 20 less 10, lost 20', () => {
    const field = [placed, placed, loser, loser, loser];
    expect(ten(winner, field)).toBe(10_000 + 2_000);
    expect(ten(placed, [winner, placed, loser, loser, loser])).toBe(-1_000 + 2_000);
    expect(ten(loser, [winner, placed, placed, loser, loser])).toBe(-2_000);
    // A runner with a reduction factor of 50 % left: 10 at 5.5, and 1.9 for the place.
    expect(ten(placed, [winner, placed, loser, loser, removed], 550)).toBe(-1_000 + 900);
  });

  it('gives the stake of the place part back where no more run than there are places', () => {
    expect(ten(winner, [placed, placed, removed, removed, removed])).toBe(10_000);
    expect(ten(placed, [winner, placed, removed, removed, removed])).toBe(-1_000);
  });

  it('divides stakes in a dead heat, for the win and for the last place', () => {
    // Two winners: half of the stake wins at 11.0, and all of it is placed.
    expect(ten(winner, [winner, placed, loser, loser, loser])).toBe(5_500 - 1_000 + 2_000);
    // Four placed for three places: three quarters at 3.0.
    expect(ten(placed, [winner, placed, placed, loser, loser])).toBe(-1_000 + 2_250 - 1_000);
  });

  it('pays what its bets do one by one, each as two', () => {
    const outcomes = fc.shuffledSubarray([winner, placed, placed, loser, loser, loser], { minLength: SLOTS });
    fc.assert(
      fc.property(bets, outcomes, fc.constantFrom(4, 5, 2.5), (made, outcome, divisor) => {
        let exact = 0;
        for (const { slot, side, lots, tick } of made) {
          const price = points[tick]! / 100;
          const win = outcome[slot] === winner ? price - 1 : -1;
          const place = outcome[slot] === loser ? -1 : (price - 1) / divisor;
          exact += (side === Side.back ? 1 : -1) * lots * (win + place);
        }
        const shares = eachWayShares(outcome, 3);
        const { gross } = settleEachWay({ account: accountOf(made), shares, divisor, fees: NONE });
        expect(Math.abs(gross - exact)).toBeLessThanOrEqual(0.5 + Math.abs(exact) * 1e-12);
      })
    );
  });

  it('takes commission from what is won of both parts together', () => {
    const account = accountOf([]);
    account.match(0, Side.back, 1_000, 1100);
    const shares = eachWayShares([placed, winner, placed, loser, loser, loser], 3);
    const fees = { kind: 'commissionOnNetWinnings', rate: 0.05, discount: 0 } as const;
    expect(settleEachWay({ account, shares, divisor: 5, fees })).toMatchObject({
      gross: 1_000,
      commission: 50,
      net: 950
    });
  });

  it('needs a result', () => {
    expect(() => eachWayShares([winner, unknown, loser, loser], 3)).toThrow(/ends before its result/u);
  });

  it('has its divisor in its rules, which come back from their spec', () => {
    const rules = betfairRules({ winners: 3, eachWayDivisor: 5 });
    expect(rulesFrom(rules.spec).settlement).toEqual({ kind: 'backLay', winners: 3, eachWay: { divisor: 5 } });
    expect(betfairRules().settlement).toEqual({ kind: 'backLay', winners: 1 });
  });
});
