/**
 * Where on the ladder a runner has traded: the volume-weighted mean tick less the mid, in ticks, squashed; and the
 * share of all that traded at the best back price, at the best lay price, and within 3 ticks of the mid.
 */
import { NO_TICK } from '../tape.ts';
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { squash } from './scale.ts';

const NEAR_TICKS = 3;

export class VolumeAtPrice implements RunnerFamily {
  readonly timeless = true;
  readonly names = ['traded_mean_less_mid', 'traded_at_back', 'traded_at_lay', 'traded_near'];
  readonly about = [
    { unit: 'ticks, asinh', formula: 'asinh(mean tick traded at, by volume, - mid tick)' },
    { unit: 'share', formula: 'volume traded at the best back price / all volume' },
    { unit: 'share', formula: 'volume traded at the best lay price / all volume' },
    { unit: 'share', formula: `volume traded within ${String(NEAR_TICKS)} ticks of the mid / all volume` }
  ];

  write({ state }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const { traded, bestBid, bestAsk } = state.books[slot]!;
    into.fill(0, at, at + 4);
    if (traded.count === 0 || bestBid === NO_TICK || bestAsk === NO_TICK) return;
    const mid = (bestBid + bestAsk) / 2;
    let lots = 0;
    let moment = 0;
    let near = 0;
    for (let tick = traded.lowest; tick !== NO_TICK; tick = traded.above(tick)) {
      const here = traded.at(tick);
      lots += here;
      moment += here * (tick - mid);
      if (Math.abs(tick - mid) <= NEAR_TICKS) near += here;
    }
    if (lots <= 0) return;
    into[at] = squash(moment / lots);
    into[at + 1] = traded.at(bestBid) / lots;
    into[at + 2] = traded.at(bestAsk) / lots;
    into[at + 3] = near / lots;
  }
}
