/**
 * `AUPreOffV7TradeCost`: one Betfair market from some minutes before its scheduled start until the off. The agent
 * quotes, takes and greens up in the slots of the shortest-priced runners; the simulated exchange answers.
 *
 * - An episode begins at the lead before the start, or at the first open market with prices after it.
 * - TERMINATED at the off (in play, closed, or suspended once the scheduled start has passed) and when the worst
 *   runner's loss passes the exposure limit. TRUNCATED at the step limit, and where a recording ends before the off.
 * - At the end what waits is void and what is matched is hedged against the last book before the off.
 * - `info` holds what the episode came to so far; research reads it at the end. See `metrics.ts`.
 */
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Nanos, Seed } from '../../core/units.ts';
import { NANOS_PER_MILLI } from '../../core/units.ts';
import { NO_TICK, epochMillis } from '../../market/tape.ts';
import type { BackLayAccount } from '../account/account.ts';
import { GreenUp, greenUp, greenUpAtTouch, greenUps } from '../account/hedge.ts';
import { commissionOn } from '../matching/commission.ts';
import { DeskRecords } from '../matching/desk-records.ts';
import { SimulatedExchange } from '../matching/exchange.ts';
import { Side, wasMatched } from '../matching/order.ts';
import type { ExchangeOptions } from '../matching/exchange-options.ts';
import type { Fill, Order } from '../matching/order.ts';
import type { TraceRecorder } from '../trace.ts';
import type { StepBuffers } from '../vector-env.ts';
import { ACTIONS_PER_SLOT, SlotAction, decodeAction } from './action.ts';
import type { StakeRange, Touch } from './action.ts';
import type { EpisodeExchange } from './episode-exchange.ts';
import { IndexedExchange } from './indexed-exchange.ts';
import { episodeInfo } from './metrics.ts';
import {
  ACCOUNT_COLUMNS,
  SLOT_COLUMNS,
  SLOT_WIDTH,
  clipRange,
  emptyView,
  observationSize,
  writeSlot
} from './observation.ts';
import type { SlotView } from './observation.ts';
import { OrdersOfSlot } from './orders-of-slot.ts';
import { REWARD_TERMS, StepOutcome, writeReward } from './reward.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from './market-columns.ts';
import { modelsOf } from './realism.ts';
import type { Realism } from './realism.ts';
import { NO_BOOK, viewAt } from './late-view.ts';
import { TOUCH_WIDTH } from './market-view.ts';
import type { MarketView } from './market-view.ts';
import { NO_RUNNER } from './timeline.ts';
import type { Timeline } from './timeline.ts';

/** Names of the observation's columns, in order: `slot 0 NAME`, ..., `step`. For notebooks and for tests. */
export function observationNames(config: Pick<MarketEnvConfig, 'slots'>): readonly string[] {
  const slots = Array.from({ length: config.slots }, (_, k) =>
    [...RUNNER_FEATURES, ...SLOT_COLUMNS].map((name) => `slot ${String(k)} ${name}`)
  );
  return [...slots.flat(), ...MARKET_FEATURES, ...ACCOUNT_COLUMNS];
}

/** Exchanges that no environment is using, by timeline: a reset takes one and copies the start into it. */
export class ExchangePool {
  readonly #config: MarketEnvConfig;
  readonly #free = new Map<Timeline, (IndexedExchange | SimulatedExchange)[]>();
  /** What those follow that apply every message and are used again. */
  readonly #realism = new WeakMap<SimulatedExchange, Realism>();
  /** Environments of a vector take turns. */
  readonly #records = new DeskRecords();

  constructor(config: MarketEnvConfig) {
    this.#config = config;
  }

  take(timeline: Timeline, conditions: Conditions): EpisodeExchange {
    const { level, random } = conditions;
    const free = this.#free.get(timeline)?.pop();
    if (free instanceof IndexedExchange) {
      free.realism.level = level;
      free.begin(random);
      return free;
    }
    if (free !== undefined) {
      this.#realism.get(free)!.level = level;
      return rewound(free, timeline, random);
    }
    const options = this.#options(timeline, conditions);
    if (timeline.history !== undefined) {
      return new IndexedExchange(timeline, timeline.history, { ...options, records: this.#records });
    }
    const plain = new SimulatedExchange(timeline.tape, options, undefined, timeline.points);
    this.#realism.set(plain, options.realism);
    return rewound(plain, timeline, undefined);
  }

  /** One that keeps orders and fills, for a trace. It applies every message, and is never used again. */
  traced(timeline: Timeline, conditions: Conditions): SimulatedExchange {
    const options = { ...this.#options(timeline, conditions), history: true };
    return rewound(new SimulatedExchange(timeline.tape, options, undefined, timeline.points), timeline, undefined);
  }

  /**
   * Makes one ahead where that takes its time, with room for what waits at the start: a market whose every message is
   * applied has books of its own.
   */
  prepare(timeline: Timeline, conditions: Conditions): void {
    if (timeline.history === undefined) this.give(timeline, this.take(timeline, conditions));
  }

  give(timeline: Timeline, exchange: EpisodeExchange): void {
    const again = exchange instanceof SimulatedExchange && this.#realism.has(exchange);
    if (!again && !(exchange instanceof IndexedExchange)) return;
    const free = this.#free.get(timeline);
    if (free === undefined) this.#free.set(timeline, [exchange]);
    else free.push(exchange);
  }

  #options(timeline: Timeline, { level, random }: Conditions): ExchangeOptions & { readonly realism: Realism } {
    const { rules } = timeline.tape.market;
    const realism = { level };
    return {
      ...modelsOf(this.#config, rules, realism),
      realism,
      random: random ?? new Random(0 as Seed),
      bankroll: this.#config.bankroll / rules.lotSize,
      watched: timeline.watched
    };
  }
}

/** At the beginning of an episode. @param random the episode's own stream, where it is another than before */
function rewound(exchange: SimulatedExchange, timeline: Timeline, random: Random | undefined): SimulatedExchange {
  exchange.state.copyQuotesFrom(timeline.start, timeline.watched);
  exchange.resume(timeline.firstMessage, timeline.times[0]! as Nanos, random);
  return exchange;
}

/** What an episode is played under. */
export interface Conditions {
  /** See `Realism`. */
  readonly level: number;
  /** The episode's own stream, where anything is left to chance. */
  readonly random: Random | undefined;
}

/** Best prices and what waits there; a record that is written over. */
interface TouchAndSizes extends Touch {
  bidLots: number;
  askLots: number;
}

/** Written over at every step of every episode, and read no later: each at hand still when the next one needs it. */
const action = new SlotAction();
const touch: TouchAndSizes = { bid: NO_TICK, ask: NO_TICK, bidLots: 0, askLots: 0, lastTick: 0 };
const outcome = new StepOutcome();
const view: SlotView = emptyView(new GreenUp());

/** What closes a position at prices that are seen late: of those there are best ones alone, taken for any size. */
function closeAtSeen(
  account: BackLayAccount,
  runner: number,
  touches: Int32Array,
  row: number,
  points: Float64Array,
  into: GreenUp
): void {
  touch.bid = touches[row]!;
  touch.ask = touches[row + 1]!;
  touch.bidLots = Infinity;
  touch.askLots = Infinity;
  if (!greenUpAtTouch(account, runner, touch, points, into)) greenUp(account, runner, NO_BOOK, points, into);
}

/** One environment of the vector; `index` is its row in the buffers. */
export class PreOffEpisode {
  readonly #config: MarketEnvConfig;
  readonly #pool: ExchangePool;
  readonly #recorder: TraceRecorder | undefined;
  readonly #buffers: StepBuffers;
  readonly #index: number;
  readonly #observationSize: number;
  readonly #infoSize: number;
  readonly #orders: readonly OrdersOfSlot[];
  readonly #greens: readonly GreenUp[];
  /** Middle of each slot's book when the step was decided, hundredths; 0 without one. */
  readonly #mid: Float64Array;
  readonly #visitFill: (fill: Fill) => void;
  readonly #visitOrder: (order: Order) => void;
  /** The recorder while an episode is recorded. */
  #trace: TraceRecorder | undefined;
  #timeline: Timeline | undefined;
  #exchange: EpisodeExchange | undefined;
  #level = 1;
  /** What the agent sees of the market: the timeline itself, or a late view of it. */
  #seen: MarketView | undefined;
  #step = 0;
  #value = 0;
  #worst = 0;
  #return = 0;
  #filledOrders = 0;
  #accepted = 0;
  #latencyNanos = 0;
  #takenLots = 0;
  #takenSlip = 0;
  #lotSize = 0.01;
  readonly #stakes: { -readonly [K in keyof StakeRange]: number } & { bankrollLots: number };
  #limitLots = 0;

  constructor(options: {
    config: MarketEnvConfig;
    pool: ExchangePool;
    buffers: StepBuffers;
    index: number;
    trace: TraceRecorder | undefined;
  }) {
    const { config, pool, buffers, index, trace } = options;
    this.#recorder = trace;
    this.#config = config;
    this.#pool = pool;
    this.#buffers = buffers;
    this.#index = index;
    this.#observationSize = observationSize(config.slots);
    this.#infoSize = episodeInfo(config).length;
    this.#orders = Array.from({ length: config.slots }, () => new OrdersOfSlot());
    this.#greens = greenUps(config.slots);
    this.#mid = new Float64Array(config.slots);
    this.#stakes = { minimumLots: 0, capLots: 0, bankrollLots: 0 };
    this.#visitFill = (fill) => {
      this.#noteFill(fill);
    };
    this.#visitOrder = (order) => {
      this.#noteOrder(order);
    };
  }

  /** Taken in this episode. */
  get decisions(): number {
    return this.#step;
  }

  /** Starts an episode and writes its first observation. @param traced whether it is recorded, if it can be */
  begin(timeline: Timeline, conditions: Conditions, traced: boolean): void {
    this.end();
    this.#trace = traced ? this.#recorder : undefined;
    this.#trace?.begin();
    const { rules } = timeline.tape.market;
    const { stakeCap, bankroll, exposureLimit } = this.#config;
    this.#timeline = timeline;
    this.#level = conditions.level;
    this.#exchange =
      this.#trace === undefined ? this.#pool.take(timeline, conditions) : this.#pool.traced(timeline, conditions);
    this.#lotSize = rules.lotSize;
    this.#stakes.minimumLots = Math.min(rules.orders.minimum, Math.round(stakeCap / rules.lotSize));
    this.#stakes.capLots = Math.round(stakeCap / rules.lotSize);
    this.#stakes.bankrollLots = bankroll / rules.lotSize;
    this.#limitLots = exposureLimit / rules.lotSize;
    this.#seen = timeline.late === undefined ? timeline : viewAt(timeline.late, conditions.level);
    this.#step = 0;
    this.#value = 0;
    this.#worst = 0;
    this.#return = 0;
    this.#filledOrders = 0;
    this.#accepted = 0;
    this.#latencyNanos = 0;
    this.#takenLots = 0;
    this.#takenSlip = 0;
    for (let slot = 0; slot < this.#orders.length; slot++) {
      this.#orders[slot]!.clear();
      this.#greens[slot]!.clear();
    }
    this.#observe(this.#exchange, timeline, this.#buffers.observations);
  }

  /** Gives the exchange back; the episode is over. */
  end(): void {
    if (this.#timeline !== undefined && this.#exchange !== undefined) this.#pool.give(this.#timeline, this.#exchange);
    this.#timeline = undefined;
    this.#exchange = undefined;
  }

  /**
   * One decision: reads the action, moves the market on, writes reward, terms, flags and info. The observation goes
   * into `observations`, or into `finalObservations` when the episode ended. Returns whether it did.
   */
  step(): boolean {
    const exchange = this.#exchange!;
    const timeline = this.#timeline!;
    const { terminated, truncated, rewards, rewardTerms } = this.#buffers;
    const i = this.#index;
    outcome.tradeCostLots = 0;
    outcome.requests = this.#act(exchange, timeline);
    this.#step++;
    const last = this.#step === timeline.steps;
    this.#advance(exchange, timeline, this.#step);
    exchange.drainFills(this.#visitFill);
    this.#worst = exchange.account.worst() / 100;
    const breached = -this.#worst > this.#limitLots;
    terminated[i] = breached || (last && timeline.end === 'off') ? 1 : 0;
    truncated[i] = last && terminated[i] === 0 ? 1 : 0;
    const ended = last || breached;
    const before = this.#value;
    this.#observe(exchange, timeline, ended ? this.#buffers.finalObservations : this.#buffers.observations);
    outcome.markToMarketChange = this.#value - before;
    outcome.ended = ended;
    outcome.worstLots = this.#worst;
    outcome.allGreen = ended && exchange.account.allGreen();
    outcome.exposureLots = Math.max(0, -this.#worst);
    writeReward(outcome, this.#config.reward, this.#stakes, rewardTerms, i * REWARD_TERMS.length);
    rewards[i] = outcome.reward;
    this.#return += outcome.reward;
    this.#writeInfo(exchange, ended);
    if (this.#trace !== undefined && exchange instanceof SimulatedExchange) {
      this.#record(this.#trace, exchange, timeline, ended);
    }
    return ended;
  }

  #record(trace: TraceRecorder, exchange: SimulatedExchange, timeline: Timeline, ended: boolean): void {
    const { actions, rewards, rewardTerms, info } = this.#buffers;
    const row = <T>(array: { subarray(from: number, to: number): T }, width: number): T =>
      array.subarray(this.#index * width, (this.#index + 1) * width);
    trace.decide({
      millis: epochMillis(timeline.tape, timeline.times[this.#step - 1]! as Nanos),
      action: [...row(actions as Float32Array, this.#config.slots * ACTIONS_PER_SLOT)],
      reward: rewards[this.#index]!,
      terms: [...row(rewardTerms, REWARD_TERMS.length)],
      markToMarket: this.#value * this.#lotSize,
      worst: this.#worst * this.#lotSize
    });
    if (ended) trace.finish(exchange, timeline, row(info, this.#infoSize));
  }

  #act(exchange: EpisodeExchange, timeline: Timeline): number {
    // What does not change is read once: past the calls in the loop nothing else knows that it does not.
    const { actions } = this.#buffers;
    const { slots } = this.#config;
    const { runners, points } = timeline;
    const { touches } = this.#seen!;
    const mid = this.#mid;
    const orders = this.#orders;
    const greens = this.#greens;
    const stakes = this.#stakes;
    touch.lastTick = points.length - 1;
    let row = this.#step * slots * TOUCH_WIDTH;
    let requests = 0;
    let at = this.#index * slots * ACTIONS_PER_SLOT;
    for (let slot = 0; slot < slots; slot++, at += ACTIONS_PER_SLOT, row += TOUCH_WIDTH) {
      const runner = runners[slot]!;
      if (runner === NO_RUNNER || touches[row + 4] === 1) continue;
      const bid = touches[row]!;
      const ask = touches[row + 1]!;
      const both = bid !== NO_TICK && ask !== NO_TICK;
      mid[slot] = both ? (points[bid]! + points[ask]!) / 2 : 0;
      touch.bid = bid;
      touch.ask = ask;
      decodeAction(actions, at, touch, stakes, action);
      requests += orders[slot]!.act(action, runner, exchange, greens[slot]!, stakes);
    }
    return requests;
  }

  /** On to a decision, but never into the off: the book before it is the last one there is to hedge at. */
  #advance(exchange: EpisodeExchange, timeline: Timeline, decision: number): void {
    if (exchange instanceof IndexedExchange) exchange.toDecision(decision);
    else if (exchange instanceof SimulatedExchange) {
      exchange.advanceTo(timeline.times[decision]! as Nanos, timeline.lastMessage);
    }
  }

  #noteFill(fill: Fill): void {
    const { order, lots, points } = fill;
    const slot = this.#timeline!.slotOf[order.slot]!;
    const mid = this.#mid[slot]!;
    const sign = order.side === Side.back ? 1 : -1;
    if (mid > 0) outcome.tradeCostLots += Math.max(0, lots * sign * (1 - points / mid));
    if (!fill.taking || order.touchAtDecision === NO_TICK) return;
    const touch = this.#timeline!.points[order.touchAtDecision]!;
    this.#takenLots += lots;
    this.#takenSlip += (lots * sign * (touch - points)) / touch;
  }

  #noteOrder(order: Order): void {
    if (wasMatched(order)) this.#filledOrders++;
    if (order.acceptedAt > order.madeAt) {
      this.#accepted++;
      this.#latencyNanos += order.acceptedAt - order.madeAt;
    }
  }

  /**
   * Slot by slot: takes leave of orders that are done, values what is held and writes what is seen. One pass: what a slot
   * is asked lies together, and is far away by the next. `#value` is the hedged value in lots after commission; of a late
   * view the agent has what its own prices make of it, in `#greens` as in what it is told, and a runner that has left
   * stays until the feed says so.
   */
  #observe(exchange: EpisodeExchange, timeline: Timeline, into: Float32Array): void {
    const { account, books } = exchange;
    const { slots } = this.#config;
    const cap = this.#stakes.capLots;
    const seen = this.#seen!;
    const late = seen !== timeline;
    const { runners, touches, points } = timeline;
    const seenTouches = seen.touches;
    const greens = this.#greens;
    const bySlot = this.#orders;
    view.account = account;
    view.sumIfLoses = account.sumIfLoses();
    let sum = 0;
    let sumSeen = 0;
    let row = this.#step * slots * TOUCH_WIDTH;
    let at = this.#index * this.#observationSize;
    into.set(seen.observations[this.#step]!, at);
    for (let slot = 0; slot < slots; slot++, row += TOUCH_WIDTH, at += SLOT_WIDTH) {
      const runner = runners[slot]!;
      if (runner === NO_RUNNER) continue;
      const orders = bySlot[slot]!;
      orders.sweep(exchange, this.#visitOrder);
      const green = greens[slot]!;
      touch.bid = touches[row]!;
      touch.ask = touches[row + 1]!;
      touch.bidLots = touches[row + 2]!;
      touch.askLots = touches[row + 3]!;
      if (!greenUpAtTouch(account, runner, touch, points, green)) {
        greenUp(account, runner, books[runner]!, points, green);
      }
      sum += green.value;
      if (late) {
        closeAtSeen(account, runner, seenTouches, row, points, green);
        sumSeen += green.value;
      }
      // Its features are zeros already.
      if (seenTouches[row + 4] === 1) continue;
      view.slot = runner;
      view.green = green;
      view.back = orders.newestBack;
      view.lay = orders.newestLay;
      view.bestBid = touch.bid;
      view.bestAsk = touch.ask;
      writeSlot(view, cap, into, at + RUNNER_FEATURES.length);
    }
    const { commissionPercent } = this.#config;
    const lots = sum / 100;
    this.#value = lots - commissionOn(lots, commissionPercent / 100);
    const told = late ? sumSeen / 100 : lots;
    at += MARKET_FEATURES.length;
    into[at] = (told - commissionOn(told, commissionPercent / 100)) / cap;
    into[at + 1] = this.#worst / cap;
    into[at + 2] = account.exposure() / 100 / this.#limitLots;
    into[at + 3] = this.#step / this.#config.maxSteps;
    clipRange(into, at, at + ACCOUNT_COLUMNS.length);
  }

  #writeInfo(exchange: EpisodeExchange, ended: boolean): void {
    const { info } = this.#buffers;
    const traded = exchange.account.traded();
    let at = this.#index * this.#infoSize;
    let filled = this.#filledOrders;
    let accepted = this.#accepted;
    let latency = this.#latencyNanos;
    if (ended) {
      for (const { orders } of this.#orders) {
        for (const order of orders) {
          if (wasMatched(order)) filled++;
          if (order.acceptedAt > order.madeAt) {
            accepted++;
            latency += order.acceptedAt - order.madeAt;
          }
        }
      }
    }
    info[at++] = this.#return;
    info[at++] = this.#step;
    info[at++] = traded && this.#worst >= 0 ? 1 : 0;
    info[at++] = traded ? 1 : 0;
    info[at++] = this.#value / this.#stakes.bankrollLots;
    info[at++] = this.#worst / this.#stakes.bankrollLots;
    info[at++] = exchange.submitted;
    info[at++] = filled;
    info[at++] = this.#takenLots > 0 ? (1e4 * this.#takenSlip) / this.#takenLots : 0;
    info[at++] = accepted > 0 ? latency / accepted / NANOS_PER_MILLI : 0;
    info[at++] = this.#value * this.#lotSize;
    if (this.#config.curriculumSteps > 0) info[at] = this.#level;
  }
}
