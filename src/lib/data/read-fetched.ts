/** Files the server's proxy fetched, as an import takes them: an order book is a market, candles are bars. */
import { binanceSpotRules } from '../market/venues/binance.ts';
import type { Tape } from '../market/tape.ts';
import { barsMarket } from './bars/bars-market.ts';
import type { Fetched } from './binance/fetched.ts';
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
  const market =
    fetched.kind === 'depth' ? depthMarket(fetched.tape, text) : barsOf(fetched, text, options.fingerprint);
  return { market, oddities: odditiesOf(fetched, options.source) };
}

function depthMarket(tape: Tape, text: string): ReadMarket {
  const record = recordOfTape(tape, '');
  const at = Float64Array.of(record.firstMillis);
  return { record: snapshotRecord(record), tape, bronze: { published: at, received: at, text: [text] } };
}

const snapshotRecord = (record: ReadMarket['record']): ReadMarket['record'] => ({
  ...record,
  trainable: false,
  reason: 'it is one look at an order book, not its history'
});

function barsOf(fetched: Extract<Fetched, { kind: 'bars' }>, text: string, fingerprint: string): ReadMarket {
  const { symbol, interval, bars } = fetched;
  return barsMarket(bars, {
    symbol,
    interval,
    venue: 'binance',
    eventName: 'Binance spot',
    rules: binanceSpotRules({ symbol, priceDecimals: 8, sizeDecimals: 8, lowestStep: 0, steps: 1 }),
    fingerprint,
    text
  });
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
