/**
 * Order flow imbalance (Cont, Kukanov and Stoikov 2014, "The price impact of order book events", eq. 2): what a message
 * added to the best bid and took from the best ask, less the opposite,
 *   e = 1[Pb >= Pb'] qb - 1[Pb <= Pb'] qb' - 1[Pa <= Pa'] qa + 1[Pa >= Pa'] qa'
 * summed with decay, over the decayed sum of |e|: in [-1, 1]. Prices are odds, so flow above zero pushes odds up and
 * the implied probability down.
 */
import { NO_TICK } from '../tape.ts';
import { DecayedSum } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import type { Quotes } from './quotes.ts';

const WINDOWS = [5, 30, 120] as const;

export class OrderFlow implements RunnerFamily {
  readonly names = WINDOWS.map((seconds) => `order_flow_${String(seconds)}s`);
  readonly #net: readonly DecayedSum[];
  readonly #gross: readonly DecayedSum[];

  constructor(memory: FeatureMemory, slots: number) {
    this.#net = WINDOWS.map((tau) => new DecayedSum(memory, slots, tau));
    this.#gross = WINDOWS.map((tau) => new DecayedSum(memory, slots, tau));
  }

  onQuotes(slot: number, time: number, quotes: Quotes): void {
    const flow = bidFlow(quotes, slot) - askFlow(quotes, slot);
    if (flow === 0) return;
    const size = Math.abs(flow);
    for (let i = 0; i < WINDOWS.length; i++) {
      this.#net[i]!.add(slot, flow, time);
      this.#gross[i]!.add(slot, size, time);
    }
  }

  write({ now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    for (let i = 0; i < WINDOWS.length; i++) {
      const gross = this.#gross[i]!.at(slot, now);
      // Below a hundredth of a lot there is only the dust of the decay.
      into[at + i] = gross < 0.01 ? 0 : this.#net[i]!.at(slot, now) / gross;
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
