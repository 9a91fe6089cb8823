/**
 * What the server's proxy fetched from Binance, as the text that is stored: klines become bars, a depth answer becomes
 * a tape of one message. Checked here, because a file of this kind may also be dropped by hand. Knows no network.
 * Field meanings: Binance spot REST API, "Kline/Candlestick data" and "Order book".
 */
import * as v from 'valibot';
import { AppError } from '../../core/errors.ts';
import type { Bar } from '../bars/bar.ts';
import type { Nanos } from '../../core/units.ts';
import { binanceSpotRules } from '../../market/venues/binance.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { RowKind, MarketStatus, NO_SLOT, NO_TICK } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';

export type Fetched =
  | {
      readonly kind: 'bars';
      readonly symbol: string;
      readonly interval: string;
      readonly bars: readonly Bar[];
      /** Candles of a length in milliseconds that should stand between the first and the last but do not. */
      readonly missing: number;
    }
  | { readonly kind: 'depth'; readonly symbol: string; readonly tape: Tape; readonly dropped: number };

const decimal = v.pipe(v.string(), v.regex(/^\d+(?:\.\d+)?$/u, 'expected a decimal number in text'));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const kline = v.looseTuple([whole, decimal, decimal, decimal, decimal, decimal, whole, decimal, whole, decimal]);
const level = v.looseTuple([decimal, decimal]);

const envelope = v.object({
  format: v.literal('furlong-fetch/1'),
  operation: v.picklist(['binance.klines', 'binance.depth']),
  parameters: v.object({ symbol: v.string(), interval: v.optional(v.string()) }),
  fetchedMillis: whole,
  body: v.unknown()
});
const depthBody = v.object({ lastUpdateId: whole, bids: v.array(level), asks: v.array(level) });

/** Whether a file that begins so is one of these. */
export const looksFetched = (beginning: string): boolean => /^\s*\{\s*"format"\s*:\s*"furlong-fetch\//u.test(beginning);

/** @throws data.corrupt with the field that is wrong; data.empty when the exchange had nothing */
export function parseFetched(text: string, options: { source: string; fingerprint: string; shared: boolean }): Fetched {
  const { source } = options;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw corrupt(source, 'text that is not whole JSON', cause);
  }
  const head = check(envelope, json, source);
  const { symbol } = head.parameters;
  if (head.operation === 'binance.klines') {
    const rows = check(v.array(kline), head.body, source);
    return barsOf(symbol, head.parameters.interval ?? '1m', rows, source);
  }
  return depthOf({ ...options, symbol, fetchedMillis: head.fetchedMillis }, check(depthBody, head.body, source));
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, source: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw corrupt(source, `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
}

function corrupt(source: string, got: string, cause?: unknown): AppError {
  return new AppError('data.corrupt', { subject: source, got, remedy: 'fetch it again', cause });
}

function barsOf(
  symbol: string,
  interval: string,
  rows: readonly v.InferOutput<typeof kline>[],
  source: string
): Fetched {
  if (rows.length === 0) {
    throw new AppError('data.empty', {
      subject: source,
      got: 'no candles in that time',
      remedy: 'ask for another time'
    });
  }
  const bars = rows.map(
    ([openMillis, open, high, low, close, volume, closeMillis, quoteVolume, trades, takerBuyVolume]): Bar => ({
      openMillis,
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
      volume: Number(volume),
      closeMillis,
      quoteVolume: Number(quoteVolume),
      trades,
      takerBuyVolume: Number(takerBuyVolume)
    })
  );
  let missing = 0;
  for (let i = 1; i < bars.length; i++) {
    const gap = bars[i]!.openMillis - bars[i - 1]!.closeMillis - 1;
    if (gap < 0) throw corrupt(source, `body.${i}: a candle that opens before the one before it closed`);
    const length = bars[i]!.closeMillis - bars[i]!.openMillis + 1;
    missing += Math.round(gap / length);
  }
  return { kind: 'bars', symbol, interval, bars, missing };
}

/** Books hold an entry a price step, so a level further than this from the middle is left out (and counted). */
const STEPS_EACH_SIDE = 1 << 19;

function depthOf(
  about: { symbol: string; fetchedMillis: number; source: string; fingerprint: string; shared: boolean },
  body: v.InferOutput<typeof depthBody>
): Fetched {
  const { bids, asks } = body;
  const [bestBid, bestAsk] = [bids[0], asks[0]];
  if (bestBid === undefined || bestAsk === undefined) {
    throw new AppError('data.empty', {
      subject: about.source,
      got: 'an order book with an empty side',
      remedy: 'check the symbol'
    });
  }
  if (Number(bestBid[0]) >= Number(bestAsk[0]))
    throw corrupt(about.source, 'a crossed book: best bid at or over best ask');
  const all = [...bids, ...asks];
  const priceDecimals = Math.max(...all.map(([price]) => decimalsOf(price)));
  const sizeDecimals = Math.max(...all.map(([, size]) => decimalsOf(size)));
  const stepOf = (price: string): number => Math.round(Number(price) * 10 ** priceDecimals);
  const middle = stepOf(bestBid[0]);
  const inReach = all.filter(([price]) => Math.abs(stepOf(price) - middle) < STEPS_EACH_SIDE);
  const stepsInReach = inReach.map(([price]) => stepOf(price));
  const lowestStep = stepsInReach.reduce((least, step) => Math.min(least, step), middle);
  const highestStep = stepsInReach.reduce((most, step) => Math.max(most, step), middle);
  const rules = binanceSpotRules({
    symbol: about.symbol,
    priceDecimals,
    sizeDecimals,
    lowestStep,
    steps: highestStep - lowestStep + 1
  });
  const builder = new TapeBuilder(BigInt(about.fetchedMillis) * 1_000_000n);
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  const add = (kind: typeof RowKind.bid | typeof RowKind.ask, levels: typeof bids): void => {
    for (const [price, size] of levels) {
      const tick = stepOf(price) - lowestStep;
      if (tick >= 0 && tick <= highestStep - lowestStep) {
        builder.row(kind, 0, tick, Math.round(Number(size) * 10 ** sizeDecimals));
      }
    }
  };
  add(RowKind.bid, bids);
  add(RowKind.ask, asks);
  const tape = builder.build(
    {
      id: `${about.symbol}-depth-${body.lastUpdateId}`,
      venue: 'binance',
      name: `${about.symbol} order book`,
      eventName: 'Binance spot',
      kind: 'SNAPSHOT',
      country: '',
      rules,
      runners: [{ slot: 0, id: about.symbol, handicap: 0, name: about.symbol, sortPriority: 1 }],
      scheduledMillis: about.fetchedMillis,
      fingerprint: about.fingerprint,
      synthetic: false
    },
    { shared: about.shared }
  );
  return { kind: 'depth', symbol: about.symbol, tape, dropped: all.length - inReach.length };
}

/** Decimals that matter: `0.01000000` has two. */
function decimalsOf(text: string): number {
  const [, fraction = ''] = text.split('.');
  return fraction.replace(/0+$/u, '').length;
}
