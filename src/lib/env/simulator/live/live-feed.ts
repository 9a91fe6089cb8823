/**
 * A simulated market's messages as they are published, taken into a market state and its features row by row: what a
 * reader of a recording sees, without a recording. Knows nothing of orders.
 */
import type { Nanos } from '../../../core/units.ts';
import { FeatureTracker } from '../../../market/features/feature-tracker.ts';
import { MarketState } from '../../../market/market-state.ts';
import type { RowKind, MarketInfo, Tape } from '../../../market/tape.ts';
import type { RowSink } from '../publisher.ts';

/** A tape of one row, written over and over. */
type OneRow = Tape & { readonly rows: 1 };

export class LiveFeed implements RowSink {
  readonly state: MarketState;
  readonly features: FeatureTracker;
  readonly #row: OneRow;
  #inMessage = false;

  constructor(market: MarketInfo, startEpochNanos: bigint) {
    this.state = new MarketState(market);
    this.features = new FeatureTracker(market);
    this.#row = {
      market,
      startEpochNanos,
      rows: 1,
      exchange: new Float64Array(1),
      received: new Float64Array(1),
      kind: new Uint8Array(1),
      slot: new Uint8Array(1),
      tick: new Int32Array(1),
      lots: new Float64Array(1),
      messageStart: Uint32Array.of(0, 1)
    };
  }

  message(exchange: Nanos): void {
    this.#endMessage();
    this.#row.exchange[0] = exchange;
    this.#row.received[0] = exchange;
    this.#inMessage = true;
  }

  row(kind: RowKind, slot: number, tick: number, lots: number): void {
    const row = this.#row;
    row.kind[0] = kind;
    row.slot[0] = slot;
    row.tick[0] = tick;
    row.lots[0] = lots;
    this.state.apply(row, 0);
    this.features.onRow(row, 0, this.state);
  }

  /** All that was published up to now has been read: features are those of this moment. */
  until(now: Nanos): void {
    this.#endMessage();
    this.features.onMessageEnd(now);
  }

  #endMessage(): void {
    if (!this.#inMessage) return;
    this.#inMessage = false;
    this.features.onMessageEnd(this.#row.exchange[0]! as Nanos);
  }
}
