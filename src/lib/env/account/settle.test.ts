/** Settlement against the sum over bets in exact fractions, and against the venue's worked examples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betfairClassic } from '../../market/ladder.ts';
import { Outcome } from '../../market/tape.ts';
import { Side } from '../matching/order.ts';
import { BackLayAccount } from './account.ts';
import { ladderPoints } from './hedge.ts';
import { winningShares } from './payout.ts';
import type { WinningShares } from './payout.ts';
import { settleAccount } from './settle.ts';

const points = ladderPoints(betfairClassic);
const SLOTS = 6;
const FEES = { kind: 'commissionOnNetWinnings', rate: 0.05, discount: 0 } as const;
const { winner, loser, placed, removed, unknown } = Outcome;

const bet = fc.record({
  slot: fc.nat(SLOTS - 1),
  side: fc.constantFrom(Side.back, Side.lay),
  lots: fc.integer({ min: 1, max: 1_000_000 }),
  tick: fc.nat(betfairClassic.size - 1)
});
type Bet = typeof bet extends fc.Arbitrary<infer T> ? T : never;
const bets = fc.array(bet, { maxLength: 30 });
const outcomes = fc.array(fc.constantFrom(winner, loser, loser, removed), { minLength: SLOTS, maxLength: SLOTS });

function accountOf(made: readonly Bet[], outcome: readonly number[] = [], winners = 1): BackLayAccount {
  const account = new BackLayAccount({ slots: SLOTS, winners });
  for (const { slot, side, lots, tick } of made) account.match(slot, side, lots, points[tick]!);
  outcome.forEach((one, slot) => {
    if (one === removed) account.remove(slot);
  });
  return account;
}

/** What the bets pay, in points times `of`, a bet at a time: the winning part of the stake at its price, all of it out. */
function byBets(made: readonly Bet[], { parts, of }: WinningShares, outcome: readonly number[]): bigint {
  let sum = 0n;
  for (const { slot, side, lots, tick } of made) {
    if (outcome[slot] === removed) continue;
    const back = BigInt(lots) * (BigInt(parts[slot]!) * BigInt(points[tick]!) - 100n * BigInt(of));
    sum += side === Side.back ? back : -back;
  }
  return sum;
}

/** One bet of 10.00 at 4.00 on slot 0. */
const ten = (side: Side): BackLayAccount => {
  const account = new BackLayAccount({ slots: SLOTS, winners: 1 });
  account.match(0, side, 1_000, 400);
  return account;
};
const settled = (account: BackLayAccount, shares: WinningShares): number =>
  settleAccount({ account, shares, fees: FEES }).gross;

describe('winning shares', () => {
  it('are whole where no more won than there are places', () => {
    expect(winningShares([winner, loser, loser], 1)).toEqual({ parts: [1, 0, 0], of: 1 });
    expect(winningShares([winner, winner, loser, winner], 3)).toEqual({ parts: [1, 1, 0, 1], of: 1 });
    expect(winningShares([loser, loser], 1)).toEqual({ parts: [0, 0], of: 1 });
  });

  it('are expected over actual winners in a dead heat', () => {
    expect(winningShares([winner, winner, loser], 1)).toEqual({ parts: [1, 1, 0], of: 2 });
    expect(winningShares([winner, winner, winner, winner], 3)).toEqual({ parts: [3, 3, 3, 3], of: 4 });
  });

  it('leave alone who did not tie, where that is known', () => {
    const tie = { slots: [2, 3], places: 1 };
    expect(winningShares([winner, winner, winner, winner, loser], 3, tie)).toEqual({ parts: [2, 2, 1, 1, 0], of: 2 });
  });

  it('need a result, of a market that is won or lost', () => {
    expect(() => winningShares([winner, placed], 1)).toThrow(/slot 1.*each-way/u);
    expect(() => winningShares([winner, unknown], 1)).toThrow(/slot 1.*ends before its result/u);
  });
});

describe('settlement', () => {
  it('of a dead heat pays the divided stake at the full price and loses the rest, and a layer the contrary', () => {
    // support.betfair.com, answer 403: 10 at 10/1 (11.0), two winners pay 55 back, three 36.67.
    const at11 = new BackLayAccount({ slots: SLOTS, winners: 1 });
    at11.match(0, Side.back, 1_000, 1100);
    expect(settled(at11, winningShares([winner, winner, loser, loser, loser, loser], 1))).toBe(5_500 - 1_000);
    expect(settled(at11, winningShares([winner, winner, winner, loser, loser, loser], 1))).toBe(3_667 - 1_000);
    const three = winningShares([winner, winner, winner, loser, loser, loser], 1);
    expect(settled(ten(Side.back), three)).toBe(333);
    expect(settled(ten(Side.lay), three)).toBe(-333);
    const twoOfThree = winningShares([winner, winner, winner, loser, loser, loser], 3, { slots: [0, 1, 2], places: 2 });
    // Two places for three: [(10 x 2 / 3) x 3] - [10 x 1 / 3].
    expect(settled(ten(Side.back), twoOfThree)).toBe(1_667);
  });

  it('is the sum over its bets, rounded once', () => {
    fc.assert(
      fc.property(bets, outcomes, fc.integer({ min: 1, max: 3 }), (made, outcome, places) => {
        const shares = winningShares(outcome, places);
        const account = accountOf(made, outcome, places);
        const { gross, points: byRunner } = settleAccount({ account, shares, fees: FEES });
        const exact = byBets(made, shares, outcome);
        const unit = 100n * BigInt(shares.of);
        const error = 2n * (BigInt(gross) * unit - exact);
        expect(error <= unit && error >= -unit).toBe(true);
        expect(byRunner.reduce((sum, one) => sum + one, 0)).toBeCloseTo(Number(exact) / shares.of, 2);
      })
    );
  });

  it('of backs and lays that cancel out is nothing, whoever wins', () => {
    fc.assert(
      fc.property(bets, outcomes, (made, outcome) => {
        const both = made.flatMap((one) => [one, { ...one, side: one.side === Side.back ? Side.lay : Side.back }]);
        const settlement = settleAccount({
          account: accountOf(both, outcome),
          shares: winningShares(outcome, 1),
          fees: FEES
        });
        expect([settlement.gross, settlement.commission, settlement.net]).toEqual([0, 0, 0]);
      })
    );
  });

  it('takes commission from the net winnings of the market, never from a loss', () => {
    fc.assert(
      fc.property(bets, outcomes, fc.constantFrom(0, 0.02, 0.05, 0.07), fc.constantFrom(0, 0.1, 0.4), (...drawn) => {
        const [made, outcome, rate, discount] = drawn;
        const { gross, commission, net } = settleAccount({
          account: accountOf(made, outcome),
          shares: winningShares(outcome, 1),
          fees: { ...FEES, rate, discount }
        });
        expect(net).toBe(gross - commission);
        if (gross <= 0) expect(commission).toBe(0);
        else expect(Math.abs(commission - gross * rate * (1 - discount))).toBeLessThanOrEqual(0.5 + 1e-5);
      })
    );
  });

  it('rounds half a penny of commission up, whatever its double is', () => {
    const account = new BackLayAccount({ slots: SLOTS, winners: 1 });
    account.match(0, Side.back, 50, 200);
    const shares = winningShares([winner, loser, loser, loser, loser, loser], 1);
    const commission = (rate: number, discount: number): number =>
      settleAccount({ account, shares, fees: { ...FEES, rate, discount } }).commission;
    expect([commission(0.07, 0), commission(0.05, 0), commission(0.05, 0.4)]).toEqual([4, 3, 2]);
  });

  it('answers the venue’s example: 400 won at 5 % with 40 % off pays 12', () => {
    const account = new BackLayAccount({ slots: SLOTS, winners: 1 });
    account.match(0, Side.back, 40_000, 200);
    const shares = winningShares([winner, loser, loser, loser, loser, loser], 1);
    const fees = { ...FEES, discount: 0.4 };
    expect(settleAccount({ account, shares, fees })).toMatchObject({ gross: 40_000, commission: 1_200, net: 38_800 });
  });

  it('of a market that was voided whole is nothing', () => {
    const outcome = new Array<number>(SLOTS).fill(removed);
    fc.assert(
      fc.property(bets, (made) => {
        const account = accountOf(made, outcome);
        expect(settleAccount({ account, shares: winningShares(outcome, 1), fees: FEES }).net).toBe(0);
      })
    );
  });
});
