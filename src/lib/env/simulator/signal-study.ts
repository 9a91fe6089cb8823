/**
 * How far what can be seen foretells what the price does next, and what the plainest rule makes of it after paying the
 * spread: shows whether a set of markets holds anything an agent could learn. Pure: a tape in, figures out.
 */
import type { Ladder } from '../../market/ladder.ts';
import { NO_TICK } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { betfairMids } from './mid-series.ts';
import type { MidSeries } from './mid-series.ts';
import { correlation } from './stylised-facts.ts';

export interface SignalStudy {
  /** Correlation of each feature with the change of the mid over the `aheadSeconds` that follow. */
  readonly momentum: number;
  readonly orderFlow: number;
  readonly weightOfMoney: number;
  readonly samples: number;
  readonly trades: number;
  /** Hedged profit of the rule in currency, spread paid on both legs, commission taken from what is won. */
  readonly profit: number;
}

export interface StudyOptions {
  readonly backSeconds?: number;
  readonly aheadSeconds?: number;
  /** The rule follows a move of so many ticks. */
  readonly triggerTicks?: number;
  readonly stake?: number;
  readonly commission?: number;
}

const STEP_SECONDS = 5;
const LONGEST_PRICE = 30;

interface Trade {
  readonly backing: boolean;
  readonly at: number;
}

/** Profit whichever runner wins, once a trade is hedged at the other side's best price. */
function hedged(ladder: Ladder, entry: Trade, exitTick: number, stake: number): number {
  const opened = ladder.priceOf(entry.at as Ticks);
  const closed = ladder.priceOf(exitTick as Ticks);
  return entry.backing ? stake * (opened / closed - 1) : stake * (1 - opened / closed);
}

function ruleProfit(series: MidSeries, slot: number, ladder: Ladder, o: Required<StudyOptions>) {
  const mid = series.mid[slot]!;
  const [back, ahead] = [o.backSeconds / STEP_SECONDS, o.aheadSeconds / STEP_SECONDS];
  let [profit, trades] = [0, 0];
  for (let i = back; i + ahead < mid.length; i++) {
    const move = mid[i]! - mid[i - back]!;
    const [bid, ask] = [series.bestBid[slot]![i]!, series.bestAsk[slot]![i]!];
    if (!(Math.abs(move) >= o.triggerTicks) || ask - bid > 1 || bid === NO_TICK) continue;
    const entry: Trade = move < 0 ? { backing: true, at: bid } : { backing: false, at: ask };
    const exit = entry.backing ? series.bestAsk[slot]![i + ahead]! : series.bestBid[slot]![i + ahead]!;
    if (exit === NO_TICK) continue;
    profit += hedged(ladder, entry, exit, o.stake);
    trades++;
    i += ahead;
  }
  return { profit, trades };
}

/**
 * The rule: when the mid has moved `triggerTicks` within `backSeconds` and the spread is one tick, take the price in
 * the direction of the move and hedge at the other side's best price `aheadSeconds` later.
 */
export function signalStudy(tape: Tape, options: StudyOptions = {}): SignalStudy | undefined {
  const o = { backSeconds: 30, aheadSeconds: 90, triggerTicks: 1.5, stake: 20, commission: 0.05, ...options };
  const series = betfairMids(tape, { seconds: 720, stepSeconds: STEP_SECONDS });
  if (series === undefined) return undefined;
  const { ladder } = tape.market.rules;
  const [back, ahead] = [o.backSeconds / STEP_SECONDS, o.aheadSeconds / STEP_SECONDS];
  const columns = {
    momentum: [] as number[],
    orderFlow: [] as number[],
    weightOfMoney: [] as number[],
    next: [] as number[]
  };
  let [profit, trades] = [0, 0];
  for (const slot of series.slots) {
    const mid = series.mid[slot]!;
    const last = mid.at(-1);
    if (last === undefined || mid.some(Number.isNaN) || ladder.priceOf(Math.floor(last) as Ticks) > LONGEST_PRICE)
      continue;
    for (let i = back; i + ahead < mid.length; i++) {
      columns.momentum.push(mid[i]! - mid[i - back]!);
      let flow = 0;
      for (let j = i - back + 1; j <= i; j++) flow += series.orderFlow[slot]![j]!;
      columns.orderFlow.push(Math.sign(flow) * Math.sqrt(Math.abs(flow)));
      columns.weightOfMoney.push(series.weightOfMoney[slot]![i]!);
      columns.next.push(mid[i + ahead]! - mid[i]!);
    }
    const ruled = ruleProfit(series, slot, ladder, o);
    profit += ruled.profit;
    trades += ruled.trades;
  }
  return {
    momentum: correlation(columns.momentum, columns.next),
    orderFlow: correlation(columns.orderFlow, columns.next),
    weightOfMoney: correlation(columns.weightOfMoney, columns.next),
    samples: columns.next.length,
    trades,
    profit: profit > 0 ? profit * (1 - o.commission) : profit
  };
}
