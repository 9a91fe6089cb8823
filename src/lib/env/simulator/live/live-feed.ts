/**
 * A simulated market's messages as they are published, taken into a market state and its features row by row: what a
 * reader of a recording sees, without a recording. Knows nothing of orders.
 */
import type { Nanos } from '../../../core/units.ts';
import { NANOS_PER_MILLI } from '../../../core/units.ts';
import { FeatureTracker } from '../../../market/features/feature-tracker.ts';
import { MarketState } from '../../../market/market-state.ts';
import { RowKind } from '../../../market/tape.ts';
import type { MarketInfo, Tape } from '../../../market/tape.ts';
import type { RowSink } from '../publisher.ts';

/** A tape of one row, written over and over. */
type OneRow = Omit<Tape, 'startEpochNanos'> & { startEpochNanos: bigint };

export class LiveFeed implements RowSink {
  readonly state: MarketState;
  readonly features: FeatureTracker;
  /** The moment that `passTime` goes on to; the caller sets it. */
  now = 0 as Nanos;
  /** Told of every trade that is published, lots as Betfair counts them, while it is set. */
  onTrade: ((runner: number, tick: number, lots: number) => void) | undefined;
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

  /** When the market's clock starts. */
  get startEpochNanos(): bigint {
    return this.#row.startEpochNanos;
  }

  /** Starts over, with nothing published. */
  begin(startEpochNanos: bigint): void {
    this.state.reset();
    this.features.reset();
    this.#row.startEpochNanos = startEpochNanos;
    this.#inMessage = false;
  }

  message(millis: number): void {
    this.#endMessage();
    this.#row.exchange[0] = NANOS_PER_MILLI * millis;
    this.#row.received[0] = NANOS_PER_MILLI * millis;
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
    if (kind === RowKind.trade) this.onTrade?.(slot, tick, lots);
  }

  /** All that was published up to `now` has been read: features are those of that moment. */
  passTime(): void {
    this.#endMessage();
    this.#row.exchange[0] = this.now;
    this.features.onMessageEndAt(this.#row, 0);
  }

  #endMessage(): void {
    if (!this.#inMessage) return;
    this.#inMessage = false;
    this.features.onMessageEndAt(this.#row, 0);
  }
}
