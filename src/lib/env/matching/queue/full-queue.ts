/**
 * Full queue: all that was visible ahead trades first, cancellations ahead are ignored. The most cautious of the
 * models: a real order is never later than this one in a queue by price and time.
 */
import { tradeThrough } from './queue-model.ts';
import type { QueueModel } from './queue-model.ts';

export const fullQueue: QueueModel = {
  id: 'fullQueue',
  onPlace: (visible) => visible,
  onTrade: tradeThrough
};
