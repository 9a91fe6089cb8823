/**
 * One environment of `SimulatedPreOff-v0`: the task, action, observation and reward of `AUPreOffV7TradeCost` on a
 * market that answers. An episode is a market of its own, drawn from a seed; nothing of it exists before it is played.
 *
 * - It begins `startMinutes` before the scheduled off, after a minute of trading without us.
 * - TERMINATED at the turn in play, which comes at a random moment after the schedule, and when the worst runner's loss
 *   passes the exposure limit. TRUNCATED at the step limit.
 * - At the end what waits is void and what is matched is hedged against the last book before the turn.
 * - Where the feed is late the agent decides by what it has been told, orders of its own and account apart; it is paid by
 *   the market as it is.
 */
import type { ForecastSpec } from '../../../config/forecasts.ts';
import type { SimulatedEnvConfig } from '../../../config/run-config.ts';
import { seconds } from '../../../core/units.ts';
import type { Nanos } from '../../../core/units.ts';
import type { BookView } from '../../../market/book.ts';
import { NO_TICK } from '../../../market/tape.ts';
import { GreenUp, greenUp } from '../../account/hedge.ts';
import { SlotAction, ACTIONS_PER_SLOT, decodeAction } from '../../market/action.ts';
import type { StakeRange, Touch } from '../../market/action.ts';
import { EpisodeLedger } from '../../market/episode-ledger.ts';
import type { EpisodeScale } from '../../market/episode-ledger.ts';
import { Hindsight } from '../../market/hindsight.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from '../../market/market-columns.ts';
import { EPISODE_INFO, episodeInfo } from '../../market/metrics.ts';
import { SLOT_WIDTH, clipRange, emptyView, observationSize, writeSlot } from '../../market/observation.ts';
import type { SlotView } from '../../market/observation.ts';
import { OrdersOfSlot } from '../../market/orders-of-slot.ts';
import { REWARD_TERMS } from '../../market/reward.ts';
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
  readonly #infoSize: number;
  readonly #orders: readonly OrdersOfSlot[];
  readonly #greens: readonly GreenUp[];
  readonly #runners: Int32Array;
  /** Middle of each slot's book when the step was decided, as the agent saw it, hundredths; 0 without one. */
  readonly #mid: Float64Array;
  readonly #action = new SlotAction();
  readonly #touch: Touch = { bid: NO_TICK, ask: NO_TICK, lastTick: 0 };
  readonly #view: SlotView;
  readonly #scale: EpisodeScale & StakeRange;
  readonly #ledger = new EpisodeLedger();
  readonly #visitFill: (fill: Fill) => void;
  readonly #visitOrder: (order: Order) => void;
  /** Undefined where nobody asked what decisions come to. */
  readonly #hindsight: Hindsight | undefined;
  readonly #onTrade: (runner: number, tick: number, lots: number) => void;
  #exchange: LiveExchange | undefined;
  /** The recorder while an episode is recorded, and the episode's name. */
  #trace: TraceRecorder | undefined;
  #name = '';
  #turn = 0 as Nanos;

  constructor(options: {
    config: SimulatedEnvConfig;
    buffers: StepBuffers;
    index: number;
    forecast?: ForecastSpec | undefined;
  }) {
    const { config, buffers, index, forecast } = options;
    this.#config = config;
    this.#buffers = buffers;
    this.#index = index;
    this.#infoSize = episodeInfo(config).length;
    this.#orders = Array.from({ length: config.slots }, () => new OrdersOfSlot());
    this.#greens = Array.from({ length: config.slots }, () => new GreenUp());
    this.#runners = new Int32Array(config.slots);
    this.#mid = new Float64Array(config.slots);
    this.#view = emptyView(this.#greens[0]!);
    const capLots = Math.round(config.stakeCap * LOTS_PER_UNIT);
    this.#scale = {
      minimumLots: Math.min(LOTS_PER_UNIT, capLots),
      capLots,
      bankrollLots: config.bankroll * LOTS_PER_UNIT,
      limitLots: config.exposureLimit * LOTS_PER_UNIT,
      lotSize: 1 / LOTS_PER_UNIT,
      commissionPercent: config.commissionPercent,
      maxSteps: config.maxSteps
    };
    if (forecast !== undefined) {
      this.#hindsight = new Hindsight({ slots: config.slots, steps: forecast.steps, capLots });
    }
    this.#onTrade = (runner, tick, lots) => {
      const slot = this.#runners.indexOf(runner);
      if (slot >= 0) this.#hindsight?.onTrade(slot, tick, lots);
    };
    this.#visitFill = (fill) => {
      const slot = this.#runners.indexOf(fill.order.slot);
      this.#ledger.noteFill(fill, this.#mid, slot, this.#exchange!.points);
    };
    this.#visitOrder = (order) => {
      this.#ledger.noteOrder(order);
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
    this.#ledger.begin();
    for (let slot = 0; slot < this.#orders.length; slot++) {
      this.#orders[slot]!.clear();
      this.#greens[slot]!.clear();
    }
    exchange.until = seconds(WARM_UP_SECONDS);
    exchange.advance();
    this.#chooseRunners(exchange);
    this.#observe(exchange, this.#buffers.observations);
    if (this.#hindsight === undefined) return;
    exchange.feed.onTrade = this.#onTrade;
    this.#hindsight.begin();
    this.#hindsight.onDecision(exchange.feed.state, this.#runners);
  }

  end(): void {
    if (this.#exchange !== undefined) this.#exchange.feed.onTrade = undefined;
    this.#exchange = undefined;
  }

  /** One decision, as `AUPreOffV7TradeCost` takes it. Returns whether the episode ended. */
  step(): boolean {
    const exchange = this.#exchange!;
    const { account } = exchange;
    const { terminated, truncated, rewards, rewardTerms, observations, finalObservations } = this.#buffers;
    const { maxSteps, decisionSeconds, reward } = this.#config;
    const i = this.#index;
    const ledger = this.#ledger;
    ledger.decide();
    ledger.outcome.requests = this.#act(exchange);
    const due = seconds(WARM_UP_SECONDS + ledger.steps * decisionSeconds);
    const turned = due >= this.#turn;
    exchange.until = turned ? this.#turn : due;
    exchange.advance();
    exchange.drainFills(this.#visitFill);
    for (let slot = 0; slot < this.#orders.length; slot++) this.#orders[slot]!.sweep(exchange, this.#visitOrder);
    this.#mark(exchange);
    ledger.worst = account.worst() / 100;
    const breached = -ledger.worst > this.#scale.limitLots;
    terminated[i] = turned || breached ? 1 : 0;
    truncated[i] = terminated[i] === 0 && ledger.steps >= maxSteps ? 1 : 0;
    const ended = terminated[i] === 1 || truncated[i] === 1;
    ledger.settle(account, ended, reward, this.#scale, rewardTerms, i * REWARD_TERMS.length);
    rewards[i] = ledger.outcome.reward;
    this.#observe(exchange, ended ? finalObservations : observations);
    this.#hindsight?.tell(exchange.feed.state, this.#runners, this.#buffers.labels, i * this.#hindsight.width);
    if (!ended) this.#hindsight?.onDecision(exchange.feed.state, this.#runners);
    if (ended) this.#noteOrdersLeft();
    this.#writeInfo(exchange);
    if (this.#trace !== undefined) this.#record(this.#trace, exchange, ended);
    return ended;
  }

  #record(trace: TraceRecorder, exchange: LiveExchange, ended: boolean): void {
    const { actions, rewards, rewardTerms, info } = this.#buffers;
    const { startEpochNanos } = exchange.feed;
    const { steps, value, worst } = this.#ledger;
    const row = <T>(array: { subarray(from: number, to: number): T }, width: number): T =>
      array.subarray(this.#index * width, (this.#index + 1) * width);
    const decidedSeconds = WARM_UP_SECONDS + (steps - 1) * this.#config.decisionSeconds;
    trace.decide({
      millis: Number(startEpochNanos / 1_000_000n) + 1000 * decidedSeconds,
      action: [...row(actions as Float32Array, this.#config.slots * ACTIONS_PER_SLOT)],
      reward: rewards[this.#index]!,
      terms: [...row(rewardTerms, REWARD_TERMS.length)],
      markToMarket: value / LOTS_PER_UNIT,
      worst: worst / LOTS_PER_UNIT
    });
    if (!ended) return;
    const market = { ...exchange.info, id: this.#name };
    trace.finish(exchange, { tape: { market, startEpochNanos }, runners: this.#runners }, row(info, this.#infoSize));
  }

  /** The shortest prices, as the agent sees them when the episode begins; of equal ones the first. */
  #chooseRunners(exchange: LiveExchange): void {
    const { books } = exchange.seen.state;
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
    const { points } = exchange;
    const { books } = exchange.seen.state;
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
      decodeAction(this.#buffers.actions, at, touch, this.#scale, this.#action);
      requests += this.#orders[slot]!.act(this.#action, runner, exchange, this.#greens[slot]!, this.#scale);
    }
    return requests;
  }

  /** What closing every slot's position comes to, into the ledger; and what would close it as the agent sees it. */
  #mark(exchange: LiveExchange): void {
    const { account, points, books, seen, feed } = exchange;
    const ledger = this.#ledger;
    const late = seen !== feed;
    let sum = 0;
    let told = 0;
    for (let slot = 0; slot < this.#runners.length; slot++) {
      const runner = this.#runners[slot]!;
      if (runner === NO_RUNNER) continue;
      const green = this.#greens[slot]!;
      greenUp(account, runner, books[runner]!, points, green);
      sum += green.value;
      if (!late) continue;
      greenUp(account, runner, seen.state.books[runner]!, points, green);
      told += green.value;
    }
    ledger.points = sum;
    ledger.toldPoints = late ? told : sum;
    ledger.mark(this.#scale);
  }

  /** Orders that wait when the episode ends. */
  #noteOrdersLeft(): void {
    for (let slot = 0; slot < this.#orders.length; slot++) {
      const { orders } = this.#orders[slot]!;
      for (let i = 0; i < orders.length; i++) this.#ledger.noteOrder(orders[i]!);
    }
  }

  #observe(exchange: LiveExchange, into: Float32Array): void {
    const { account } = exchange;
    const { features, state } = exchange.seen;
    const { slots } = this.#config;
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
      features.write(state, runner, into, at);
      this.#bound(into, at, RUNNER_FEATURES.length);
      const orders = this.#orders[slot]!;
      const { bestBid, bestAsk } = state.books[runner]!;
      view.slot = runner;
      view.green = this.#greens[slot]!;
      view.back = orders.newestBack;
      view.lay = orders.newestLay;
      view.bestBid = bestBid;
      view.bestAsk = bestAsk;
      writeSlot(view, this.#scale.capLots, into, at + RUNNER_FEATURES.length);
    }
    features.writeMarket(state, into, at);
    this.#bound(into, at, MARKET_FEATURES.length);
    this.#ledger.writeAccount(account, this.#scale, into, at + MARKET_FEATURES.length);
  }

  /** Features are bounded by their own definitions; a bound here as well keeps the space honest whatever they become. */
  #bound(into: Float32Array, at: number, width: number): void {
    for (let k = at; k < at + width; k++) if (!Number.isFinite(into[k]!)) into[k] = 0;
    clipRange(into, at, at + width);
  }

  #writeInfo(exchange: LiveExchange): void {
    const { info } = this.#buffers;
    const at = this.#index * this.#infoSize;
    this.#ledger.writeInfo(exchange, this.#scale, info, at);
    if (this.#config.curriculumSteps > 0) info[at + EPISODE_INFO.length] = exchange.realism.level;
  }
}

/** Where a runner stands among the others: its best back price, after all others where nobody bids. */
const shortness = ({ bestBid }: BookView): number => (bestBid === NO_TICK ? Number.MAX_SAFE_INTEGER : bestBid);
