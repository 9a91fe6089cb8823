/**
 * Spread in ticks s = ask - bid, as ln(s) / 5 (one tick is 0, 150 are 1); microprice less mid in ticks, squashed:
 * the microprice weights each best tick by the size on the other side (Gatheral and Oomen 2010, "Zero-intelligence
 * realized variance estimation", section 5), so more waiting on the bid pulls it to the ask.
 */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { clamp, squash } from './scale.ts';

export class Spread implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['spread_ticks', 'microprice_less_mid'];
  readonly about = [
    { unit: '5 nats', formula: 'ln(lay tick - back tick) / 5: 0 at one tick' },
    {
      unit: 'ticks, asinh',
      formula: 'asinh((back tick x lay size + lay tick x back size) / (back size + lay size) - mid tick)'
    }
  ];

  write({ quotes }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const bid = quotes.bidTick[slot]!;
    const ask = quotes.askTick[slot]!;
    if (bid === NO_TICK || ask === NO_TICK) {
      into[at] = 0;
      into[at + 1] = 0;
      return;
    }
    const bidLots = quotes.bidLots[slot]!;
    const askLots = quotes.askLots[slot]!;
    const micro = (bid * askLots + ask * bidLots) / (bidLots + askLots);
    // A crossed book is seen only in the moment before the venue matches it.
    into[at] = Math.log(clamp(ask - bid, 1, 1e6)) / 5;
    into[at + 1] = squash(micro - (bid + ask) / 2);
  }
}
