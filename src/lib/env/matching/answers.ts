/** What the venue tells us of our orders, on its way: one record that is written over. Knows nothing of what it leads to. */
import type { Nanos } from '../../core/units.ts';
import { Role } from '../account/order-fees.ts';
import { FillCause, InstrumentOrder } from './instrument-order.ts';
import type { InstrumentEnd } from './instrument-order.ts';

export const AnswerKind = { accepted: 0, filled: 1, withdrawn: 2, tooLate: 3 } as const;
export type AnswerKind = (typeof AnswerKind)[keyof typeof AnswerKind];

export class Answer {
  due: Nanos = 0 as Nanos;
  kind: AnswerKind = AnswerKind.accepted;
  order: InstrumentOrder;
  /** Of `order`: its record may be another order's by the time the answer arrives. */
  id = 0;
  /** On the venue's clock. */
  time: Nanos = 0 as Nanos;
  /** Accepted: size at the venue. Filled or withdrawn: how many. */
  lots = 0;
  reason: InstrumentEnd = 'none';
  /** Of a fill, as `InstrumentFill` has them. */
  tick = 0;
  role: Role = Role.maker;
  cause: FillCause = FillCause.took;
  row = 0;
  ahead = 0;
  traded = 0;
  tradeTick = 0;

  constructor(order: InstrumentOrder) {
    this.order = order;
  }
}
