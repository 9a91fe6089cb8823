/**
 * One episode as plain data for the replay page: what was decided when, what it earned, and every order with its story.
 * It crosses workers and files as it is.
 */
import type { Nanos } from '../core/units.ts';
import { NANOS_PER_MILLI } from '../core/units.ts';
import type { MarketInfo } from '../market/tape.ts';
import type { Order } from './matching/order.ts';
import { OrderStatus } from './matching/order.ts';
import type { FillStory, OrderStory } from './matching/story.ts';

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

export interface FillTrace extends FillStory {
  /** When it was made, milliseconds since the epoch. */
  readonly millis: number;
}

export interface OrderTrace extends OrderStory {
  readonly fills: readonly FillTrace[];
  readonly id: number;
  /** Slot of the market, and that runner's id in it. */
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
  /** When its start was due, milliseconds since the epoch. */
  readonly scheduledMillis: number;
  /** Slot of the market in each slot of the environment, -1 for none. */
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

/** An exchange that kept its history. */
export interface TracedExchange {
  /** Every order of the episode. */
  readonly orders: readonly Order[];
  explain(order: Order): OrderStory;
}

/** The market of an episode: where its clock starts, and which runners are played. */
export interface TracedMarket {
  readonly tape: {
    readonly market: Pick<MarketInfo, 'id' | 'synthetic' | 'scheduledMillis' | 'runners'>;
    readonly startEpochNanos: bigint;
  };
  readonly runners: ArrayLike<number>;
}

/** The recorder of the environment numbered `index`, where one is asked for. */
export function recorderOf(request: TraceRequest | undefined, index: number): TraceRecorder | undefined {
  const asked = request?.environment === 'all' || request?.environment === index;
  return request !== undefined && asked ? new TraceRecorder(request) : undefined;
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

  finish(exchange: TracedExchange, { tape, runners }: TracedMarket, info: Float32Array): void {
    const startMillis = Number(tape.startEpochNanos / 1_000_000n);
    const millisOf = (time: Nanos): number => startMillis + time / NANOS_PER_MILLI;
    this.#request.onEpisode({
      market: tape.market.id,
      synthetic: tape.market.synthetic,
      scheduledMillis: tape.market.scheduledMillis,
      runners: Array.from(runners),
      decisions: this.#decisions,
      orders: exchange.orders.map((order) => {
        const story = exchange.explain(order);
        return {
          ...story,
          fills: story.fills.map((fill) => ({ ...fill, millis: millisOf(fill.time) })),
          id: order.id,
          slot: order.slot,
          runnerId: tape.market.runners[order.slot]?.id ?? '',
          madeMillis: millisOf(order.madeAt),
          acceptedMillis: millisOf(order.acceptedAt),
          endedMillis: order.status === OrderStatus.complete ? millisOf(order.endedAt) : undefined
        };
      }),
      info: [...info]
    });
  }
}
