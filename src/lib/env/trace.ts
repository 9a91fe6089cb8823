/**
 * One episode as plain data for the replay page: what was decided when, what it earned, and every order with its story.
 * It crosses workers and files as it is.
 */
import type { Nanos } from '../core/units.ts';
import { epochMillis } from '../market/tape.ts';
import type { SimulatedExchange } from './matching/exchange.ts';
import type { Order } from './matching/order.ts';
import { OrderStatus } from './matching/order.ts';
import type { OrderStory } from './matching/story.ts';
import type { Timeline } from './market/timeline.ts';

export interface DecisionTrace {
  /** When it was taken, milliseconds since the epoch. */
  readonly millis: number;
  /** [slots, 3]: stake, price, green-up. */
  readonly action: readonly number[];
  /** What the step that followed gave. */
  readonly reward: number;
  readonly terms: readonly number[];
  /** After that step, in the market's currency. */
  readonly markToMarket: number;
  readonly worst: number;
}

export interface OrderTrace extends OrderStory {
  readonly id: number;
  /** Slot of the tape, and that runner's id in the recording. */
  readonly slot: number;
  readonly runnerId: string;
  readonly madeMillis: number;
  readonly acceptedMillis: number;
  /** Undefined while it waits. */
  readonly endedMillis: number | undefined;
}

export interface EpisodeTrace {
  readonly market: string;
  readonly synthetic: boolean;
  /** Slot of the tape in each slot of the environment, -1 for none. */
  readonly runners: readonly number[];
  readonly decisions: readonly DecisionTrace[];
  readonly orders: readonly OrderTrace[];
  /** `info` at the end, in the order of the spec. */
  readonly info: readonly number[];
}

/** Which environment of a vector is recorded, or all of them, and who gets each episode. */
export interface TraceRequest {
  readonly environment: number | 'all';
  onEpisode(trace: EpisodeTrace): void;
}

/** Gathers one environment's decisions; its exchange must keep history. */
export class TraceRecorder {
  readonly #request: TraceRequest;
  #decisions: DecisionTrace[] = [];

  constructor(request: TraceRequest) {
    this.#request = request;
  }

  /** Forgets an episode that was left before its end. */
  begin(): void {
    this.#decisions = [];
  }

  decide(decision: DecisionTrace): void {
    this.#decisions.push(decision);
  }

  finish(exchange: SimulatedExchange, timeline: Timeline, info: Float32Array): void {
    const { tape } = timeline;
    const millisOf = (time: Nanos): number => epochMillis(tape, time);
    const trace: EpisodeTrace = {
      market: tape.market.id,
      synthetic: tape.market.synthetic,
      runners: [...timeline.runners],
      decisions: this.#decisions,
      orders: exchange.orders.map((order) => traceOf(order, exchange, millisOf)),
      info: [...info]
    };
    this.#request.onEpisode(trace);
  }
}

function traceOf(order: Order, exchange: SimulatedExchange, millisOf: (time: Nanos) => number): OrderTrace {
  return {
    ...exchange.explain(order),
    id: order.id,
    slot: order.slot,
    runnerId: exchange.tape.market.runners[order.slot]?.id ?? '',
    madeMillis: millisOf(order.madeAt),
    acceptedMillis: millisOf(order.acceptedAt),
    endedMillis: order.status === OrderStatus.complete ? millisOf(order.endedAt) : undefined
  };
}
