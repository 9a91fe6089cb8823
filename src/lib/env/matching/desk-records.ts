/**
 * The records an order desk writes over instead of making new ones. A desk has its own; desks that take turns, as those
 * of a vector's environments do, share one: the next desk's orders then go where the last desk's have just been, which
 * the processor still has at hand. Knows nothing of what the records mean.
 */
import { Fill, ORDER_ROW, Order } from './order.ts';
import type { Request } from './request.ts';

/** Numbers of orders go round before they pass what the engine keeps in 31 bits; no request waits as long. */
const LAST_ID = 2 ** 30;
/** Orders whose numbers stand in one array. */
const ORDERS_AT_ONCE = 64;

export class DeskRecords {
  readonly #orders: Order[] = [];
  readonly #requests: Request[] = [];
  readonly #fills: Fill[] = [];
  #lastId = 0;

  /** A number no order has had for a billion orders: whoever holds a record sees by it that it is another's now. */
  nextId(): number {
    this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  order(): Order {
    if (this.#orders.length === 0) this.#makeOrders();
    return this.#orders.pop()!;
  }

  giveOrder(order: Order): void {
    this.#orders.push(order);
  }

  /** Undefined when there is none to write over. */
  request(): Request | undefined {
    return this.#requests.pop();
  }

  giveRequest(request: Request): void {
    this.#requests.push(request);
  }

  fill(order: Order): Fill {
    return this.#fills.pop() ?? new Fill(order);
  }

  giveFill(fill: Fill): void {
    this.#fills.push(fill);
  }

  #makeOrders(): void {
    const rows = new Float64Array(ORDERS_AT_ONCE * ORDER_ROW);
    for (let i = ORDERS_AT_ONCE - 1; i >= 0; i--) this.#orders.push(new Order(rows, i * ORDER_ROW));
  }
}
