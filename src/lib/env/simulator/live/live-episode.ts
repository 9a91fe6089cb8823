/**
 * One environment of `SimulatedPreOff-v0`: the task, action, observation and reward of `AUPreOffV7TradeCost` on a
 * market that answers. An episode is a market of its own, drawn from a seed; nothing of it exists before it is played.
 *
 * - It begins `startMinutes` before the scheduled off, after a minute of trading without us.
 * - TERMINATED at the turn in play, which comes at a random moment after the schedule, and when the worst runner's loss
 *   passes the exposure limit. TRUNCATED at the step limit.
 * - At the end what waits is void and what is matched is hedged against the last book before the turn.
 */
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { NANOS_PER_MILLI, seconds } from '../../../core/units.ts';
import type { Nanos } from '../../../core/units.ts';
import type { BookView } from '../../../market/book.ts';
import { NO_TICK } from '../../../market/tape.ts';
import { GreenUp, greenUp } from '../../account/hedge.ts';
import { SlotAction, ACTIONS_PER_SLOT, decodeAction } from '../../market/action.ts';
import type { Touch } from '../../market/action.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from '../../market/market-columns.ts';
import { EPISODE_INFO } from '../../market/metrics.ts';
import {
  ACCOUNT_COLUMNS,
  SLOT_WIDTH,
  clipRange,
  emptyView,
  observationSize,
  writeSlot
} from '../../market/observation.ts';
import type { SlotView } from '../../market/observation.ts';
import { OrdersOfSlot } from '../../market/orders-of-slot.ts';
import { REWARD_TERMS, StepOutcome, writeReward } from '../../market/reward.ts';
import { commissionOn } from '../../matching/commission.ts';
import { Side, wasMatched } from '../../matching/order.ts';
import type { Fill, Order } from '../../matching/order.ts';
import type { TraceRecorder } from '../../trace.ts';
import type { StepBuffers } from '../../vector-env.ts';
import type { LiveExchange } from './live-exchange.ts';

/** Seconds of trading before an episode begins, so that its features have something to look back on. */
export const WARM_UP_SECONDS = 60;
/** The last look before the turn in play, seconds: the venue stamps whole milliseconds. */
const BEFORE_TURN_SECONDS = 0.001;
const NO_RUNNER = -1;
const LOTS_PER_UNIT = 100;

export class LiveEpisode {
  readonly #config: SimulatedEnvConfig;
  readonly #buffers: StepBuffers;
  readonly #index: number;
  readonly #orders: readonly OrdersOfSlot[];
  readonly #greens: readonly GreenUp[];
  readonly #runners: Int32Array;
  /** Middle of each slot's book when the step was decided, hundredths; 0 without one. */
  readonly #mid: Float64Array;
  readonly #action = new SlotAction();
  readonly #touch: Touch = { bid: NO_TICK, ask: NO_TICK, lastTick: 0 };
  readonly #outcome = new StepOutcome();
  readonly #view: SlotView;
  readonly #stakes: { readonly minimumLots: number; readonly capLots: number; readonly bankrollLots: number };
  readonly #visitFill: (fill: Fill) => void;
  readonly #visitOrder: (order: Order) => void;
  #exchange: LiveExchange | undefined;
  /** The recorder while an episode is recorded, and the episode's name. */
  #trace: TraceRecorder | undefined;
  #name = '';
  #turn = 0 as Nanos;
  #step = 0;
  #value = 0;
  #worst = 0;
  #return = 0;
  #filled = 0;
  #accepted = 0;
  #latencyNanos = 0;
  #takenLots = 0;
  #takenSlip = 0;

  constructor(options: { config: SimulatedEnvConfig; buffers: StepBuffers; index: number }) {
    const { config, buffers, index } = options;
    this.#config = config;
    this.#buffers = buffers;
    this.#index = index;
    this.#orders = Array.from({ length: config.slots }, () => new OrdersOfSlot());
    this.#greens = Array.from({ length: config.slots }, () => new GreenUp());
    this.#runners = new Int32Array(config.slots);
    this.#mid = new Float64Array(config.slots);
    this.#view = emptyView(this.#greens[0]!);
    const capLots = Math.round(config.stakeCap * LOTS_PER_UNIT);
    this.#stakes = {
      minimumLots: Math.min(LOTS_PER_UNIT, capLots),
      capLots,
      bankrollLots: config.bankroll * LOTS_PER_UNIT
    };
    this.#visitFill = (fill) => {
      this.#noteFill(fill);
    };
    this.#visitOrder = (order) => {
      this.#noteOrder(order);
    };
  }

  /**
   * Lets a market that has just opened trade for a minute, and writes the first observation.
   * @param exchange with history where `trace` is given
   */
  begin(exchange: LiveExchange, name: string, trace: TraceRecorder | undefined): void {
    this.#exchange = exchange;
    this.#trace = trace;
    this.#name = name;
    trace?.begin();
    this.#turn = seconds(exchange.market.turnSeconds - BEFORE_TURN_SECONDS);
    this.#step = 0;
    this.#value = 0;
    this.#worst = 0;
    this.#return = 0;
    this.#filled = 0;
    this.#accepted = 0;
    this.#latencyNanos = 0;
    this.#takenLots = 0;
    this.#takenSlip = 0;
    for (let slot = 0; slot < this.#orders.length; slot++) {
      this.#orders[slot]!.clear();
      this.#greens[slot]!.clear();
    }
    exchange.until = seconds(WARM_UP_SECONDS);
    exchange.advance();
    this.#chooseRunners(exchange);
    this.#observe(exchange, this.#buffers.observations);
  }

  end(): void {
    this.#exchange = undefined;
  }

  /** One decision, as `AUPreOffV7TradeCost` takes it. Returns whether the episode ended. */
  step(): boolean {
    const exchange = this.#exchange!;
    const { terminated, truncated, rewards, rewardTerms, observations, finalObservations } = this.#buffers;
    const i = this.#index;
    const outcome = this.#outcome;
    outcome.tradeCostLots = 0;
    outcome.requests = this.#act(exchange);
    this.#step++;
    const due = seconds(WARM_UP_SECONDS + this.#step * this.#config.decisionSeconds);
    const turned = due >= this.#turn;
    exchange.until = turned ? this.#turn : due;
    exchange.advance();
    exchange.drainFills(this.#visitFill);
    for (let slot = 0; slot < this.#orders.length; slot++) this.#orders[slot]!.sweep(exchange, this.#visitOrder);
    const before = this.#value;
    this.#valueNow(exchange);
    this.#worst = exchange.account.worst() / 100;
    const breached = -this.#worst > this.#config.exposureLimit * LOTS_PER_UNIT;
    terminated[i] = turned || breached ? 1 : 0;
    truncated[i] = terminated[i] === 0 && this.#step >= this.#config.maxSteps ? 1 : 0;
    const ended = terminated[i] === 1 || truncated[i] === 1;
    outcome.markToMarketChange = this.#value - before;
    outcome.ended = ended;
    outcome.worstLots = this.#worst;
    outcome.allGreen = ended && exchange.account.allGreen();
    outcome.exposureLots = Math.max(0, -this.#worst);
    writeReward(outcome, this.#config.reward, this.#stakes, rewardTerms, i * REWARD_TERMS.length);
    rewards[i] = outcome.reward;
    this.#return += rewards[i];
    this.#observe(exchange, ended ? finalObservations : observations);
    if (ended) this.#noteOrdersLeft();
    this.#writeInfo(exchange);
    if (this.#trace !== undefined) this.#record(this.#trace, exchange, ended);
    return ended;
  }

  #record(trace: TraceRecorder, exchange: LiveExchange, ended: boolean): void {
    const { actions, rewards, rewardTerms, info } = this.#buffers;
    const { startEpochNanos } = exchange.feed;
    const row = <T>(array: { subarray(from: number, to: number): T }, width: number): T =>
      array.subarray(this.#index * width, (this.#index + 1) * width);
    const decidedSeconds = WARM_UP_SECONDS + (this.#step - 1) * this.#config.decisionSeconds;
    trace.decide({
      millis: Number(startEpochNanos / 1_000_000n) + 1000 * decidedSeconds,
      action: [...row(actions as Float32Array, this.#config.slots * ACTIONS_PER_SLOT)],
      reward: rewards[this.#index]!,
      terms: [...row(rewardTerms, REWARD_TERMS.length)],
      markToMarket: this.#value / LOTS_PER_UNIT,
      worst: this.#worst / LOTS_PER_UNIT
    });
    if (!ended) return;
    const market = { ...exchange.info, id: this.#name };
    trace.finish(
      exchange,
      { tape: { market, startEpochNanos }, runners: this.#runners },
      row(info, EPISODE_INFO.length)
    );
  }

  /** The shortest prices, as published when the episode begins; of equal ones the first. */
  #chooseRunners(exchange: LiveExchange): void {
    const { books } = exchange;
    const runners = this.#runners;
    let chosen = 0;
    for (let runner = 0; runner < books.length; runner++) {
      const price = shortness(books[runner]!);
      let at = Math.min(chosen, runners.length - 1);
      if (chosen === runners.length && shortness(books[runners[at]!]!) <= price) continue;
      for (; at > 0 && shortness(books[runners[at - 1]!]!) > price; at--) runners[at] = runners[at - 1]!;
      runners[at] = runner;
      if (chosen < runners.length) chosen++;
    }
    runners.fill(NO_RUNNER, chosen);
  }

  #act(exchange: LiveExchange): number {
    const { points, books } = exchange;
    const touch = this.#touch;
    touch.lastTick = points.length - 1;
    let requests = 0;
    let at = this.#index * this.#runners.length * ACTIONS_PER_SLOT;
    for (let slot = 0; slot < this.#runners.length; slot++, at += ACTIONS_PER_SLOT) {
      const runner = this.#runners[slot]!;
      if (runner === NO_RUNNER) continue;
      const { bestBid, bestAsk } = books[runner]!;
      const both = bestBid !== NO_TICK && bestAsk !== NO_TICK;
      this.#mid[slot] = both ? (points[bestBid]! + points[bestAsk]!) / 2 : 0;
      touch.bid = bestBid;
      touch.ask = bestAsk;
      decodeAction(this.#buffers.actions, at, touch, this.#stakes, this.#action);
      requests += this.#orders[slot]!.act(this.#action, runner, exchange, this.#greens[slot]!, this.#stakes);
    }
    return requests;
  }

  /** Hedged value after commission in lots, slot by slot into `#greens`. */
  #valueNow(exchange: LiveExchange): void {
    let points = 0;
    for (let slot = 0; slot < this.#runners.length; slot++) {
      const runner = this.#runners[slot]!;
      if (runner === NO_RUNNER) continue;
      const green = this.#greens[slot]!;
      greenUp(exchange.account, runner, exchange.books[runner]!, exchange.points, green);
      points += green.value;
    }
    const lots = points / 100;
    this.#value = lots - commissionOn(lots, this.#config.commissionPercent / 100);
  }

  #noteFill(fill: Fill): void {
    const { order, lots, points } = fill;
    const mid = this.#mid[this.#runners.indexOf(order.slot)]!;
    const sign = order.side === Side.back ? 1 : -1;
    if (mid > 0) this.#outcome.tradeCostLots += Math.max(0, lots * sign * (1 - points / mid));
    if (!fill.taking || order.touchAtDecision === NO_TICK) return;
    const touch = this.#exchange!.points[order.touchAtDecision]!;
    this.#takenLots += lots;
    this.#takenSlip += (lots * sign * (touch - points)) / touch;
  }

  #noteOrder(order: Order): void {
    if (wasMatched(order)) this.#filled++;
    if (order.acceptedAt > order.madeAt) {
      this.#accepted++;
      this.#latencyNanos += order.acceptedAt - order.madeAt;
    }
  }

  /** Orders that wait when the episode ends. */
  #noteOrdersLeft(): void {
    for (let slot = 0; slot < this.#orders.length; slot++) {
      const { orders } = this.#orders[slot]!;
      for (let i = 0; i < orders.length; i++) this.#noteOrder(orders[i]!);
    }
  }

  #observe(exchange: LiveExchange, into: Float32Array): void {
    const { account, feed } = exchange;
    const { slots, maxSteps, exposureLimit } = this.#config;
    const cap = this.#stakes.capLots;
    const view = this.#view;
    let at = this.#index * observationSize(slots);
    view.account = account;
    view.sumIfLoses = account.sumIfLoses();
    for (let slot = 0; slot < slots; slot++, at += SLOT_WIDTH) {
      const runner = this.#runners[slot]!;
      if (runner === NO_RUNNER) {
        into.fill(0, at, at + SLOT_WIDTH);
        continue;
      }
      feed.features.write(feed.state, runner, into, at);
      this.#bound(into, at, RUNNER_FEATURES.length);
      const orders = this.#orders[slot]!;
      const { bestBid, bestAsk } = exchange.books[runner]!;
      view.slot = runner;
      view.green = this.#greens[slot]!;
      view.back = orders.newestBack;
      view.lay = orders.newestLay;
      view.bestBid = bestBid;
      view.bestAsk = bestAsk;
      writeSlot(view, cap, into, at + RUNNER_FEATURES.length);
    }
    feed.features.writeMarket(feed.state, into, at);
    this.#bound(into, at, MARKET_FEATURES.length);
    at += MARKET_FEATURES.length;
    into[at] = this.#value / cap;
    into[at + 1] = this.#worst / cap;
    into[at + 2] = account.exposure() / 100 / (exposureLimit * LOTS_PER_UNIT);
    into[at + 3] = this.#step / maxSteps;
    clipRange(into, at, at + ACCOUNT_COLUMNS.length);
  }

  /** Features are bounded by their own definitions; a bound here as well keeps the space honest whatever they become. */
  #bound(into: Float32Array, at: number, width: number): void {
    for (let k = at; k < at + width; k++) if (!Number.isFinite(into[k]!)) into[k] = 0;
    clipRange(into, at, at + width);
  }

  #writeInfo(exchange: LiveExchange): void {
    const { info } = this.#buffers;
    const traded = exchange.account.traded();
    const { bankrollLots } = this.#stakes;
    let at = this.#index * EPISODE_INFO.length;
    info[at++] = this.#return;
    info[at++] = this.#step;
    info[at++] = traded && this.#worst >= 0 ? 1 : 0;
    info[at++] = traded ? 1 : 0;
    info[at++] = this.#value / bankrollLots;
    info[at++] = this.#worst / bankrollLots;
    info[at++] = exchange.submitted;
    info[at++] = this.#filled;
    info[at++] = this.#takenLots > 0 ? (1e4 * this.#takenSlip) / this.#takenLots : 0;
    info[at++] = this.#accepted > 0 ? this.#latencyNanos / this.#accepted / NANOS_PER_MILLI : 0;
    info[at] = this.#value / LOTS_PER_UNIT;
  }
}

/** Where a runner stands among the others: its best back price, after all others where nobody bids. */
const shortness = ({ bestBid }: BookView): number => (bestBid === NO_TICK ? Number.MAX_SAFE_INTEGER : bestBid);
