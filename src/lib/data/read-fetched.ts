/** Files the server's proxy fetched, as an import takes them: an order book is a market, candles are bars. */
import { binanceSpotRules } from '../market/venues/binance.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import type { Tape } from '../market/tape.ts';
import type { Bar, Fetched } from './binance/fetched.ts';
import { parseFetched } from './binance/fetched.ts';
import { recordOfTape } from './market-record.ts';
import type { ReadMarket } from './recording.ts';
import type { Oddity } from './records.ts';

export interface FetchedRead {
  readonly market: ReadMarket;
  readonly oddities: readonly Oddity[];
}

/** @throws data.corrupt, data.empty */
export function readFetched(
  text: string,
  options: { readonly source: string; readonly fingerprint: string }
): FetchedRead {
  const fetched = parseFetched(text, { ...options, shared: false });
  const tape = fetched.kind === 'depth' ? fetched.tape : barsTape(fetched, options.fingerprint);
  const record = recordOfTape(tape, '');
  const millis = record.firstMillis;
  const market: ReadMarket = {
    record: fetched.kind === 'depth' ? snapshotRecord(record) : barsRecord(record, fetched.bars),
    tape,
    bronze: { published: Float64Array.of(millis), received: Float64Array.of(millis), text: [text] },
    ...(fetched.kind === 'bars' ? { bars: fetched.bars } : {})
  };
  return { market, oddities: odditiesOf(fetched, options.source) };
}

const snapshotRecord = (record: ReadMarket['record']): ReadMarket['record'] => ({
  ...record,
  trainable: false,
  reason: 'it is one look at an order book, not its history'
});

function barsRecord(record: ReadMarket['record'], bars: readonly Bar[]): ReadMarket['record'] {
  return {
    ...record,
    messages: bars.length,
    trades: bars.reduce((sum, bar) => sum + bar.trades, 0),
    matched: bars.reduce((sum, bar) => sum + bar.quoteVolume, 0),
    firstMillis: bars[0]?.openMillis ?? record.firstMillis,
    lastMillis: bars.at(-1)?.closeMillis ?? record.lastMillis,
    trainable: false,
    reason: 'it holds candles, no order book'
  };
}

/** Candles have no book: the tape is empty and only says what the instrument is. */
function barsTape(fetched: Extract<Fetched, { kind: 'bars' }>, fingerprint: string): Tape {
  const { symbol, interval, bars } = fetched;
  const start = bars[0]?.openMillis ?? 0;
  return new TapeBuilder(BigInt(start) * 1_000_000n).build(
    {
      id: `${symbol}-${interval}-${String(start)}`,
      venue: 'binance',
      name: `${symbol} ${interval} candles`,
      eventName: 'Binance spot',
      kind: 'BARS',
      country: '',
      rules: binanceSpotRules({ symbol, priceDecimals: 8, sizeDecimals: 8, lowestStep: 0, steps: 1 }),
      runners: [{ slot: 0, id: symbol, handicap: 0, name: symbol, sortPriority: 1 }],
      scheduledMillis: start,
      fingerprint,
      synthetic: false
    },
    { shared: false }
  );
}

function odditiesOf(fetched: Fetched, source: string): readonly Oddity[] {
  const count = fetched.kind === 'bars' ? fetched.missing : fetched.dropped;
  if (count === 0) return [];
  return fetched.kind === 'bars'
    ? [{ code: 'missing-candles', count, example: `${source}: candles are missing in between`, severity: 'warning' }]
    : [
        {
          code: 'far-levels',
          count,
          example: `${source}: levels too far from the middle are left out`,
          severity: 'note'
        }
      ];
}
