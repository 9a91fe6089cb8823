/**
 * Which markets are trained on and which are held out. Each market's place comes from its own id and the seed, so a
 * market added later never moves another one to the other side, except where a side would be empty.
 */
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';

export interface Split<T> {
  readonly train: readonly T[];
  readonly heldOut: readonly T[];
  /** False when there were too few markets, or none were asked for: both sides are then the same markets. */
  readonly isHeldOut: boolean;
}

export interface SplitOptions {
  readonly heldOutPercent: number;
  readonly splitSeed: number;
}

export function splitByMarket<T extends { readonly id: string }>(
  markets: readonly T[],
  options: SplitOptions
): Split<T> {
  const { heldOutPercent, splitSeed } = options;
  if (markets.length < 2 || heldOutPercent === 0) return { train: markets, heldOut: markets, isHeldOut: false };
  const root = new Random(seed(splitSeed), 'split');
  const drawn = markets.map((market) => ({ market, draw: root.split(market.id).uniform() }));
  const ranked = [...drawn].sort((a, b) => a.draw - b.draw || (a.market.id < b.market.id ? -1 : 1));
  // At least one a side: the lowest draw is held out and the highest trained on, whatever the share says.
  const lowest = ranked[0]!.market;
  const highest = ranked[ranked.length - 1]!.market;
  const isOut = ({ market, draw }: { market: T; draw: number }): boolean =>
    market === lowest || (market !== highest && draw < heldOutPercent / 100);
  return {
    train: drawn.filter((d) => !isOut(d)).map((d) => d.market),
    heldOut: drawn.filter(isOut).map((d) => d.market),
    isHeldOut: true
  };
}
