/** What a decision on a recorded market came to, found the plain way: the tape from its start, for every label anew. */
import type { Timeline } from '../../src/lib/env/market/timeline.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { NO_SLOT, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';

type Played = Pick<Timeline, 'tape' | 'times' | 'runners' | 'firstMessage' | 'lastMessage'>;

/** By message: the decision by which it has been seen; 0 for those before the episode, undefined for those after it. */
function seenBy({ tape, times, firstMessage, lastMessage }: Played): (number | undefined)[] {
  let latest = 0;
  return Array.from({ length: tape.messageStart.length - 1 }, (_, message) => {
    if (message < firstMessage) return 0;
    if (message >= lastMessage) return undefined;
    const row = tape.messageStart[message] as number;
    if (row < (tape.messageStart[message + 1] as number)) latest = Math.max(latest, tape.exchange[row] as number);
    const at = times.findIndex((time, k) => k > 0 && time >= latest);
    return at < 0 ? undefined : at;
  });
}

/** The market as it is seen when a decision is taken. */
function stateAt({ tape }: Pick<Played, 'tape'>, seen: readonly (number | undefined)[], decision: number): MarketState {
  const state = new MarketState(tape.market);
  seen.forEach((by, message) => {
    if (by !== undefined && by <= decision) state.applyMessage(tape, message);
  });
  return state;
}

/** Labels of one decision, in the environment's order of columns; NaN where there is none. */
export function plainHindsight(
  timeline: Played,
  { decision, steps, capLots }: { decision: number; steps: number; capLots: number }
): number[] {
  const { tape, runners } = timeline;
  const seen = seenBy(timeline);
  const then = stateAt(timeline, seen, decision);
  const now = stateAt(timeline, seen, decision + steps);
  const trades = (runner: number): { tick: number; lots: number }[] =>
    seen.flatMap((by, message) => {
      if (by === undefined || by <= decision || by > decision + steps) return [];
      const rows = Array.from(tape.kind.subarray(tape.messageStart[message], tape.messageStart[message + 1]).keys());
      return rows
        .map((row) => row + (tape.messageStart[message] as number))
        .filter((row) => tape.kind[row] === RowKind.trade || tape.kind[row] === RowKind.freshTrade)
        .filter((row) => tape.slot[row] !== NO_SLOT && tape.slot[row] === runner)
        .map((row) => ({ tick: tape.tick[row] as number, lots: (tape.lots[row] as number) / 2 }));
    });
  const rows = Array.from(runners, (runner): number[] => {
    if (runner < 0 || then.removed[runner] === 1 || now.removed[runner] === 1) return Array<number>(4).fill(Number.NaN);
    const book = then.books[runner];
    const after = now.books[runner];
    if (book === undefined || after === undefined) throw new Error('no such runner');
    const traded = trades(runner);
    const sum = (counts: (tick: number) => boolean): number =>
      traded.reduce((total, { tick, lots }) => (counts(tick) ? total + lots : total), 0);
    const change = 100 * Math.log(after.lastTradedPrice / book.lastTradedPrice);
    const { bestAsk, bestBid } = book;
    const reached = (lots: number, ahead: number): number => (lots > ahead + 0.99 ? 1 : 0);
    return [
      Math.min(10, Math.max(-10, change)),
      Math.log(1 + sum(() => true) / capLots),
      bestAsk === NO_TICK
        ? Number.NaN
        : reached(
            sum((tick) => tick >= bestAsk),
            book.asks.at(bestAsk)
          ),
      bestBid === NO_TICK
        ? Number.NaN
        : reached(
            sum((tick) => tick <= bestBid),
            book.bids.at(bestBid)
          )
    ];
  });
  return [0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column] as number));
}
