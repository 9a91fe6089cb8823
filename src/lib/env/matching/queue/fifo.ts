/**
 * First in, first out, as an order-level source tells it: what stood ahead is known, so a cancellation moves us exactly
 * when it was ahead. From a source that tells sizes alone it is the risk-averse queue: the level bounds what is ahead.
 * Against the real queue of the order-level simulator both are shown in `simulator/true-queue.test.ts`: fill by fill the
 * same where cancellations are told, never earlier than it where they are not.
 */
import { riskAverse } from './risk-averse.ts';
import type { QueueModel } from './queue-model.ts';

export const fifo: QueueModel = {
  ...riskAverse,
  id: 'fifo',
  onCancel: (position, place, lots) => {
    if (place < position.ahead) position.ahead -= Math.min(lots, position.ahead - place);
  }
};
