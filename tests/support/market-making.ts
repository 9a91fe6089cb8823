/**
 * A market maker in the plainest form: after every step an order at the best price of each side, taken back when the
 * best price leaves it, within a largest position. The strategy of `hftbacktest.json`, for its golden and for speed.
 */
import type { Lots, Nanos, Ticks } from '../../src/lib/core/units.ts';
import { NO_TICK } from '../../src/lib/market/tape.ts';
import type { InstrumentExchange } from '../../src/lib/env/matching/instrument-exchange.ts';
import { Direction } from '../../src/lib/env/matching/instrument-order.ts';
import type {
  InstrumentFill,
  InstrumentOrder,
  InstrumentRequest
} from '../../src/lib/env/matching/instrument-order.ts';
import { OrderStatus } from '../../src/lib/env/matching/order.ts';

export interface MakingOptions {
  readonly lots: number;
  /** The same size in the venue's unit, and the largest position (compared with 1e-9 to spare, as doubles add up). */
  readonly orderQty: number;
  readonly maxPosition: number;
  readonly onFill?: (fill: InstrumentFill) => void;
}

export class MarketMaker {
  orders = 0;
  cancelRequests = 0;
  /** In the venue's unit, added up as doubles in the order in which fills were told. */
  position = 0;
  readonly #exchange: InstrumentExchange;
  readonly #options: MakingOptions;
  readonly #request: InstrumentRequest;
  /** Orders not known to be over. */
  readonly #own: InstrumentOrder[] = [];
  readonly #seeFill: (fill: InstrumentFill) => void;

  constructor(exchange: InstrumentExchange, options: MakingOptions) {
    this.#exchange = exchange;
    this.#options = options;
    this.#request = {
      slot: 0,
      direction: Direction.buy,
      tick: 0 as Ticks,
      lots: options.lots as Lots,
      timeInForce: 'GTX'
    };
    this.#seeFill = (fill) => {
      this.position += fill.order.direction * options.orderQty;
      options.onFill?.(fill);
    };
  }

  /** Forgets its orders and what it holds: its exchange starts over. */
  reset(): void {
    while (this.#own.length > 0) this.#own.pop();
    this.position = 0;
  }

  /** One step up to and including `time`, then what the strategy asks for. */
  step(time: Nanos): void {
    this.#exchange.advanceTo(time);
    this.#act();
  }

  /** One step up to and including `times[index]`. */
  stepAlong(times: Float64Array, index: number): void {
    this.#exchange.advanceAlong(times, index);
    this.#act();
  }

  #act(): void {
    const exchange = this.#exchange;
    exchange.drainFills(this.#seeFill);
    const { bestBid, bestAsk } = exchange.books[0]!;
    const own = this.#own;
    let buys = 0;
    let kept = 0;
    for (let i = 0; i < own.length; i++) {
      const order = own[i]!;
      if (order.status === OrderStatus.complete) {
        exchange.release(order);
        continue;
      }
      own[kept++] = order;
      const buy = order.direction === Direction.buy;
      if (buy) buys++;
      if (order.status !== OrderStatus.executable || order.cancelling) continue;
      if (order.tick === (buy ? bestBid : bestAsk)) continue;
      exchange.cancel(order);
      this.cancelRequests++;
    }
    while (own.length > kept) own.pop();
    const sells = kept - buys;
    const { maxPosition } = this.#options;
    if (buys === 0 && bestBid !== NO_TICK && this.position < maxPosition - 1e-9) this.#place(Direction.buy, bestBid);
    if (sells === 0 && bestAsk !== NO_TICK && this.position > -maxPosition + 1e-9) this.#place(Direction.sell, bestAsk);
  }

  #place(direction: Direction, tick: number): void {
    this.orders++;
    this.#request.direction = direction;
    this.#request.tick = tick as Ticks;
    this.#own.push(this.#exchange.place(this.#request));
  }
}
