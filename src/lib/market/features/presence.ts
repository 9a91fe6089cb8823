/** Whether there is something to look at: 1 for a runner that has not left, 1 a side that has a price. */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';

export class Presence implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['runner_active', 'has_best_back', 'has_best_lay'];
  readonly about = [
    { unit: 'flag', formula: '1 while the runner has not been taken out' },
    { unit: 'flag', formula: '1 while there is a price to back at' },
    { unit: 'flag', formula: '1 while there is a price to lay at' }
  ];

  write({ state, quotes }: FeatureView, slot: number, into: Float32Array, at: number): void {
    into[at] = 1 - state.removed[slot]!;
    into[at + 1] = quotes.bidTick[slot] === NO_TICK ? 0 : 1;
    into[at + 2] = quotes.askTick[slot] === NO_TICK ? 0 : 1;
  }
}
