/**
 * Order flow imbalance (Cont, Kukanov and Stoikov 2014, "The price impact of order book events", eq. 2): what a message
 * added to the best bid and took from the best ask, less the opposite,
 *   e = 1[Pb >= Pb'] qb - 1[Pb <= Pb'] qb' - 1[Pa <= Pa'] qa + 1[Pa >= Pa'] qa'
 * summed with decay, over the decayed sum of |e|: in [-1, 1]. Prices are odds, so flow above zero pushes odds up and
 * the implied probability down.
 */
import { NO_TICK } from '../tape.ts';
import { DecayedSums } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';

const WINDOWS = [5, 30, 120] as const;

export class OrderFlow implements RunnerFamily {
  readonly names = WINDOWS.map((seconds) => `order_flow_${String(seconds)}s`);
  readonly about = WINDOWS.map((seconds) => ({
    unit: 'share, -1 to 1',
    formula: `sum of w e / sum of w |e|, e the flow at the best prices of a message (Cont et al. 2014), w = exp(-t / T), T = ${String(seconds)}`
  }));
  /** By window: the net flow and the gross. */
  readonly #flows: readonly DecayedSums[];

  constructor(memory: FeatureMemory, slots: number) {
    this.#flows = WINDOWS.map((tauSeconds) => new DecayedSums(memory, { slots, tauSeconds, width: 2 }));
  }

  onQuotes(slot: number, quotes: Quotes): void {
    const time = quotes.clock[0]!;
    const flow = bidFlow(quotes, slot) - askFlow(quotes, slot);
    if (flow === 0) return;
    const size = Math.abs(flow);
    for (let i = 0; i < WINDOWS.length; i++) {
      const sums = this.#flows[i]!;
      sums.moveTo(slot, time);
      sums.add(slot, 0, flow);
      sums.add(slot, 1, size);
    }
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    for (let i = 0; i < WINDOWS.length; i++) {
      const sums = this.#flows[i]!;
      const decay = sums.decay(slot, now);
      const gross = sums.held(slot, 1) * decay;
      // Below a hundredth of a lot there is only the dust of the decay.
      into[at + i] = gross < 0.01 ? 0 : (sums.held(slot, 0) * decay) / gross;
    }
  }
}

/** What the best bid gained. A side that was or is empty tells nothing. */
function bidFlow(quotes: Quotes, slot: number): number {
  const tick = quotes.bidTick[slot]!;
  const former = quotes.formerBidTick[slot]!;
  if (tick === NO_TICK || former === NO_TICK) return 0;
  return (tick >= former ? quotes.bidLots[slot]! : 0) - (tick <= former ? quotes.formerBidLots[slot]! : 0);
}

/** What the best ask gained. */
function askFlow(quotes: Quotes, slot: number): number {
  const tick = quotes.askTick[slot]!;
  const former = quotes.formerAskTick[slot]!;
  if (tick === NO_TICK || former === NO_TICK) return 0;
  return (tick <= former ? quotes.askLots[slot]! : 0) - (tick >= former ? quotes.formerAskLots[slot]! : 0);
}
