/** Where a price lies on a ladder, between ticks too: restated prices are not always on it. Pure. */
import type { Ladder } from '$lib/market/ladder.ts';
import type { Ticks } from '$lib/core/units.ts';

export function ladderOffset(ladder: Ladder, price: number): number {
  const tick = ladder.tickBelow(price);
  const below = ladder.priceOf(tick);
  if (tick + 1 >= ladder.size || price <= below) return tick;
  return tick + (price - below) / (ladder.priceOf((tick + 1) as Ticks) - below);
}
