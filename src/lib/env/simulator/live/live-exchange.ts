/**
 * The exchange of an episode on a market that answers: orders go into the simulated order-level books themselves, so
 * there is no queue to model and no liquidity to take twice; the people there see our orders, trade with them and
 * believe our money. What is seen is what the venue publishes; what is matched is what the books matched. What queue
 * models would have made of the orders, their stories say all the same.
 *
 * What stands between us and the market is drawn by chance where it is so configured, and eased by a curriculum: how long
 * a request and the feed take; someone quicker, who takes the best price just before an order that would; and, of what
 * waits at a price, the share that an order finds ahead of it, which is all of it unless eased.
 */
import { Random } from '../../../core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../../core/units.ts';
import { NANOS_PER_SECOND, seconds } from '../../../core/units.ts';
import type { BookView } from '../../../market/book.ts';
import type { MarketState } from '../../../market/market-state.ts';
import type { MarketInfo } from '../../../market/tape.ts';
import { BackLayAccount } from '../../account/account.ts';
import { ladderPoints } from '../../account/hedge.ts';
import type { EpisodeExchange } from '../../market/episode-exchange.ts';
import { easedLatency, latencyOf, wayOf } from '../../market/realism.ts';
import type { Realism, RealismConfig } from '../../market/realism.ts';
import type { LatencyModel } from '../../matching/latency.ts';
import type { SlippageModel } from '../../matching/slippage.ts';
import { Fill, Order, OrderStatus, Side } from '../../matching/order.ts';
import type { OrderRequest } from '../../matching/order.ts';
import { OWN_BOOK } from '../../matching/queue-story.ts';
import { refusalOf } from '../../matching/refusal.ts';
import { storyOf } from '../../matching/story.ts';
import type { OrderStory } from '../../matching/story.ts';
import type { OwnFill, OwnRequest } from '../own-orders.ts';
import type { RowSink } from '../publisher.ts';
import { Side as BookSide } from '../runner-book.ts';
import { streamOf } from '../scenario.ts';
import type { MarketTerms, Scenario } from '../scenario.ts';
import { simulatedMarketInfo } from '../simulate-tape.ts';
import { SimulatedMarket } from '../simulated-market.ts';
import { CancelQueue } from './cancel-queue.ts';
import { LateFeed, toBoth } from './late-feed.ts';
import { LiveFeed } from './live-feed.ts';
import { LiveHistory } from './live-history.ts';

export interface LiveExchangeOptions extends RealismConfig {
  readonly scenario: Scenario;
  /** Largest exposure in currency, waiting orders counted. */
  readonly bankroll: number;
  /** Keeps every order and every fill of the market, so that `explain` can tell why; its records are then not reused. */
  readonly history?: boolean;
  /** How much of what is configured there is, 0 to 1; all of it when not given. */
  readonly level?: number;
}

type Start = Pick<MarketTerms, 'scheduledMillis' | 'leadSeconds'>;

/** When the clock of a market's rows starts. */
export const startEpochNanosOf = ({ scheduledMillis, leadSeconds }: Start): bigint =>
  BigInt(scheduledMillis - leadSeconds * 1000) * 1_000_000n;

export class LiveExchange implements EpisodeExchange {
  /** Of the scenario it was made for; a market that it is begun with later has another name. */
  readonly info: MarketInfo;
  readonly account: BackLayAccount;
  readonly market: SimulatedMarket;
  /** The market as it is published. */
  readonly feed: LiveFeed;
  /** The market as the agent has been told of it: `feed` itself, unless that is late. */
  readonly seen: LiveFeed;
  /** How much of what is configured there is; set before `begin`, for the market that begins. */
  readonly realism: Realism;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  submitted = 0;
  now = 0 as Nanos;
  /** How far `advance` goes; the caller sets it. */
  until = 0 as Nanos;
  readonly #history: LiveHistory | undefined;
  readonly #limits: { bankroll: number };
  readonly #latency: LatencyModel;
  readonly #slippage: SlippageModel | undefined;
  readonly #late: LateFeed | undefined;
  /** Chance on the way of our requests, and of the feed: streams of the market's own. */
  readonly #chance = new Random(0 as Seed);
  readonly #feedChance = new Random(0 as Seed);
  /** By tag: how long its order travels and waits for the bet delay, nanoseconds. */
  readonly #travelNanos: number[] = [0];
  /** Orders that are not complete, in order of placing, and by the market's number of each (its tag). */
  readonly #open: Order[] = [];
  readonly #byTag: (Order | undefined)[] = [undefined];
  readonly #cancels = new CancelQueue();
  readonly #fills: Fill[] = [];
  #fillCount = 0;
  /** Every record there is, and those of them that are free. */
  readonly #records: Order[] = [];
  readonly #free: Order[] = [];
  readonly #request: { -readonly [K in keyof OwnRequest]-?: NonNullable<OwnRequest[K]> };
  readonly #visit: (fill: OwnFill) => void;
  #nextId = 1;

  constructor(options: LiveExchangeOptions) {
    const { scenario, bankroll, history = false, level = 1 } = options;
    const info = simulatedMarketInfo(scenario, '');
    const start = startEpochNanosOf(scenario);
    this.realism = { level };
    const { latency, slippage } = wayOf(options, this.realism);
    this.info = info;
    this.#latency = latency;
    this.#slippage = slippage;
    this.#restartChance(streamOf(scenario));
    this.feed = new LiveFeed(info, start);
    this.#late = isLate(options)
      ? new LateFeed(new LiveFeed(info, start), feedLatency(options, this.realism), this.#feedChance)
      : undefined;
    this.seen = this.#late?.seen ?? this.feed;
    this.account = new BackLayAccount({ slots: info.runners.length, winners: 1 });
    this.points = ladderPoints(info.rules.ladder);
    let sink: RowSink = this.#late === undefined ? this.feed : toBoth(this.feed, this.#late);
    if (history) {
      this.#history = new LiveHistory(info, this.points);
      sink = toBoth(sink, this.#history.published);
    }
    this.market = new SimulatedMarket(scenario, sink);
    this.#limits = { bankroll: bankroll / info.rules.lotSize };
    this.#request = {
      slot: 0,
      side: BookSide.bid,
      tick: 0 as Ticks,
      lots: 0 as Lots,
      // A fraction, so that the engine gives the fields room for one.
      delaySeconds: 0.5,
      quickerTicks: 0,
      queueShare: 0.5
    };
    this.#visit = (fill) => {
      this.#matched(fill);
    };
  }

  /**
   * Starts over on another market of as many runners, with nothing placed, and makes nothing. Not where history is kept.
   * @param terms as the stream, they must stay as they are until the next start
   * @param startEpochNanos when the market's clock starts
   */
  begin(terms: MarketTerms, stream: Random, startEpochNanos: bigint): void {
    this.feed.begin(startEpochNanos);
    this.#late?.begin(startEpochNanos);
    this.#restartChance(stream);
    this.market.begin(terms, stream);
    this.account.clear();
    this.#cancels.clear();
    this.submitted = 0;
    this.now = 0 as Nanos;
    this.#fillCount = 0;
    this.#nextId = 1;
    while (this.#open.length > 0) this.#open.pop();
    while (this.#free.length > 0) this.#free.pop();
    for (let i = 0; i < this.#records.length; i++) this.#free.push(this.#records[i]!);
  }

  /** Every order of this market, when history is kept. */
  get orders(): readonly Order[] {
    return this.#history?.orders ?? [];
  }

  get state(): MarketState {
    return this.feed.state;
  }

  get books(): readonly BookView[] {
    return this.feed.state.books;
  }

  /** On to a moment: requests that are due by then are carried out on the way, each at its own time. */
  advanceTo(time: Nanos): void {
    this.until = time;
    this.advance();
  }

  /** On to `until`, as `advanceTo` does. */
  advance(): void {
    const { market } = this;
    const cancels = this.#cancels;
    while (cancels.count > 0 && cancels.nextDue <= this.until) {
      market.until = cancels.nextDue as Nanos;
      this.now = cancels.nextDue as Nanos;
      market.advance();
      this.#settle();
      const order = cancels.take();
      if (order !== undefined) this.#carryOutCancel(order);
    }
    market.until = this.until;
    this.now = this.until;
    market.advance();
    this.feed.now = this.until;
    this.feed.passTime();
    if (this.#late !== undefined) {
      this.#late.now = this.until;
      this.#late.tell();
    }
    this.#settle();
  }

  /** @param stream the market's own */
  #restartChance(stream: Random): void {
    this.#chance.reseed(stream, 'requests from outside');
    this.#feedChance.reseed(stream, 'feed to outside');
  }

  /** Sends a limit order, which lapses at a suspension: what asks for more is not offered here. */
  place(request: OrderRequest): Order {
    const order = this.#record();
    const book = this.seen.state.books[request.slot];
    order.fill(this.#nextId++, request, this.points[request.tick] ?? 0, this);
    this.#history?.orders.push(order);
    this.submitted++;
    if (book !== undefined) order.touchAtDecision = order.side === Side.back ? book.bestBid : book.bestAsk;
    const refusal = isPlain(order) ? refusalOf(order, request, this.state, this.account, this.#limits) : 'notOffered';
    if (refusal !== undefined) {
      order.voided = order.lots;
      order.end = refusal;
      order.status = OrderStatus.complete;
      return order;
    }
    this.account.wait(order.slot, order.side, order.lots, order.points);
    const asked = this.#request;
    asked.slot = order.slot;
    asked.side = order.side === Side.back ? BookSide.ask : BookSide.bid;
    asked.tick = order.tick as Ticks;
    asked.lots = order.lots as Lots;
    const travel = this.#latency('place', this.#chance);
    // By difference, so that the market's clock in seconds comes to the very nanosecond: a cancel may be due at it too.
    asked.delaySeconds = (this.now + travel) / NANOS_PER_SECOND - this.market.own.now;
    asked.quickerTicks = this.#slippage === undefined ? 0 : this.#slippage(this.#chance);
    asked.queueShare = this.realism.level;
    order.tag = this.market.place(asked);
    this.#byTag[order.tag] = order;
    this.#travelNanos[order.tag] = travel + this.market.betDelay * NANOS_PER_SECOND;
    this.#open.push(order);
    return order;
  }

  /** Asks to cancel what is left. One that is at the venue before its order finds nothing, and the order arrives. */
  cancel(order: Order): void {
    if (order.status === OrderStatus.complete || order.cancelling) return;
    order.cancelling = true;
    this.#cancels.add(order, this, this.#latency('cancel', this.#chance));
  }

  release(order: Order): void {
    if (order.status !== OrderStatus.complete || this.#history !== undefined) return;
    this.#byTag[order.tag] = undefined;
    this.#free.push(order);
  }

  drainFills(visit: (fill: Fill) => void): void {
    for (let i = 0; i < this.#fillCount; i++) visit(this.#fills[i]!);
    this.#fillCount = 0;
  }

  /**
   * Why it filled or did not, and what queue models made of it that were shown what was published; as far as history is
   * kept.
   */
  explain(order: Order): OrderStory {
    const { now, info } = this;
    return (
      this.#history?.explain(order, now, info, this.market.own) ??
      storyOf({ order, fills: [], now, market: info, queue: OWN_BOOK, others: [] })
    );
  }

  #record(): Order {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const order = new Order();
    if (this.#history === undefined) this.#records.push(order);
    return order;
  }

  #carryOutCancel(order: Order): void {
    order.cancelling = false;
    if (order.status !== OrderStatus.executable) return;
    const gone = this.market.cancel(order.tag);
    order.cancelled += gone;
    this.#complete(order, 'cancelled');
    const open = this.#open;
    for (let i = open.indexOf(order); i + 1 < open.length; i++) open[i] = open[i + 1]!;
    open.pop();
  }

  /** Books what was matched, and brings every open order's record up to the books. */
  #settle(): void {
    this.market.drainFills(this.#visit);
    const { own, books } = this.market;
    const open = this.#open;
    let kept = 0;
    for (let i = 0; i < open.length; i++) {
      const order = open[i]!;
      const place = own.where(order.tag);
      if (place === 'dropped') {
        this.#drop(order);
        continue;
      }
      if (place !== 'onItsWay' && order.status === OrderStatus.pending) {
        order.status = OrderStatus.executable;
        order.acceptedAt = (order.madeAt + this.#travelNanos[order.tag]!) as Nanos;
        order.slippedTicks = own.slippedTicks(order.tag);
        order.aheadOnArrival = own.aheadOnArrival(order.tag);
      }
      if (place === 'lapsed') {
        order.lapsed += order.rest;
        this.#complete(order, 'lapsedAtSuspension');
        order.endedAt = seconds(own.endedAt(order.tag));
        continue;
      }
      if (place === 'gone') {
        this.#complete(order, 'matched');
        continue;
      }
      if (place === 'resting') order.ahead = books[order.slot]!.queueAhead(own.ref(order.tag));
      open[kept++] = order;
    }
    // Not by its length: that gives the memory back, and the next order asks for it again.
    while (open.length > kept) open.pop();
  }

  /** The market was not open when it came, or was suspended while it was on its way: void, as where it is recorded. */
  #drop(order: Order): void {
    const due = order.madeAt + this.#travelNanos[order.tag]!;
    order.voided = order.lots;
    this.#complete(order, 'marketNotOpen');
    order.endedAt = seconds(this.market.own.endedAt(order.tag));
    if (due <= order.endedAt) order.acceptedAt = due as Nanos;
  }

  /** Nothing is left of it: what waited no longer does. */
  #complete(order: Order, end: Order['end']): void {
    const waited = order.cancelled + order.lapsed + order.voided;
    if (waited > 0) this.account.wait(order.slot, order.side, -waited, order.points);
    order.status = OrderStatus.complete;
    order.end = end;
    // What is all matched ended with its last fill.
    if (end !== 'matched') order.endedAt = this.now;
  }

  #matched(own: OwnFill): void {
    const order = this.#byTag[own.order];
    if (order === undefined) return;
    const points = this.points[own.tick]!;
    order.matched += own.lots;
    order.matchedPoints += own.lots * points;
    if (order.rest === 0) order.endedAt = own.time;
    if (!own.resting) order.crossed = true;
    this.account.wait(order.slot, order.side, 0 - own.lots, order.points);
    this.account.match(order.slot, order.side, own.lots, points);
    const fill = (this.#fills[this.#fillCount++] ??= new Fill(order));
    describe(fill, order, own, points);
    if (this.#history === undefined) return;
    const kept = new Fill(order);
    describe(kept, order, own, points);
    this.#history.keep(order, kept);
  }
}

/** The simulated books hold limit orders until the next suspension, and nothing else. */
const isPlain = ({ kind, persistence, fillOrKillMinimum }: Order): boolean =>
  kind === 'limit' && persistence === 'lapse' && fillOrKillMinimum < 0;

/** Whether anything may come later than it is published. */
const isLate = ({ feedLatencyMillis, feedLatencySamples }: RealismConfig): boolean =>
  feedLatencyMillis > 0 || feedLatencySamples.trim() !== '';

const feedLatency = (config: RealismConfig, realism: Realism): LatencyModel =>
  config.curriculumSteps === 0 ? latencyOf(config) : easedLatency(latencyOf(config), realism);

/** The queue ahead of a resting order is what the bet that came to it took first; all of that bet at the price came. */
function describe(fill: Fill, order: Order, own: OwnFill, points: number): void {
  fill.order = order;
  fill.time = own.time;
  fill.message = own.message;
  fill.points = points;
  fill.standingPoints = points;
  fill.lots = own.lots;
  fill.taking = !own.resting;
  fill.ahead = own.aheadLots;
  fill.traded = own.resting ? own.cameLots : own.lots;
  fill.tradePoints = points;
}
