/**
 * The exchange of an episode on a market that answers: orders go into the simulated order-level books themselves, so
 * there is no queue to model and no liquidity to take twice; the people there see our orders, trade with them and
 * believe our money. What is seen is what the venue publishes; what is matched is what the books matched.
 */
import type { Lots, Nanos, Ticks } from '../../../core/units.ts';
import { millis, NANOS_PER_SECOND } from '../../../core/units.ts';
import type { BookView } from '../../../market/book.ts';
import type { MarketState } from '../../../market/market-state.ts';
import { BackLayAccount } from '../../account/account.ts';
import { ladderPoints } from '../../account/hedge.ts';
import type { EpisodeExchange } from '../../market/episode-exchange.ts';
import { Fill, Order, OrderStatus, Side } from '../../matching/order.ts';
import type { OrderRequest } from '../../matching/order.ts';
import { refusalOf } from '../../matching/refusal.ts';
import type { OwnFill } from '../own-orders.ts';
import { Side as BookSide } from '../runner-book.ts';
import type { Scenario } from '../scenario.ts';
import { simulatedMarketInfo } from '../simulate-tape.ts';
import { SimulatedMarket } from '../simulated-market.ts';
import { LiveFeed } from './live-feed.ts';

export interface LiveExchangeOptions {
  readonly scenario: Scenario;
  readonly placeLatencyMillis: number;
  readonly cancelLatencyMillis: number;
  /** Largest exposure in currency, waiting orders counted. */
  readonly bankroll: number;
}

export class LiveExchange implements EpisodeExchange {
  readonly account: BackLayAccount;
  readonly market: SimulatedMarket;
  readonly feed: LiveFeed;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  submitted = 0;
  now = 0 as Nanos;
  readonly #limits: { bankroll: number };
  readonly #placeSeconds: number;
  readonly #cancelNanos: number;
  /** Orders that are not complete, in order of placing, and by the market's number of each (its tag). */
  readonly #open: Order[] = [];
  readonly #byTag: (Order | undefined)[] = [undefined];
  /** Cancels on their way, first due first: all travel equally long. */
  readonly #cancels: { order: Order; id: number; due: number }[] = [];
  readonly #fills: Fill[] = [];
  #fillCount = 0;
  readonly #pool: Order[] = [];
  readonly #visit: (fill: OwnFill) => void;
  #nextId = 1;

  constructor(options: LiveExchangeOptions) {
    const { scenario, placeLatencyMillis, cancelLatencyMillis, bankroll } = options;
    const info = simulatedMarketInfo(scenario, '');
    const startMillis = scenario.scheduledMillis - scenario.leadSeconds * 1000;
    this.feed = new LiveFeed(info, BigInt(startMillis) * 1_000_000n);
    this.market = new SimulatedMarket(scenario, this.feed);
    this.account = new BackLayAccount({ slots: info.runners.length, winners: 1 });
    this.points = ladderPoints(info.rules.ladder);
    this.#limits = { bankroll: bankroll / info.rules.lotSize };
    this.#placeSeconds = placeLatencyMillis / 1000;
    this.#cancelNanos = millis(cancelLatencyMillis);
    this.#visit = (fill) => {
      this.#matched(fill);
    };
  }

  get state(): MarketState {
    return this.feed.state;
  }

  get books(): readonly BookView[] {
    return this.feed.state.books;
  }

  /** On to a moment: requests that are due by then are carried out on the way, each at its own time. */
  advanceTo(time: Nanos): void {
    while (this.#cancels.length > 0 && this.#cancels[0]!.due <= time) {
      const { order, id, due } = this.#cancels.shift()!;
      this.market.advanceTo(due as Nanos);
      this.now = due as Nanos;
      this.#settle();
      if (order.id === id) this.#carryOutCancel(order);
    }
    this.market.advanceTo(time);
    this.now = time;
    this.feed.until(time);
    this.#settle();
  }

  place(request: OrderRequest): Order {
    const order = this.#pool.pop() ?? new Order();
    const book = this.books[request.slot];
    order.fill(this.#nextId++, request, this.points[request.tick] ?? 0, this);
    this.submitted++;
    if (book !== undefined) order.touchAtDecision = order.side === Side.back ? book.bestBid : book.bestAsk;
    const refusal = refusalOf(order, request.reducing === true, this.state, this.account, this.#limits);
    if (refusal !== undefined) {
      order.voided = order.lots;
      order.end = refusal;
      order.status = OrderStatus.complete;
      return order;
    }
    this.account.wait(order.slot, order.side, order.lots, order.points);
    order.tag = this.market.place({
      slot: order.slot,
      side: order.side === Side.back ? BookSide.ask : BookSide.bid,
      tick: order.tick as Ticks,
      lots: order.lots as Lots,
      delaySeconds: this.#placeSeconds
    });
    this.#byTag[order.tag] = order;
    this.#open.push(order);
    return order;
  }

  cancel(order: Order): void {
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    this.#cancels.push({ order, id: order.id, due: this.now + this.#cancelNanos });
  }

  release(order: Order): void {
    if (order.status !== OrderStatus.complete) return;
    this.#byTag[order.tag] = undefined;
    this.#pool.push(order);
  }

  drainFills(visit: (fill: Fill) => void): void {
    for (let i = 0; i < this.#fillCount; i++) visit(this.#fills[i]!);
    this.#fillCount = 0;
  }

  #carryOutCancel(order: Order): void {
    order.cancelling = false;
    if (order.status === OrderStatus.complete) return;
    const gone = this.market.cancel(order.tag);
    order.cancelled += gone;
    this.#complete(order, 'cancelled');
    this.#open.splice(this.#open.indexOf(order), 1);
  }

  /** Books what was matched, and brings every open order's record up to the books. */
  #settle(): void {
    this.market.drainFills(this.#visit);
    const { own, books } = this.market;
    let kept = 0;
    for (const order of this.#open) {
      const place = own.where(order.tag);
      if (place !== 'onItsWay' && order.status === OrderStatus.pending) {
        order.status = OrderStatus.executable;
        order.acceptedAt = (order.madeAt + this.#placeSeconds * NANOS_PER_SECOND) as Nanos;
      }
      if (place === 'gone') {
        if (order.rest > 0) order.lapsed += order.rest;
        this.#complete(order, order.lapsed > 0 ? 'lapsedAtSuspension' : 'matched');
        continue;
      }
      if (place === 'resting') order.ahead = books[order.slot]!.queueAhead(own.ref(order.tag));
      this.#open[kept++] = order;
    }
    this.#open.length = kept;
  }

  /** Nothing is left of it: what waited no longer does. */
  #complete(order: Order, end: Order['end']): void {
    const waited = order.cancelled + order.lapsed;
    if (waited > 0) this.account.wait(order.slot, order.side, -waited, order.points);
    order.status = OrderStatus.complete;
    order.end = end;
    order.endedAt = this.now;
  }

  #matched(own: OwnFill): void {
    const order = this.#byTag[own.order];
    if (order === undefined) return;
    const points = this.points[own.tick]!;
    order.matched += own.lots;
    order.matchedPoints += own.lots * points;
    if (!own.resting) order.crossed = true;
    this.account.wait(order.slot, order.side, 0 - own.lots, order.points);
    this.account.match(order.slot, order.side, own.lots, points);
    const fill = (this.#fills[this.#fillCount++] ??= new Fill(order));
    fill.order = order;
    fill.time = own.time;
    fill.points = points;
    fill.standingPoints = points;
    fill.lots = own.lots;
    fill.taking = !own.resting;
    fill.ahead = 0;
    fill.traded = own.lots;
    fill.tradePoints = points;
  }
}
