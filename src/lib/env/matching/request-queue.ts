/** Requests on their way to the venue, in the order they were made; each is carried out once it is older than its latency. */
import type { Nanos } from '../../core/units.ts';
import type { RequestKind } from './latency.ts';
import type { Order } from './order.ts';

export interface Request {
  kind: RequestKind;
  order: Order;
  /** The order that takes the place of `order`, for a replace. */
  successor: Order | undefined;
  /** Lots to cancel; Infinity for all that is left. */
  lots: number;
  /** Carried out at the first moment later than this. */
  due: Nanos;
}

export class RequestQueue {
  readonly #requests: Request[] = [];
  readonly #pool: Request[] = [];
  #earliest = Infinity;

  /** No request is due up to and including this moment; Infinity when none waits. */
  get earliest(): number {
    return this.#earliest;
  }

  get size(): number {
    return this.#requests.length;
  }

  clear(): void {
    while (this.#requests.length > 0) this.#pool.push(this.#requests.pop()!);
    this.#earliest = Infinity;
  }

  add(kind: RequestKind, order: Order, due: Nanos, lots = Infinity, successor?: Order): void {
    const request = this.#pool.pop() ?? { kind, order, successor, lots, due };
    request.kind = kind;
    request.order = order;
    request.successor = successor;
    request.lots = lots;
    request.due = due;
    this.#requests.push(request);
    if (due < this.#earliest) this.#earliest = due;
  }

  /** Takes out the requests due before `time`, first made first, and hands each to `carryOut`. */
  release(time: number, carryOut: (request: Request) => void): void {
    const requests = this.#requests;
    let kept = 0;
    let earliest = Infinity;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!;
      if (request.due < time) {
        carryOut(request);
        this.#pool.push(request);
      } else {
        requests[kept++] = request;
        if (request.due < earliest) earliest = request.due;
      }
    }
    requests.length = kept;
    this.#earliest = earliest;
  }
}
