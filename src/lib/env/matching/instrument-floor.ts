/**
 * The venue of one market of instruments, as far from us as latency makes it: moves through the tape by the venue's
 * clock, carries out the requests that have arrived between its rows, and sends answers on their way. Knows no account
 * and nothing of what we have seen.
 */
import type { Nanos } from '../../core/units.ts';
import { MarketStatus, NO_SLOT, Outcome, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { Answer, AnswerKind } from './answers.ts';
import type { InstrumentOptions } from './instrument-options.ts';
import { InstrumentOrder } from './instrument-order.ts';
import type { InstrumentEnd } from './instrument-order.ts';
import { InstrumentVenue } from './instrument-venue.ts';
import type { VenueMatch } from './instrument-venue.ts';
import type { RequestKind } from './latency.ts';
import { OrderStatus } from './order.ts';
import { otherQueues, queueNamed } from './queue/queue-name.ts';
import { ShadowQueues } from './shadow-queues.ts';
import { Wire } from './wire.ts';

interface SentRequest {
  due: Nanos;
  kind: RequestKind;
  order: InstrumentOrder;
  /** Of `order`: its record may be another order's by the time the request arrives. */
  id: number;
  /** The order that takes the place of `order`, for a replace, and its id. */
  successor: InstrumentOrder | undefined;
  successorId: number;
  /** Lots to cancel; Infinity for all that is left. */
  lots: number;
}

export class InstrumentFloor {
  /** By slot. */
  readonly venues: readonly InstrumentVenue[];
  /** What we will be told, and when. */
  readonly answers: Wire<Answer>;
  /** Of the queue model that counts. */
  readonly queueId: string;
  readonly #tape: Tape;
  readonly #options: InstrumentOptions;
  readonly #requests: Wire<SentRequest>;
  readonly #moment = { time: 0 as Nanos, message: 0 };
  /** The next row to come, by the venue's clock. */
  #next = 0;
  #status: MarketStatus = MarketStatus.inactive;
  #now: Nanos = 0 as Nanos;
  /** The row that is being worked. */
  #row = 0;
  /** How far `advance` goes, and how far `#rows` does: a time that is handed over would be an object. */
  until = 0;
  #rowsUntil = 0;

  constructor(tape: Tape, options: InstrumentOptions) {
    const { rules, runners } = tape.market;
    this.#tape = tape;
    this.#options = options;
    const nobody = new InstrumentOrder();
    this.#requests = new Wire(() => ({
      due: 0 as Nanos,
      kind: 'place',
      order: nobody,
      id: 0,
      successor: undefined,
      successorId: 0,
      lots: 0
    }));
    this.answers = new Wire(() => new Answer(nobody));
    const queue = typeof options.queue === 'string' ? queueNamed(options.queue, rules) : options.queue;
    this.queueId = queue.id;
    const others = options.history === true ? (options.shadows ?? otherQueues(queue, rules)) : [];
    const shadows = others.length > 0 ? new ShadowQueues(others) : undefined;
    const report = {
      accepted: (order: InstrumentOrder) => {
        this.#answer(AnswerKind.accepted, order).lots = order.open;
      },
      filled: (order: InstrumentOrder, match: Readonly<VenueMatch>) => {
        this.#answerFill(order, match);
      },
      withdrawn: (order: InstrumentOrder, lots: number, reason: InstrumentEnd) => {
        const answer = this.#answer(AnswerKind.withdrawn, order);
        answer.lots = lots;
        answer.reason = reason;
      }
    };
    const shared = {
      rules,
      queue,
      report,
      shadows,
      wholeFills: options.partialFills === 'none',
      moment: this.#moment,
      slippage: options.slippage,
      random: options.random.split('slippage')
    };
    this.venues = runners.map((_, slot) => new InstrumentVenue({ ...shared, slot }));
  }

  /** Whether the tape has nothing more to show. */
  get ended(): boolean {
    return this.#next === this.#tape.rows;
  }

  /** Starts over without orders, at the start of the tape or where another floor of it has come to. */
  reset(from?: InstrumentFloor): void {
    this.#requests.clear();
    this.answers.clear();
    this.#next = from === undefined ? 0 : from.#next;
    this.#status = from === undefined ? MarketStatus.inactive : from.#status;
    this.#now = from === undefined ? (0 as Nanos) : from.#now;
    for (let slot = 0; slot < this.venues.length; slot++) {
      const venue = this.venues[slot]!;
      const other = from?.venues[slot];
      venue.clearOrders();
      if (other === undefined) venue.book.clear();
      else venue.book.copyFrom(other.book);
      venue.ended = other?.ended ?? false;
    }
  }

  /** All that happens at the venue up to and including `until`. */
  advance(): void {
    const requests = this.#requests;
    while (requests.hasBy(this.until)) {
      this.#rowsUntil = requests.earliest;
      this.#rows();
      if (this.#rowsUntil > this.#now) this.#now = this.#rowsUntil as Nanos;
      this.#carryOut(requests.take());
    }
    this.#rowsUntil = this.until;
    this.#rows();
  }

  /** The venue itself makes an order, to liquidate a position: it is there at once. */
  force(order: InstrumentOrder): void {
    this.#row = this.#next;
    this.#arrive(order);
  }

  /** Sends a request off when its order says that it was asked for; its record, to be completed. */
  send(kind: RequestKind, order: InstrumentOrder): SentRequest {
    const latency = this.#options.latency(kind, this.#options.random);
    this.#requests.due = (order.askedAt + latency) as Nanos;
    const request = this.#requests.send();
    request.kind = kind;
    request.order = order;
    request.id = order.id;
    request.successor = undefined;
    request.successorId = 0;
    request.lots = Infinity;
    return request;
  }

  /** The venue's rows up to and including `#rowsUntil`. */
  #rows(): void {
    const { venues } = this;
    const until = this.#rowsUntil;
    const { exchange, kind, slot, tick, lots, exchangeOrder, rows } = this.#tape;
    let at = this.#next;
    while (at < rows) {
      const row = exchangeOrder === undefined ? at : exchangeOrder[at]!;
      const time = exchange[row]!;
      if (time > until) break;
      at++;
      const what = kind[row]!;
      if (what > RowKind.ask) {
        this.#now = time as Nanos;
        this.#event(row);
        continue;
      }
      const venue = venues[slot[row]!]!;
      if (venue.idle) {
        if (what === RowKind.bid) venue.book.setBid(tick[row]!, lots[row]!);
        else venue.book.setAsk(tick[row]!, lots[row]!);
        continue;
      }
      this.#now = time as Nanos;
      this.#row = row;
      this.#moment.time = time as Nanos;
      this.#moment.message = row;
      if (what === RowKind.bid) venue.bid(tick[row]!, lots[row]!);
      else venue.ask(tick[row]!, lots[row]!);
    }
    this.#next = at;
  }

  /** Any row that is no level. */
  #event(row: number): void {
    const { kind, slot, tick, lots } = this.#tape;
    const what = kind[row]! as RowKind;
    this.#row = row;
    this.#moment.time = this.#now;
    this.#moment.message = row;
    if (slot[row] === NO_SLOT) {
      if (what === RowKind.status) this.#status = lots[row]! as MarketStatus;
      if (what === RowKind.clear) for (const venue of this.venues) venue.clearBook();
      if (what !== RowKind.status || lots[row] !== MarketStatus.closed) return;
      for (const venue of this.venues) venue.close('marketNotOpen');
      return;
    }
    const venue = this.venues[slot[row]!]!;
    switch (what) {
      case RowKind.buyTrade:
        venue.bought(tick[row]!, lots[row]!);
        return;
      case RowKind.sellTrade:
        venue.sold(tick[row]!, lots[row]!);
        return;
      case RowKind.trade:
        venue.traded(tick[row]!, lots[row]!);
        return;
      case RowKind.clearBids:
        venue.clearBids(tick[row]!);
        return;
      case RowKind.clearAsks:
        venue.clearAsks(tick[row]!);
        return;
      case RowKind.clear:
        venue.clearBook();
        return;
      case RowKind.outcome:
        if (lots[row] === Outcome.unknown) return;
        venue.ended = true;
        venue.close('settled');
        return;
      default:
    }
  }

  #carryOut({ kind, order, id, successor, successorId, lots }: SentRequest): void {
    this.#row = this.#next;
    const known = order.id === id;
    if (kind === 'place') {
      if (known && order.venueStatus === OrderStatus.pending) this.#arrive(order);
      return;
    }
    const venue = this.venues[order.slot]!;
    let gone = 0;
    if (known && order.venueStatus === OrderStatus.executable) {
      gone = venue.withdraw(order, lots, kind === 'cancel' ? 'cancelled' : 'replaced');
    } else if (known) this.#answer(AnswerKind.tooLate, order);
    if (successor?.id !== successorId || successor.venueStatus !== OrderStatus.pending) return;
    successor.open = gone > 0 ? gone : successor.open;
    if (gone > 0) this.#arrive(successor);
    else this.#turnAway(successor, 'nothingToReplace');
  }

  #arrive(order: InstrumentOrder): void {
    const venue = this.venues[order.slot]!;
    if (venue.ended) this.#turnAway(order, 'settled');
    else if (this.#status !== MarketStatus.open) this.#turnAway(order, 'marketNotOpen');
    else venue.arrive(order);
  }

  #turnAway(order: InstrumentOrder, reason: InstrumentEnd): void {
    const answer = this.#answer(AnswerKind.withdrawn, order);
    answer.lots = order.open;
    answer.reason = reason;
    order.open = 0;
    order.venueStatus = OrderStatus.complete;
  }

  #answer(kind: AnswerKind, order: InstrumentOrder): Answer {
    const latency = this.#options.latency('response', this.#options.random);
    this.answers.due = (this.#now + latency) as Nanos;
    const answer = this.answers.send();
    answer.kind = kind;
    answer.order = order;
    answer.id = order.id;
    answer.time = this.#now;
    answer.row = this.#row;
    return answer;
  }

  #answerFill(order: InstrumentOrder, match: Readonly<VenueMatch>): void {
    const answer = this.#answer(AnswerKind.filled, order);
    answer.lots = match.lots;
    answer.tick = match.tick;
    answer.role = match.role;
    answer.cause = match.cause;
    answer.ahead = match.ahead;
    answer.traded = match.traded;
    answer.tradeTick = match.tradeTick;
  }
}
