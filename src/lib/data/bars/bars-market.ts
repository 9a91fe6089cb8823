/** A market that holds candles instead of a book. Knows no file format. */
import { equityRules } from '../../market/venues/equities.ts';
import type { MarketRules } from '../../market/rules.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { recordOfTape } from '../market-record.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';
import type { Bar } from './bar.ts';

export interface BarsAbout {
  readonly symbol: string;
  /** `1m`, `1h`, `1d`: as it stands in names. */
  readonly interval: string;
  readonly venue: string;
  readonly eventName: string;
  readonly rules: MarketRules;
  /** SHA-256 of the source's bytes, hex. */
  readonly fingerprint: string;
  /** The source as it came, where it is text; kept as bronze. */
  readonly text?: string;
  readonly oddities?: readonly Oddity[];
}

/** @param bars in order of time, at least one */
export function barsMarket(bars: readonly Bar[], about: BarsAbout): ReadMarket {
  const { symbol, interval, fingerprint } = about;
  const firstMillis = bars[0]?.openMillis ?? 0;
  const lastMillis = bars.at(-1)?.closeMillis ?? firstMillis;
  // Candles have no book: the tape is empty and only says what the instrument is.
  const tape = new TapeBuilder(BigInt(Math.floor(firstMillis)) * 1_000_000n).build(
    {
      id: `${symbol}-${interval}-${String(firstMillis)}`,
      venue: about.venue,
      name: `${symbol} ${interval} candles`,
      eventName: about.eventName,
      kind: 'BARS',
      country: '',
      rules: about.rules,
      runners: [{ slot: 0, id: symbol, handicap: 0, name: symbol, sortPriority: 1 }],
      scheduledMillis: firstMillis,
      fingerprint,
      synthetic: false
    },
    { shared: false }
  );
  return {
    record: {
      ...recordOfTape(tape, ''),
      messages: bars.length,
      trades: sum(bars, (bar) => bar.trades),
      matched: sum(bars, (bar) => (Number.isNaN(bar.quoteVolume) ? bar.volume * bar.close : bar.quoteVolume)),
      firstMillis,
      lastMillis,
      trainable: false,
      reason: 'it holds candles, no order book',
      oddities: about.oddities ?? []
    },
    tape,
    bronze:
      about.text === undefined
        ? { published: new Float64Array(0), received: new Float64Array(0), text: [] }
        : { published: Float64Array.of(firstMillis), received: Float64Array.of(firstMillis), text: [about.text] },
    bars
  };
}

/** Of what is told. */
const sum = (bars: readonly Bar[], value: (bar: Bar) => number): number =>
  bars.reduce((all, bar) => all + (Number.isNaN(value(bar)) ? 0 : value(bar)), 0);

/**
 * Rules of an instrument that nothing is known of but its candles: bought for cash, no commission, a price step and a
 * lot as fine as its prices and volumes are written.
 */
export function barsRules(bars: readonly Bar[]): MarketRules {
  const some = bars.slice(0, 1000);
  const priceDecimals = Math.max(0, ...some.flatMap((bar) => [bar.open, bar.high, bar.low, bar.close].map(decimals)));
  const lotDecimals = Math.max(0, ...some.map((bar) => decimals(bar.volume)));
  const highest = bars.reduce((most, bar) => Math.max(most, bar.high), 1);
  const step = 10 ** -priceDecimals;
  // A ladder holds an entry a step: no longer than this.
  const highestPrice = Math.min(10 ** Math.ceil(Math.log10(highest * 2)), step * LONGEST_LADDER);
  return equityRules({ priceDecimals, highestPrice, lotShares: 10 ** -lotDecimals });
}

const LONGEST_LADDER = 1 << 22;
const MOST_DECIMALS = 8;

function decimals(value: number): number {
  if (!Number.isFinite(value)) return 0;
  for (let count = 0; count < MOST_DECIMALS; count++) {
    const scaled = value * 10 ** count;
    if (Math.abs(scaled - Math.round(scaled)) <= Math.abs(scaled) * 1e-12) return count;
  }
  return MOST_DECIMALS;
}

const UNITS = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000]
] as const;

/** `60000` is `1m`, `28800000` is `8h`. */
export function intervalName(millis: number): string {
  for (const [unit, size] of UNITS) if (millis >= size && millis % size === 0) return `${String(millis / size)}${unit}`;
  return `${String(millis)}ms`;
}
