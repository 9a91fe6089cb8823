/** What is on its way to the venue. */
import type { Nanos } from '../../core/units.ts';
import type { RequestKind } from './latency.ts';
import type { Order } from './order.ts';

export interface Request {
  kind: RequestKind;
  order: Order;
  /** Of `order` when it was asked for: its record may be another order's by the time the request arrives. */
  id: number;
  /** The order that takes the place of `order`, for a replace. */
  successor: Order | undefined;
  /** Lots to cancel; Infinity for all that is left. */
  lots: number;
  /** Carried out at the first moment later than this. */
  due: Nanos;
}
