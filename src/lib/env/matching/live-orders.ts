/**
 * The orders at the venue, by slot, in the order in which trades reach them: lays by falling price, then backs by
 * rising price, then those that only wait for the starting price; first come first among equals.
 */
import { Side, takesStartingPrice } from './order.ts';
import type { Order } from './order.ts';

/** Smaller is reached sooner. */
function rank(order: Order): number {
  if (order.kind !== 'limit') return 1e9;
  return order.side === Side.lay ? -order.tick : 1e6 + order.tick;
}

export class LiveOrders {
  readonly bySlot: readonly Order[][];
  count = 0;
  /** How many of them may take the starting price. */
  onClose = 0;

  constructor(slots: number) {
    this.bySlot = Array.from({ length: slots }, () => []);
  }

  clear(): void {
    // Not by their lengths: that gives the memory back, and the next order asks for it again.
    for (let slot = 0; slot < this.bySlot.length; slot++) {
      const orders = this.bySlot[slot]!;
      while (orders.length > 0) orders.pop();
    }
    this.count = 0;
    this.onClose = 0;
  }

  add(order: Order): void {
    const orders = this.bySlot[order.slot]!;
    const own = rank(order);
    let at = orders.length;
    orders.push(order);
    for (; at > 0 && rank(orders[at - 1]!) > own; at--) orders[at] = orders[at - 1]!;
    orders[at] = order;
    this.count++;
    if (takesStartingPrice(order)) this.onClose++;
  }

  remove(order: Order): void {
    const orders = this.bySlot[order.slot]!;
    const at = orders.indexOf(order);
    if (at < 0) return;
    for (let i = at + 1; i < orders.length; i++) orders[i - 1] = orders[i]!;
    orders.pop();
    this.count--;
    if (takesStartingPrice(order)) this.onClose--;
  }
}
