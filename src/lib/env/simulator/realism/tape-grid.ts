/**
 * A market's book looked at on an even grid of times, counted back from its turn in play, so that the last look of
 * every market is equally far from it. What stylised facts are measured on. Knows nothing of what is measured.
 */
import { seconds } from '../../../core/units.ts';
import type { Nanos } from '../../../core/units.ts';
import { MarketState } from '../../../market/market-state.ts';
import { RowKind } from '../../../market/tape.ts';
import type { Tape } from '../../../market/tape.ts';

/** When the tape turns in play for good, or undefined for one that never does. */
export function turnInPlay(tape: Tape): Nanos | undefined {
  let turn: Nanos | undefined;
  for (let row = 0; row < tape.rows; row++) {
    if (tape.kind[row] !== RowKind.inPlay) continue;
    turn = tape.lots[row] === 1 ? (turn ?? (tape.exchange[row]! as Nanos)) : undefined;
  }
  return turn;
}

export interface GridVisitor {
  /** The state of the market at a grid time: rows stamped by then applied, but for those stamped at the very end. */
  look(state: MarketState, secondsLeft: number): void;
  /** A row that is about to be applied, within the measured span. */
  row(tape: Tape, row: number, secondsLeft: number): void;
}

/**
 * Plays a tape from its start to `to`, looking every `stepSeconds` between `from` and `to`.
 * @param span.from and `to` are times on the tape; `secondsLeft` is counted to `to`
 */
export function playOnGrid(
  tape: Tape,
  span: { readonly from: Nanos; readonly to: Nanos; readonly stepSeconds: number },
  visitor: GridVisitor
): void {
  const { from, to } = span;
  const step = seconds(span.stepSeconds);
  const state = new MarketState(tape.market);
  // The first grid time from which a whole number of steps leads to the end.
  let grid = to - Math.floor((to - from) / step) * step;
  for (let message = 0; message + 1 < tape.messageStart.length; message++) {
    const first = tape.messageStart[message]!;
    const end = tape.messageStart[message + 1]!;
    if (first === end) continue;
    const time = tape.exchange[first]!;
    const over = time >= to;
    for (; grid <= to && (grid < time || over); grid += step) visitor.look(state, (to - grid) / 1e9);
    if (over) return;
    for (let row = first; row < end; row++) {
      if (time >= from) visitor.row(tape, row, (to - time) / 1e9);
      state.apply(tape, row);
    }
  }
}
