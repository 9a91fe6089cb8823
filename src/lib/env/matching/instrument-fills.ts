/** Fills that we were told of: those that wait to be drained, in records used again, and all of them where history is kept. */
import type { PositionAccount } from '../account/position-account.ts';
import type { Answer } from './answers.ts';
import { InstrumentFill } from './instrument-order.ts';
import type { InstrumentOrder } from './instrument-order.ts';

export class InstrumentFills {
  readonly #keep: boolean;
  readonly #drain: InstrumentFill[] = [];
  #waiting = 0;
  readonly #byOrder = new Map<InstrumentOrder, InstrumentFill[]>();

  constructor(keep: boolean) {
    this.#keep = keep;
  }

  clear(): void {
    this.#waiting = 0;
    this.#byOrder.clear();
  }

  /** @param account that has just booked it: it says what was charged */
  add(answer: Answer, account: PositionAccount): void {
    if (this.#waiting === this.#drain.length) this.#drain.push(new InstrumentFill(answer.order));
    const fill = this.#drain[this.#waiting++]!;
    fill.order = answer.order;
    fill.time = answer.time;
    fill.toldAt = answer.due;
    fill.tick = answer.tick;
    fill.lots = answer.lots;
    fill.role = answer.role;
    fill.fee = account.charged;
    fill.cause = answer.cause;
    fill.row = answer.row;
    fill.ahead = answer.ahead;
    fill.traded = answer.traded;
    fill.tradeTick = answer.tradeTick;
    if (!this.#keep) return;
    const copy = Object.assign(new InstrumentFill(answer.order), fill);
    const held = this.#byOrder.get(answer.order);
    if (held === undefined) this.#byOrder.set(answer.order, [copy]);
    else held.push(copy);
  }

  /** Shows every fill since the last call, in the order we were told of them. The records are reused afterwards. */
  drain(visit: (fill: InstrumentFill) => void): void {
    for (let i = 0; i < this.#waiting; i++) visit(this.#drain[i]!);
    this.#waiting = 0;
  }

  of(order: InstrumentOrder): readonly InstrumentFill[] {
    return this.#byOrder.get(order) ?? [];
  }
}
