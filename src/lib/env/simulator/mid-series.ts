/** A market's prices on an even grid of times up to its turn in play: what stylised facts and studies start from. */
import { MarketState } from '../../market/market-state.ts';
import { NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';

/** By slot and grid step; NaN where a side was empty. */
export interface MidSeries {
  readonly startNanos: number;
  readonly endNanos: number;
  /** Runners that had not left by the end. */
  readonly slots: readonly number[];
  /** Middle between best back and best lay, ticks. */
  readonly mid: readonly (readonly number[])[];
  /** Best lay above best back, ticks; moments with an empty side left out. */
  readonly spread: readonly (readonly number[])[];
  /** Share of the money at the best three levels that waits to back (asks), less one half. */
  readonly weightOfMoney: readonly (readonly number[])[];
  /** Currency backed aggressively less laid aggressively since the step before. */
  readonly orderFlow: readonly (readonly number[])[];
  readonly bestBid: readonly (readonly number[])[];
  readonly bestAsk: readonly (readonly number[])[];
  /** Sums of inverse best prices, per cent. */
  readonly backOverround: readonly number[];
  readonly layOverround: readonly number[];
}

function turnsInPlay(tape: Tape): number | undefined {
  for (let row = 0; row < tape.rows; row++) {
    if (tape.kind[row] === RowKind.inPlay && tape.lots[row] === 1) return tape.exchange[row];
  }
  return undefined;
}

function bestThree(state: MarketState, slot: number): { bids: number; asks: number } {
  const { bids, asks, bestBid, bestAsk } = state.books[slot]!;
  let [bidSum, askSum] = [0, 0];
  for (let i = 0, bid = bestBid; i < 3 && bid !== NO_TICK; i++, bid = bids.below(bid)) bidSum += bids.at(bid);
  for (let i = 0, ask = bestAsk; i < 3 && ask !== NO_TICK; i++, ask = asks.above(ask)) askSum += asks.at(ask);
  return { bids: bidSum, asks: askSum };
}

/** @returns undefined for a market that never turned in play */
export function betfairMids(tape: Tape, options: { seconds: number; stepSeconds: number }): MidSeries | undefined {
  const endNanos = turnsInPlay(tape);
  if (endNanos === undefined) return undefined;
  const startNanos = Math.max(tape.exchange[0] ?? 0, endNanos - options.seconds * 1e9);
  const { ladder } = tape.market.rules;
  const runners = tape.market.runners.length;
  const columns = (): number[][] => Array.from({ length: runners }, () => []);
  const [mid, spread, weightOfMoney, orderFlow] = [columns(), columns(), columns(), columns()];
  const [bestBid, bestAsk] = [columns(), columns()];
  const backOverround: number[] = [];
  const layOverround: number[] = [];
  const flow = new Float64Array(runners);
  const state = new MarketState(tape.market);

  const sample = (): void => {
    let [backs, lays] = [0, 0];
    for (let slot = 0; slot < runners; slot++) {
      const book = state.books[slot]!;
      const { bids, asks } = bestThree(state, slot);
      const whole = book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK;
      mid[slot]!.push(whole ? (book.bestBid + book.bestAsk) / 2 : Number.NaN);
      bestBid[slot]!.push(book.bestBid);
      bestAsk[slot]!.push(book.bestAsk);
      weightOfMoney[slot]!.push(bids + asks === 0 ? 0 : asks / (bids + asks) - 0.5);
      orderFlow[slot]!.push(flow[slot]!);
      flow[slot] = 0;
      if (!whole || state.removed[slot] === 1) continue;
      spread[slot]!.push(book.bestAsk - book.bestBid);
      backs += 100 / ladder.priceOf(book.bestBid as Ticks);
      lays += 100 / ladder.priceOf(book.bestAsk as Ticks);
    }
    backOverround.push(backs);
    layOverround.push(lays);
  };

  let grid = startNanos;
  for (let message = 0; message + 1 < tape.messageStart.length; message++) {
    const first = tape.messageStart[message]!;
    const time = tape.exchange[first]!;
    while (grid <= time && grid < endNanos) {
      if (grid > startNanos || time > grid) sample();
      grid += options.stepSeconds * 1e9;
    }
    if (time >= endNanos) break;
    for (let row = first; row < tape.messageStart[message + 1]!; row++) {
      const slot = tape.slot[row]!;
      if (tape.kind[row] === RowKind.trade) {
        // At the best bid or below someone backed; at the best ask or above someone laid.
        const book = state.books[slot]!;
        const tick = tape.tick[row]!;
        const sign = tick <= book.bestBid ? 1 : tick >= book.bestAsk && book.bestAsk !== NO_TICK ? -1 : 0;
        flow[slot]! += (sign * tape.lots[row]!) / 200;
      }
      state.apply(tape, row);
    }
  }
  const slots = Array.from({ length: runners }, (_, slot) => slot).filter((slot) => state.removed[slot] === 0);
  return {
    startNanos,
    endNanos,
    slots,
    mid,
    spread,
    weightOfMoney,
    orderFlow,
    bestBid,
    bestAsk,
    backOverround,
    layOverround
  };
}
