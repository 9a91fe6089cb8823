/**
 * Requests on their way to the venue, first due first; of those due together, first made. One that travels a shorter time
 * overtakes those before it: a cancel that comes before its order finds nothing, whether or not a message came between.
 */
import type { Nanos } from '../../core/units.ts';
import type { DeskRecords } from './desk-records.ts';
import type { RequestKind } from './latency.ts';
import { OrderStatus } from './order.ts';
import type { Order } from './order.ts';
import type { Request } from './request.ts';

const NEVER = Infinity as Nanos;

export class RequestQueue {
  readonly #records: DeskRecords;
  /** On their way, by `due`. */
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

  /** Puts the request that was added last where its `due` says. */
  timed(request: Request): void {
    const requests = this.#requests;
    let at = requests.length - 1;
    for (; at > 0 && requests[at - 1]!.due > request.due; at--) requests[at] = requests[at - 1]!;
    requests[at] = request;
    if (at === 0) this.#earliest = request.due;
  }

  /** Takes out the requests due before now, first due first, and hands each to `carryOut`, which adds none. */
  release({ now }: { readonly now: Nanos }, carryOut: (request: Request) => void): void {
    const requests = this.#requests;
    let released = 0;
    for (; released < requests.length && requests[released]!.due < now; released++) {
      const request = requests[released]!;
      carryOut(request);
      this.#records.giveRequest(request);
    }
    let kept = 0;
    for (let i = released; i < requests.length; i++) requests[kept++] = requests[i]!;
    // Not by its length: that gives the memory back, and the next request asks for it again.
    while (requests.length > kept) requests.pop();
    this.#earliest = kept > 0 ? requests[0]!.due : Infinity;
  }
}
