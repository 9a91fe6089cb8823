/**
 * Risk averse: trades shorten the queue, and so does the book when less is left at the price than was thought to be
 * ahead (it must have gone from ahead); any other cancellation is taken to have been behind.
 */
import { fullQueue } from './full-queue.ts';
import type { QueueModel } from './queue-model.ts';

export const riskAverse: QueueModel = {
  id: 'riskAverse',
  onPlace: fullQueue.onPlace,
  onTrade: fullQueue.onTrade,
  onDepth: (position, _before, now) => {
    if (now < position.ahead) position.ahead = now;
  }
};
