/** One trade passes one resting order under one queue model: what it fills, and what it leaves for the orders behind. */
import type { QueueModel, QueuePosition } from './queue-model.ts';

/** `left[index]`: taker-side lots of the trade that no order of ours has used. Written to; the record may be reused. */
export interface PassingTrade {
  left: Float64Array;
  index: number;
}

/**
 * @param rest whole lots that the order may still fill
 * @returns whole lots filled. Half a traded lot moves the queue, but nothing fills by it.
 */
export function passTrade(
  model: QueueModel,
  position: QueuePosition,
  { left, index }: PassingTrade,
  rest: number
): number {
  const volume = left[index]!;
  const ahead = Math.max(0, position.ahead);
  const lots = Math.floor(model.onTrade(position, volume, rest));
  left[index] = position.ahead > 0 ? 0 : Math.max(0, volume - ahead - lots);
  return lots;
}
