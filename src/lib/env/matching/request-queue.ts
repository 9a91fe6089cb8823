/** Requests on their way to the venue, in the order they were made; each is carried out once it is older than its latency. */
import type { Nanos } from '../../core/units.ts';
import type { DeskRecords } from './desk-records.ts';
import type { RequestKind } from './latency.ts';
import { OrderStatus } from './order.ts';
import type { Order } from './order.ts';
import type { Request } from './request.ts';

const NEVER = Infinity as Nanos;

export class RequestQueue {
  readonly #records: DeskRecords;
  /** On their way, in the order they were made. */
  readonly #requests: Request[] = [];
  #earliest = Infinity;

  constructor(records: DeskRecords) {
    this.#records = records;
  }

  /** No request is due up to and including this moment; Infinity when none waits. */
  get earliest(): number {
    return this.#earliest;
  }

  get size(): number {
    return this.#requests.length;
  }

  /** Forgets what is on its way, and gives back the orders that only it still holds: those that never arrived. */
  clear(): void {
    const records = this.#records;
    while (this.#requests.length > 0) {
      const request = this.#requests.pop()!;
      const { kind, order, id, successor } = request;
      // Of an order's requests one alone places it; who asks to replace it holds what is to come after it.
      if (kind === 'place' && order.id === id && order.status === OrderStatus.pending) records.giveOrder(order);
      if (successor !== undefined && successor.status === OrderStatus.pending) records.giveOrder(successor);
      request.successor = undefined;
      records.giveRequest(request);
    }
    this.#earliest = Infinity;
  }

  /** A request that waits from now on. The caller sets `due` and says so by `timed`. */
  add(kind: RequestKind, order: Order, lots: number, successor: Order | undefined): Request {
    const request = this.#records.request() ?? { kind, order, id: order.id, successor, lots, due: NEVER };
    this.#requests.push(request);
    request.kind = kind;
    request.order = order;
    request.id = order.id;
    request.successor = successor;
    request.lots = lots;
    request.due = NEVER;
    return request;
  }

  timed({ due }: Request): void {
    if (due < this.#earliest) this.#earliest = due;
  }

  /** Takes out the requests due before now, first made first, and hands each to `carryOut`, which adds none. */
  release({ now }: { readonly now: Nanos }, carryOut: (request: Request) => void): void {
    const requests = this.#requests;
    let kept = 0;
    let earliest = Infinity;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!;
      if (request.due < now) {
        carryOut(request);
        this.#records.giveRequest(request);
        continue;
      }
      requests[kept++] = request;
      if (request.due < earliest) earliest = request.due;
    }
    // Not by its length: that gives the memory back, and the next request asks for it again.
    while (requests.length > kept) requests.pop();
    this.#earliest = earliest;
  }
}
