/**
 * The hindsight of a recorded market: what every decision of its timeline came to, as it is told while an episode is
 * played. The recording alone decides it, whatever we do, so it is made once a timeline. Told apart from observations.
 */
import { MarketState } from '../../market/market-state.ts';
import { NO_SLOT, RowKind } from '../../market/tape.ts';
import { Hindsight } from './hindsight.ts';
import type { Timeline } from './timeline.ts';

/**
 * @param capLots the stake cap, in lots
 * @returns [steps, columns]: row k is told when decision k + 1 is due, or the episode is over
 */
export function forecastTable(
  timeline: Timeline,
  { steps, capLots }: { steps: number; capLots: number }
): Float32Array {
  const { tape, runners, slotOf, times, firstMessage, lastMessage } = timeline;
  const { exchange, kind, slot, tick, lots, messageStart } = tape;
  const hindsight = new Hindsight({ slots: runners.length, steps, capLots });
  const state = new MarketState(tape.market);
  state.copyFrom(timeline.start);
  const table = new Float32Array(timeline.steps * hindsight.width);
  let message = firstMessage;
  for (let k = 0; k < timeline.steps; k++) {
    hindsight.onDecision(state, runners);
    for (; message < lastMessage; message++) {
      const first = messageStart[message]!;
      const end = messageStart[message + 1]!;
      if (first === end) continue;
      if (exchange[first]! > times[k + 1]!) break;
      for (let row = first; row < end; row++) {
        state.apply(tape, row);
        const what = kind[row]!;
        if ((what !== RowKind.trade && what !== RowKind.freshTrade) || slot[row] === NO_SLOT) continue;
        const own = slotOf[slot[row]!]!;
        if (own >= 0) hindsight.onTrade(own, tick[row]!, lots[row]!);
      }
    }
    hindsight.tell(state, runners, table, k * hindsight.width);
  }
  return table;
}
