/**
 * Place among the runners by implied probability: rank / (runners - 1), 0 for the favourite and 1 for the longest shot;
 * the share of this runner in the sum of all implied probabilities.
 */
import type { FeatureView, RunnerFamily } from './feature-set.ts';
import { logPrice } from './odds.ts';

export class Favourite implements RunnerFamily {
  readonly names = ['favourite_rank', 'probability_share'];

  write(view: FeatureView, slot: number, into: Float32Array, at: number): void {
    const own = logPrice(view, slot);
    into[at] = 0;
    into[at + 1] = 0;
    if (Number.isNaN(own) || view.state.removed[slot] === 1) return;
    const slots = view.state.books.length;
    let shorter = 0;
    let others = 0;
    let sum = 0;
    for (let other = 0; other < slots; other++) {
      if (view.state.removed[other] === 1) continue;
      const price = logPrice(view, other);
      if (Number.isNaN(price)) continue;
      sum += Math.exp(-price);
      if (other === slot) continue;
      others++;
      if (price < own || (price === own && other < slot)) shorter++;
    }
    into[at] = others === 0 ? 0 : shorter / others;
    into[at + 1] = Math.exp(-own) / sum;
  }
}
