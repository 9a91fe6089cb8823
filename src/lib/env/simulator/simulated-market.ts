/**
 * A pre-off win market that trades by itself: people come and go (`people/`), news moves the
 * hidden truth, the venue publishes what changed. It can be stepped, and orders placed in it are orders like any other:
 * they queue, are matched, and move the market. Given a scenario it is the same every time.
 */
import type { Lots, Nanos, Seed } from '../../core/units.ts';
import { NANOS_PER_SECOND, seconds } from '../../core/units.ts';
import { Random } from '../../core/random.ts';
import { betfairClassic } from '../../market/ladder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import { Arrivals } from './arrivals.ts';
import { News } from './news.ts';
import { People } from './people/people.ts';
import { OwnOrders } from './own-orders.ts';
import type { OwnFill, OwnOrder, OwnRequest } from './own-orders.ts';
import { Publisher } from './publisher.ts';
import type { RowSink } from './publisher.ts';
import { Race } from './race.ts';
import { RunnerBook } from './runner-book.ts';
import type { Match } from './runner-book.ts';
import { streamOf } from './scenario.ts';
import type { MarketTerms, Scenario } from './scenario.ts';
import { Owner, TradingFloor } from './trading-floor.ts';

/** From suspension to the result. */
const RESULT_SECONDS = 75;
const BET_DELAY_SECONDS = 5;
/** Standard deviation of what informed money knows more than the market when the recording starts, ticks. */
const OPENING_ERROR_TICKS = 2;

type Phase = 'preOff' | 'inPlay' | 'suspended' | 'closed';

export class SimulatedMarket {
  readonly books: readonly RunnerBook[];
  /** Orders placed from outside, and what became of them. */
  readonly own: OwnOrders;
  /** How far `advance` runs; the caller sets it. */
  until = 0 as Nanos;
  /** When it turns in play, seconds. */
  turnSeconds = 0;
  /** When the whole story is told. */
  endSeconds = 0;
  readonly #ladder = betfairClassic;
  readonly #floor: TradingFloor;
  readonly #arrivals: Arrivals;
  readonly #news: News;
  readonly #people: People;
  readonly #publisher: Publisher;
  readonly #random = new Random(0 as Seed);
  #root: Random;
  #terms: MarketTerms;
  #race: Race | undefined;
  #phase: Phase = 'preOff';
  #phaseEnd = 0;
  #suspendSeconds = 0;
  #nextMessage = 0;
  #time = 0;

  constructor(scenario: Scenario, sink: RowSink) {
    const { length } = scenario.runners;
    this.#terms = scenario;
    this.#root = streamOf(scenario);
    this.books = Array.from(
      { length },
      (_, slot) => new RunnerBook(this.#ladder.size, (match) => this.#matched(slot, match))
    );
    this.own = new OwnOrders(this.books);
    this.#publisher = new Publisher(sink, this.books, this.#ladder.size);
    this.#floor = new TradingFloor({ ladder: this.#ladder, books: this.books, behaviour: scenario.behaviour });
    this.#arrivals = new Arrivals(length, scenario.behaviour);
    this.#news = new News(this.#floor);
    this.#people = new People(this.#floor);
    this.#start();
  }

  /**
   * Starts over as another market of as many runners, and makes nothing: what is there is used again.
   * @param terms as the stream, read as long as the market is played: they must stay as they are
   * @param stream the market's own
   */
  begin(terms: MarketTerms, stream: Random): void {
    this.#terms = terms;
    this.#root = stream;
    for (let slot = 0; slot < this.books.length; slot++) this.books[slot]!.begin();
    this.own.begin();
    this.#publisher.begin();
    this.#start();
  }

  /** With books, orders and publisher as new. */
  #start(): void {
    const terms = this.#terms;
    const root = this.#root;
    this.#random.reseed(root, 'venue');
    this.#floor.begin(terms, root);
    this.#arrivals.begin(root, terms);
    this.#arrivals.share(this.#shareOf);
    this.#news.begin(root, terms);
    this.#people.begin(root);
    this.#race = undefined;
    this.#phase = 'preOff';
    this.turnSeconds = terms.leadSeconds + terms.delaySeconds;
    this.#suspendSeconds = this.turnSeconds + terms.inPlaySeconds;
    this.endSeconds = this.#suspendSeconds + RESULT_SECONDS;
    this.#phaseEnd = this.turnSeconds;
    this.until = 0 as Nanos;
    this.#time = 0;
    this.#gatherMessage();
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
    this.until = time;
    this.advance();
  }

  /** Runs the market up to `until`, as `advanceTo` does. */
  advance(): void {
    const until = Math.min(this.until / NANOS_PER_SECOND, this.endSeconds);
    const arrivals = this.#arrivals;
    const own = this.own;
    while (this.#time < until) {
      const news = this.#race ?? this.#news;
      const stop = Math.min(until, this.#nextMessage, this.#phaseEnd, news.next, own.nextDue);
      if (this.#phase === 'preOff' || this.#phase === 'inPlay') {
        arrivals.until = stop;
        while (arrivals.next()) this.#act();
      }
      this.#time = stop;
      own.now = stop;
      if (stop === own.nextDue) this.#bringOwn();
      if (stop === news.next) news.happen();
      if (stop === this.#phaseEnd) this.#turn();
      else if (stop === this.#nextMessage) {
        if (this.#publisher.hasNews) {
          this.#message();
          this.#publisher.publish();
        }
        this.#gatherMessage();
      }
    }
  }

  /**
   * Places an order of ours. It comes to its book after `delaySeconds`, the caller's latency, and in play after the bet
   * delay on top; without either it acts at once. Where it finds the market suspended or closed it is dropped.
   */
  place(order: OwnRequest): OwnOrder {
    const placed = this.own.add(order, this.betDelay);
    if (this.own.nextDue <= this.#time) this.#bringOwn();
    return placed;
  }

  /** Seconds that an order placed now waits at the venue before it comes to its book. */
  get betDelay(): number {
    return this.#phase === 'inPlay' ? this.#betDelaySeconds : 0;
  }

  /** Takes an order of ours out of its book, where there is nothing yet of one on its way. @returns lots taken out */
  cancel(order: OwnOrder): Lots {
    return this.own.cancel(order);
  }

  /**
   * What is left to chance goes another way from now on: every stream goes on as another of that name. For the leak
   * test: what was seen before may tell nothing of it.
   */
  divert(name: string): void {
    const other = this.#root.split(name);
    this.#random.reseed(other, 'venue');
    this.#floor.random.reseed(other, 'people');
    this.#arrivals.divert(other);
    this.#news.divert(other);
    this.#people.divert(other);
  }

  /** Matches of our orders since the last call, in order; each is told in an object that is used again. */
  drainFills(visit: (fill: OwnFill) => void): void {
    this.own.drainFills(visit);
  }

  readonly #shareOf = (runner: number): number => Math.sqrt(this.#floor.belief.probability(runner));

  /** Orders of ours that are due come to their books; money that takes a price moves the belief as anyone's does. */
  #bringOwn(): void {
    const { own } = this;
    const floor = this.#floor;
    const open = this.#phase === 'preOff' || this.#phase === 'inPlay';
    for (let order = own.arriving(); order !== 0; order = own.arriving()) {
      if (!open || own.slot(order) >= this.books.length) {
        own.drop(order);
        continue;
      }
      const slot = own.slot(order);
      this.#setPace(slot);
      floor.setImpact();
      const quicker = own.quickerLots(order);
      if (quicker > 0) floor.takeBest(slot, own.side(order), quicker, own.slippedTicks(order) - 1, Owner.noise);
      const taken = own.enter(order);
      floor.shift(slot, own.side(order), taken);
    }
  }

  get #betDelaySeconds(): number {
    return this.#terms.race?.betDelaySeconds ?? BET_DELAY_SECONDS;
  }

  /** Begins a message at the present time, in whole milliseconds. */
  #message(): void {
    this.#publisher.message(Math.round(this.#time * 1000));
    this.own.message = this.#publisher.messages;
  }

  /** Draws when the venue next gathers what changed into a message; it stamps whole milliseconds. */
  #gatherMessage(): void {
    const { rush, eventsPerSecond, messageMillis } = this.#terms.behaviour;
    const arrivals = this.#arrivals;
    const quiet = messageMillis[0];
    arrivals.hour = this.#time;
    arrivals.baseRate();
    const pace = (arrivals.base / eventsPerSecond - 1) / Math.max(1e-9, rush - 1);
    this.#random.drawUniform();
    const gap = (quiet + (messageMillis[1] - quiet) * pace) * (0.75 + 0.5 * this.#random.drawn);
    this.#nextMessage = Math.round(this.#time * 1000 + gap) / 1000;
  }

  /** The pace that impact is counted at. Into the floor: a fraction that is handed back may be an object. */
  #setPace(runner: number): void {
    const arrivals = this.#arrivals;
    if (this.#terms.behaviour.impactPace === 'hour') this.#floor.pace = arrivals.meanRateOn(runner);
    else this.#floor.pace = arrivals.rateOn(runner);
  }

  /** One event on the runner that the arrival process chose. */
  #act(): void {
    const floor = this.#floor;
    const { runner } = this.#arrivals;
    floor.time = this.#arrivals.time;
    this.own.now = this.#arrivals.time;
    this.#setPace(runner);
    this.#people.act(runner, !floor.inPlay || this.#race !== undefined);
  }

  #matched(slot: number, match: Readonly<Match>): void {
    this.#publisher.noteTrade(slot, match.tick, match.lots);
    this.#people.matched(slot, match);
    if (match.makerOwner > Owner.own) this.own.noteFill(slot, match, true);
    if (match.takerOwner > Owner.own) this.own.noteFill(slot, match, false);
  }

  /** The first message: the market as it stands when the recording begins. */
  #open(): void {
    const floor = this.#floor;
    const publisher = this.#publisher;
    const runners = this.books.length;
    for (let runner = 0; runner < runners; runner++) this.#people.open(runner);
    this.#message();
    publisher.row(RowKind.scheduledStart, NO_SLOT, NO_TICK, this.#terms.scheduledMillis);
    publisher.row(RowKind.betDelay, NO_SLOT, NO_TICK, 0);
    publisher.row(RowKind.inPlay, NO_SLOT, NO_TICK, 0);
    publisher.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    for (let runner = 0; runner < runners; runner++) {
      floor.belief.price(runner);
      const at = Math.round(floor.belief.ticks[runner]!);
      // What was traded before: mostly near the present price.
      for (let step = -3; step <= 3; step++) {
        const tick = Math.min(this.#ladder.size - 1, Math.max(0, at + step));
        if (tick !== at + step) continue;
        floor.setOrdinary(runner);
        floor.typical = (3 * floor.ordinary) / (1 + Math.abs(step));
        publisher.row(RowKind.tradedCorrection, runner, tick, 2 * floor.stake(0.5));
      }
      publisher.row(RowKind.lastTraded, runner, at, 0);
    }
    publisher.publish();
    for (let runner = 0; runner < runners; runner++) {
      const width = 0.02;
      this.#random.drawNormal();
      floor.truth.logs[runner]! += OPENING_ERROR_TICKS * width * this.#random.drawn;
      floor.truth.changed(runner);
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
    const publisher = this.#publisher;
    if (publisher.hasNews) {
      this.#message();
      publisher.publish();
    }
    this.#message();
    publisher.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    this.#lapse();
    this.#message();
    for (let slot = 0; slot < this.books.length; slot++) {
      const odds = Math.exp(0.01 * this.#random.normal()) / this.#floor.belief.probability(slot);
      const price = Math.min(1000, Math.max(1.01, Math.round(odds * 100) / 100));
      publisher.row(RowKind.startingPrice, slot, this.#ladder.tickBelow(price), Math.round(price * 1e6));
    }
    publisher.row(RowKind.betDelay, NO_SLOT, NO_TICK, this.#betDelaySeconds);
    publisher.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
    publisher.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
    this.#floor.inPlay = true;
    this.#phase = 'inPlay';
    this.#phaseEnd = this.#suspendSeconds;
    this.#startRace();
    this.#gatherMessage();
  }

  #startRace(): void {
    const { race, inPlaySeconds } = this.#terms;
    if (race === undefined) return;
    const random = this.#root.split('race');
    this.#race = new Race({ floor: this.#floor, random, race, start: this.#time, seconds: inPlaySeconds });
  }

  #suspend(): void {
    this.#message();
    this.#publisher.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended);
    this.#lapse();
    this.#phase = 'suspended';
    this.#phaseEnd = this.endSeconds;
  }

  /** Every order lapses, and the message that was begun says so. */
  #lapse(): void {
    this.own.lapse();
    for (const book of this.books) book.clear();
    this.#people.forget();
    this.#publisher.publish();
  }

  #settle(): void {
    this.#message();
    this.#publisher.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.closed);
    const winner = this.#race?.winner ?? this.#floor.truth.draw(this.#random.uniform());
    for (let slot = 0; slot < this.books.length; slot++) {
      this.#publisher.row(RowKind.outcome, slot, NO_TICK, slot === winner ? Outcome.winner : Outcome.loser);
    }
    this.#phase = 'closed';
    this.#phaseEnd = Number.POSITIVE_INFINITY;
  }
}
