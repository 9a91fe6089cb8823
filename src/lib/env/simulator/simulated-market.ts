/**
 * A pre-off win market that trades by itself: people come and go (`people/`), news moves the
 * hidden truth, the venue publishes what changed. It can be stepped, and orders placed in it are orders like any other:
 * they queue, are matched, and move the market. Given a scenario it is the same every time.
 */
import type { Lots, Nanos, Seed, Ticks } from '../../core/units.ts';
import { NANOS_PER_SECOND, seconds } from '../../core/units.ts';
import { Random } from '../../core/random.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import { Arrivals } from './arrivals.ts';
import { News } from './news.ts';
import { actInformed, informedShare } from './people/informed-traders.ts';
import { MarketMaker } from './people/market-maker.ts';
import { actMomentum } from './people/momentum-traders.ts';
import { actNoise } from './people/noise-traders.ts';
import { PatientCrowd } from './people/patient-crowd.ts';
import { actValue } from './people/value-traders.ts';
import { OwnOrders } from './own-orders.ts';
import type { OwnFill, OwnOrder } from './own-orders.ts';
import { Publisher } from './publisher.ts';
import type { RowSink } from './publisher.ts';
import { Race } from './race.ts';
import { RunnerBook, Side } from './runner-book.ts';
import type { Match } from './runner-book.ts';
import type { Scenario } from './scenario.ts';
import { Owner, TradingFloor } from './trading-floor.ts';

const MAKERS = 3;
/** Share of market makers among those who make the book, where the behaviour states none. */
const MAKER_SHARE = 0.5;
/** From suspension to the result. */
const RESULT_SECONDS = 75;
const BET_DELAY_SECONDS = 5;
/** Share of events that are value traders'. */
const VALUE_SHARE = 0.06;
/** Standard deviation of what informed money knows more than the market when the recording starts, ticks. */
const OPENING_ERROR_TICKS = 2;

type Phase = 'preOff' | 'inPlay' | 'suspended' | 'closed';

export class SimulatedMarket {
  readonly scenario: Scenario;
  readonly books: readonly RunnerBook[];
  /** Orders placed from outside, and what became of them. */
  readonly own: OwnOrders;
  readonly #ladder = betfairClassic;
  readonly #floor: TradingFloor;
  readonly #arrivals: Arrivals;
  readonly #news: News;
  readonly #crowd: PatientCrowd;
  readonly #makers: readonly MarketMaker[];
  readonly #publisher: Publisher;
  readonly #sink: RowSink;
  readonly #random: Random;
  readonly #root: Random;
  #race: Race | undefined;
  #phase: Phase = 'preOff';
  #nextMessage: number;
  #time = 0;

  constructor(scenario: Scenario, sink: RowSink) {
    const root = new Random(scenario.seed as Seed, scenario.marketId);
    this.scenario = scenario;
    this.#sink = sink;
    this.books = scenario.runners.map(
      (_, slot) => new RunnerBook(this.#ladder.size, (match) => this.#matched(slot, match))
    );
    this.own = new OwnOrders(this.books);
    this.#root = root;
    this.#random = root.split('venue');
    this.#publisher = new Publisher(sink, this.books, this.#ladder.size);
    const floor = new TradingFloor({ scenario, ladder: this.#ladder, books: this.books, random: root.split('people') });
    this.#floor = floor;
    this.#arrivals = new Arrivals(root.split('arrivals'), {
      behaviour: scenario.behaviour,
      offSeconds: scenario.leadSeconds,
      runners: this.books.length
    });
    this.#arrivals.share((runner) => Math.sqrt(floor.belief.probability(runner)));
    this.#news = new News({ floor, random: root.split('news'), offSeconds: scenario.leadSeconds });
    this.#crowd = new PatientCrowd(floor);
    this.#makers = Array.from(
      { length: MAKERS },
      (_, i) => new MarketMaker({ floor, owner: Owner.maker + i, random: root.split(`maker/${i}`) })
    );
    this.#nextMessage = this.#messageAfter(0);
    this.#open();
  }

  get time(): Nanos {
    return seconds(this.#time);
  }

  /** Orders that came to rest, were cancelled or were matched so far, whoever's they are. */
  get events(): number {
    return this.books.reduce((sum, book) => sum + book.events, 0);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** When the whole story is told. */
  get endSeconds(): number {
    return this.#suspendSeconds + RESULT_SECONDS;
  }

  /** Hidden win probability of a runner at the present time; for tests and for study, never for features. */
  trueProbability(slot: number): number {
    return this.#floor.truth.probability(slot);
  }

  /** What prices are made from: the win probability that the market believes. For tests and for study. */
  believedProbability(slot: number): number {
    return this.#floor.belief.probability(slot);
  }

  /** Runs the market up to a time, messages due by then included. */
  advanceTo(time: Nanos): void {
    const until = Math.min(time / NANOS_PER_SECOND, this.endSeconds);
    while (this.#time < until) {
      const phaseEnd = this.#phaseEnd();
      const news = this.#race ?? this.#news;
      const stop = Math.min(until, this.#nextMessage, phaseEnd, news.next, this.own.nextDue);
      if (this.#phase === 'preOff' || this.#phase === 'inPlay') {
        while (this.#arrivals.next(stop)) this.#act();
      }
      this.#time = stop;
      if (stop === this.own.nextDue) this.#bringOwn();
      if (stop === news.next) news.happen();
      if (stop === phaseEnd) this.#turn();
      else if (stop === this.#nextMessage) {
        if (this.#publisher.hasNews) this.#publisher.publish(this.time, { begun: false });
        this.#nextMessage = this.#messageAfter(stop);
      }
    }
  }

  /**
   * Places an order of ours. It comes to its book after `delaySeconds`, the caller's latency, and in play after the bet
   * delay on top; without either it acts at once. Where it finds the market suspended or closed it is dropped.
   */
  place(order: { slot: number; side: Side; tick: Ticks; lots: Lots; delaySeconds?: number }): OwnOrder {
    const betDelay = this.#phase === 'inPlay' ? this.#betDelaySeconds : 0;
    const due = this.#time + (order.delaySeconds ?? 0) + betDelay;
    const placed = this.own.add(order, due);
    if (due === this.#time) this.#bringOwn();
    return placed;
  }

  /** @returns lots that were still unmatched */
  cancel(order: OwnOrder): Lots {
    return this.own.cancel(order);
  }

  /** Matches of our orders since the last call, in order; each is told in an object that is used again. */
  drainFills(visit: (fill: OwnFill) => void): void {
    this.own.drainFills(visit);
  }

  /** Orders of ours that are due come to their books; money that takes a price moves the belief as anyone's does. */
  #bringOwn(): void {
    const open = this.#phase === 'preOff' || this.#phase === 'inPlay';
    for (let order = this.own.arriving(this.#time); order !== 0; order = this.own.arriving(this.#time)) {
      if (!open || this.own.slot(order) >= this.books.length) continue;
      const slot = this.own.slot(order);
      const taken = this.own.enter(order);
      this.#floor.shift(slot, this.own.side(order), taken, this.#floor.impact(this.#paceOn(slot)));
    }
  }

  get #betDelaySeconds(): number {
    return this.scenario.race?.betDelaySeconds ?? BET_DELAY_SECONDS;
  }

  get #inPlaySeconds(): number {
    return this.scenario.leadSeconds + this.scenario.delaySeconds;
  }

  get #suspendSeconds(): number {
    return this.#inPlaySeconds + this.scenario.inPlaySeconds;
  }

  #phaseEnd(): number {
    switch (this.#phase) {
      case 'preOff':
        return this.#inPlaySeconds;
      case 'inPlay':
        return this.#suspendSeconds;
      case 'suspended':
        return this.endSeconds;
      case 'closed':
        return Number.POSITIVE_INFINITY;
    }
  }

  /** When the venue next gathers what changed into a message; it stamps whole milliseconds. */
  #messageAfter(time: number): number {
    const { rush, eventsPerSecond, messageMillis } = this.scenario.behaviour;
    const [quiet, busy] = messageMillis;
    const pace = (this.#arrivals.baseRate(time) / eventsPerSecond - 1) / Math.max(1e-9, rush - 1);
    const gap = (quiet + (busy - quiet) * pace) * (0.75 + 0.5 * this.#random.uniform());
    return Math.round(time * 1000 + gap) / 1000;
  }

  /** The pace that impact is counted at. */
  #paceOn(runner: number): number {
    const ofHour = this.scenario.behaviour.impactPace === 'hour';
    return ofHour ? this.#arrivals.meanRateOn(runner) : this.#arrivals.rateOn(runner);
  }

  /** One event on the runner that the arrival process chose. */
  #act(): void {
    const floor = this.#floor;
    const runner = this.#arrivals.runner;
    const time = this.#arrivals.time;
    const rate = this.#paceOn(runner);
    if ((!floor.inPlay || this.#race !== undefined) && this.#actWithAim(runner, time, rate)) return;
    if (floor.random.uniform() < (floor.behaviour.makerShare ?? MAKER_SHARE))
      this.#makers[floor.random.below(MAKERS)]!.refresh(runner);
    else this.#crowd.stir(runner);
  }

  /** @returns false when the event belongs to those who make the book: makers and the patient crowd */
  #actWithAim(runner: number, time: number, rate: number): boolean {
    const floor = this.#floor;
    const { noiseTaking, momentumTaking } = floor.behaviour;
    const impact = floor.impact(rate);
    const informed = informedShare(floor, runner, rate);
    const draw = floor.random.uniform();
    if (draw < informed) actInformed(floor, runner, impact);
    else if (draw < informed + noiseTaking) actNoise(floor, runner, impact);
    else if (draw < informed + noiseTaking + momentumTaking) actMomentum(floor, runner, { time, impact });
    else if (draw < informed + noiseTaking + momentumTaking + VALUE_SHARE)
      actValue(floor, this.#crowd, { runner, impact });
    else return false;
    return true;
  }

  #matched(slot: number, match: Readonly<Match>): void {
    this.#publisher.noteTrade(slot, match.tick, match.lots);
    const maker = match.makerOwner - Owner.maker;
    if (maker >= 0 && maker < MAKERS) this.#makers[maker]!.filled(slot, match.side, match.lots);
    if (match.makerOwner > Owner.own) this.#own(slot, match, true);
    if (match.takerOwner > Owner.own) this.#own(slot, match, false);
  }

  #own(slot: number, match: Readonly<Match>, resting: boolean): void {
    const side: Side = resting ? match.side : match.side === Side.bid ? Side.ask : Side.bid;
    this.own.noteFill({
      order: (resting ? match.makerOwner : match.takerOwner) - Owner.own,
      slot,
      side,
      tick: match.tick as Ticks,
      lots: match.lots as Lots,
      time: this.time,
      resting
    });
  }

  /** The first message: the market as it stands when the recording begins. */
  #open(): void {
    const floor = this.#floor;
    for (let runner = 0; runner < this.books.length; runner++) {
      this.#crowd.seed(runner);
      for (const maker of this.#makers) maker.refresh(runner);
    }
    const sink = this.#sink;
    sink.message(0 as Nanos);
    sink.row(RowKind.scheduledStart, NO_SLOT, NO_TICK, this.scenario.scheduledMillis);
    sink.row(RowKind.betDelay, NO_SLOT, NO_TICK, 0);
    sink.row(RowKind.inPlay, NO_SLOT, NO_TICK, 0);
    sink.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    for (let runner = 0; runner < this.books.length; runner++) {
      const at = Math.round(floor.believedTick(runner));
      // What was traded before: mostly near the present price.
      for (let step = -3; step <= 3; step++) {
        const tick = Math.min(this.#ladder.size - 1, Math.max(0, at + step));
        if (tick !== at + step) continue;
        const lots = 2 * floor.stake((3 * floor.ordinaryStake(runner)) / (1 + Math.abs(step)), 0.5);
        sink.row(RowKind.tradedCorrection, runner, tick, lots);
      }
      sink.row(RowKind.lastTraded, runner, at, 0);
    }
    this.#publisher.publish(0 as Nanos, { begun: true });
    for (let runner = 0; runner < this.books.length; runner++) {
      const width = 0.02;
      floor.truth.add(runner, OPENING_ERROR_TICKS * width * this.#random.normal());
    }
  }

  /** From one phase to the next. */
  #turn(): void {
    switch (this.#phase) {
      case 'preOff':
        this.#goInPlay();
        return;
      case 'inPlay':
        this.#suspend();
        return;
      case 'suspended':
        this.#settle();
        return;
      case 'closed':
        return;
    }
  }

  #goInPlay(): void {
    if (this.#publisher.hasNews) this.#publisher.publish(this.time, { begun: false });
    const sink = this.#sink;
    sink.message(this.time);
    sink.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    this.#lapse();
    sink.message(this.time);
    for (let slot = 0; slot < this.books.length; slot++) {
      const odds = Math.exp(0.01 * this.#random.normal()) / this.#floor.belief.probability(slot);
      const price = Math.min(1000, Math.max(1.01, Math.round(odds * 100) / 100));
      sink.row(RowKind.startingPrice, slot, this.#ladder.tickBelow(price), Math.round(price * 1e6));
    }
    sink.row(RowKind.betDelay, NO_SLOT, NO_TICK, this.#betDelaySeconds);
    sink.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
    sink.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    this.#floor.inPlay = true;
    this.#phase = 'inPlay';
    this.#startRace();
    this.#nextMessage = this.#messageAfter(this.#time);
  }

  #startRace(): void {
    const { race, inPlaySeconds } = this.scenario;
    if (race === undefined) return;
    const random = this.#root.split('race');
    this.#race = new Race({ floor: this.#floor, random, race, start: this.#time, seconds: inPlaySeconds });
  }

  #suspend(): void {
    this.#sink.message(this.time);
    this.#sink.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    this.#lapse();
    this.#phase = 'suspended';
  }

  /** Every order lapses, and the open message says so. */
  #lapse(): void {
    for (const book of this.books) book.clear();
    this.own.drop();
    this.#crowd.forget();
    for (const maker of this.#makers) maker.forget();
    this.#publisher.publish(this.time, { begun: true });
  }

  #settle(): void {
    const sink = this.#sink;
    sink.message(this.time);
    sink.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.closed);
    const winner = this.#race?.winner ?? this.#floor.truth.draw(this.#random.uniform());
    for (let slot = 0; slot < this.books.length; slot++) {
      sink.row(RowKind.outcome, slot, NO_TICK, slot === winner ? Outcome.winner : Outcome.loser);
    }
    this.#phase = 'closed';
  }
}
