/** Last traded price against the mid, in ticks, squashed: above zero when the last trade was at higher odds than now. */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { squash } from './scale.ts';

export class LastTraded implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['last_traded_less_mid'];
  readonly about = [{ unit: 'ticks, asinh', formula: 'asinh(last traded tick - mid tick)' }];

  write({ state, quotes }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const last = state.books[slot]!.lastTraded;
    const bid = quotes.bidTick[slot]!;
    const ask = quotes.askTick[slot]!;
    into[at] = last === NO_TICK || bid === NO_TICK || ask === NO_TICK ? 0 : squash(last - (bid + ask) / 2);
  }
}
