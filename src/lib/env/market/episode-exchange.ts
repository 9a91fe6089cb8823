/** What an episode asks of the exchange it plays on, whichever way that one comes by its books. */
import type { BookView } from '../../market/book.ts';
import type { BackLayAccount } from '../account/account.ts';
import type { Fill, Order, OrderRequest } from '../matching/order.ts';

export interface EpisodeExchange {
  readonly account: BackLayAccount;
  readonly books: readonly BookView[];
  /** Orders asked for, refused ones included. */
  readonly submitted: number;
  place(request: OrderRequest): Order;
  cancel(order: Order): void;
  /** The caller has done with a complete order's record. */
  release(order: Order): void;
  /** Shows every fill since the last call, in the order they were made; the records are reused. */
  drainFills(visit: (fill: Fill) => void): void;
}
