/** A market read from a Kalshi stream: its tape, its texts, and what the catalogue wants to know of it. */
import type { PriceRange } from '../../market/ladder.ts';
import type { MarketInfo, Tape } from '../../market/tape.ts';
import { MarketStatus, NO_TICK } from '../../market/tape.ts';
import type { Ticks } from '../../core/units.ts';
import { NANOS_PER_MILLI } from '../../core/units.ts';
import { KALSHI_PRICES, kalshiFeesOf, kalshiRules } from '../../market/venues/kalshi.ts';
import type { BronzeColumns } from '../parquet/bronze.ts';
import type { MarketRecord, Oddity } from '../records.ts';
import type { KalshiRecorder, RecorderCounts } from './market-recorder.ts';
import { isOn } from './market-recorder.ts';
import { DOLLAR } from './message.ts';

const LOTS_PER_CONTRACT = 100;

export class ParsedKalshiMarket {
  readonly id: string;
  readonly #recorder: KalshiRecorder;
  readonly #ranges: readonly PriceRange[];
  readonly #fees: ReturnType<typeof kalshiFeesOf>;

  constructor(recorder: KalshiRecorder) {
    recorder.finish();
    this.id = recorder.ticker;
    this.#recorder = recorder;
    this.#fees = kalshiFeesOf(this.id);
    if (!this.#fees.known) {
      const what = 'fees of its series are not known; those of the general schedule are used';
      recorder.oddities.add('note', 'general-fees', `${recorder.source}: ${this.id}: ${what}`);
    }
    this.#ranges = recorder.terms?.priceRanges ?? coarsest(recorder.prices);
  }

  get counts(): Readonly<RecorderCounts> {
    return this.#recorder.counts;
  }

  get rows(): number {
    return this.#recorder.rows;
  }

  get oddities(): readonly Oddity[] {
    return this.#recorder.oddities.list();
  }

  info(fingerprint: string): MarketInfo {
    const { terms } = this.#recorder;
    return {
      id: this.id,
      venue: 'kalshi',
      name: terms?.title || this.id,
      eventName: terms?.eventTitle || this.id.replace(/-[^-]*$/, ''),
      kind: 'YES_NO',
      country: 'US',
      rules: kalshiRules({ priceRanges: this.#ranges, takerFee: this.#fees.taker, makerFee: this.#fees.maker }),
      runners: [{ slot: 0, id: this.id, handicap: 0, name: terms?.subtitle || 'Yes', sortPriority: 1 }],
      // The close. Unknown without the venue's word on it: how long the recording goes on was not known then.
      scheduledMillis: terms?.closeMillis ?? 0,
      fingerprint,
      synthetic: false
    };
  }

  /** Each call lays the rows out anew: prices as ticks, receptions by the venue's clock. */
  finish(options: { readonly fingerprint: string; readonly shared: boolean }): Tape {
    const info = this.info(options.fingerprint);
    const tape = this.#recorder.builder.build(info, { shared: options.shared });
    const { ladder } = info.rules;
    const shift = this.#recorder.clockShiftMillis * NANOS_PER_MILLI;
    const tickOf = new Int32Array(DOLLAR + 1).fill(NO_TICK);
    for (let tick = 0; tick < ladder.size; tick++) tickOf[Math.round(ladder.priceOf(tick as Ticks) * DOLLAR)] = tick;
    for (let row = 0; row < tape.rows; row++) {
      const price = tape.tick[row]!;
      if (price !== NO_TICK) tape.tick[row] = tickOf[price]!;
      tape.received[row]! += shift;
    }
    return tape;
  }

  /** Each message of the market as received; times in milliseconds since the epoch. */
  texts(): BronzeColumns {
    const { texts, exchangeMillis, receivedMillis } = this.#recorder;
    return {
      published: Float64Array.from(exchangeMillis),
      received: Float64Array.from(receivedMillis),
      text: texts.texts()
    };
  }

  record(options: { readonly dataset: string; readonly fingerprint: string }): MarketRecord {
    const info = this.info(options.fingerprint);
    const { counts, receivedMillis, terms, status, damage } = this.#recorder;
    return {
      id: this.id,
      dataset: options.dataset,
      name: info.name,
      eventName: info.eventName,
      kind: info.kind,
      country: info.country,
      venue: info.venue,
      synthetic: false,
      runners: 1,
      messages: counts.messages,
      definitions: 0,
      rows: this.rows,
      trades: counts.trades,
      matched: counts.tradedLots / LOTS_PER_CONTRACT,
      firstMillis: receivedMillis[0] ?? Number.NaN,
      lastMillis: receivedMillis.at(-1) ?? Number.NaN,
      scheduledMillis: info.scheduledMillis,
      status: STATUS_NAMES[status],
      winners: status === MarketStatus.closed && terms?.result === 'yes' ? [this.id] : [],
      fingerprint: options.fingerprint,
      trainable: false,
      reason:
        damage !== undefined
          ? `its book cannot be trusted throughout: ${damage}`
          : terms?.result === undefined
            ? 'its outcome is not known: import what the venue says of it (its metadata) together with it'
            : 'no environment trades yes/no contracts',
      ...(damage === undefined ? {} : { damage }),
      oddities: this.oddities
    };
  }
}

const STATUS_NAMES = ['inactive', 'open', 'suspended', 'closed'] as const;

/** Without the venue's word on it: the coarsest of its structures that holds every price that was seen. */
function coarsest(prices: ReadonlySet<number>): readonly PriceRange[] {
  const { linear_cent, tapered_deci_cent, deci_cent } = KALSHI_PRICES;
  const holds = (ranges: readonly PriceRange[]): boolean =>
    [...prices].every((price) => ranges.some((range) => isOn(range, price)));
  return [linear_cent, tapered_deci_cent, deci_cent].find(holds) ?? [{ start: 0, end: 1, step: 1 / DOLLAR }];
}
