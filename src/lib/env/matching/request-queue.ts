/** Requests on their way to the venue, in the order they were made; each is carried out once it is older than its latency. */
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

const NEVER = Infinity as Nanos;

export class RequestQueue {
  /** The first `#count` are on their way, in the order they were made; the records after them are free. */
  readonly #requests: Request[] = [];
  #count = 0;
  #earliest = Infinity;

  /** No request is due up to and including this moment; Infinity when none waits. */
  get earliest(): number {
    return this.#earliest;
  }

  get size(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#earliest = Infinity;
  }

  /** A request that waits from now on. The caller sets `due` and says so by `timed`. */
  add(kind: RequestKind, order: Order, lots: number, successor: Order | undefined): Request {
    if (this.#count === this.#requests.length) {
      this.#requests.push({ kind, order, id: order.id, successor, lots, due: NEVER });
    }
    const request = this.#requests[this.#count++]!;
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
    for (let i = 0; i < this.#count; i++) {
      const request = requests[i]!;
      if (request.due < now) {
        carryOut(request);
        continue;
      }
      requests[i] = requests[kept]!;
      requests[kept++] = request;
      if (request.due < earliest) earliest = request.due;
    }
    this.#count = kept;
    this.#earliest = earliest;
  }
}
