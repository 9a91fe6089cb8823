/** Which of Binance's markets a recording is of, by what its messages say. They are much alike. */

export type BinanceKind = 'binance-spot' | 'binance-usdm' | 'binance-coinm';

/** By the first part of the address that was asked or listened to. */
export const MARKETS_OF: Readonly<Partial<Record<string, BinanceKind>>> = {
  api: 'binance-spot',
  stream: 'binance-spot',
  'data-stream': 'binance-spot',
  fapi: 'binance-usdm',
  fstream: 'binance-usdm',
  dapi: 'binance-coinm',
  dstream: 'binance-coinm'
};

const ADDRESS = /(?:wss|https):\/\/([a-z-]+?)\d*\.binance\.(?:com|vision)\b/u;
const COIN = /"ps"\s*:\s*"|"pair"\s*:\s*"/u;
/** Updates and trades of futures: the update before, the time of the transaction, why a trade came about. */
const FUTURES = /"pu"\s*:\s*\d|"X"\s*:\s*"/u;
/** A depth update without `pu`, and a trade with `M`, are spot's alone. */
const SPOT_UPDATE = /^(?=.*"e"\s*:\s*"depthUpdate")(?!.*"pu"\s*:)/su;
const SPOT_TRADE = /"e"\s*:\s*"(?:trade|aggTrade)".*"M"\s*:\s*(?:true|false)/su;
const SYMBOL = /"s(?:ymbol)?"\s*:\s*"([^"]+)"/u;
const SYMBOLS = /"s(?:ymbol)?"\s*:\s*"([^"]+)"/gu;

/** The first instrument that is named. */
export const symbolIn = (text: string): string | undefined => SYMBOL.exec(text)?.[1];

/** All that are named in the beginning of a recording. */
export const symbolsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(SYMBOLS)].map(([, symbol]) => symbol ?? ''));

/**
 * @param text the beginning of the file, lines of the recorder about itself among it
 * @param messages whole or cut off, the JSON in it
 * @returns the likeliest first, with what says so; several where nothing does
 */
export function binanceKinds(
  text: string,
  messages: readonly string[]
): readonly { readonly kind: BinanceKind; readonly seen: string }[] {
  const host = ADDRESS.exec(text)?.[1] ?? '';
  const told = MARKETS_OF[host];
  if (told !== undefined) return [{ kind: told, seen: `it was recorded from ${host}.binance` }];
  const all = messages.join('\n');
  const symbol = symbolIn(all);
  const named = symbol === undefined ? 'a pair' : symbol;
  if (COIN.test(all) || (symbol !== undefined && /USD_(?:PERP|\d{6})$/u.test(symbol))) {
    return [{ kind: 'binance-coinm', seen: `it names ${named}, which is settled in its coin` }];
  }
  if (FUTURES.test(all)) return [{ kind: 'binance-usdm', seen: `it names ${named}, and the update before each (pu)` }];
  if (messages.some((message) => SPOT_UPDATE.test(message) || SPOT_TRADE.test(message))) {
    return [{ kind: 'binance-spot', seen: `it names ${named} as the spot market does` }];
  }
  if (symbol !== undefined) return [{ kind: 'binance-usdm', seen: `it names ${symbol}` }];
  if (messages.some((message) => message.includes('"lastUpdateId"') && !/"T"\s*:/u.test(message.slice(0, 200)))) {
    return [{ kind: 'binance-spot', seen: 'its order book bears no time, as on the spot market' }];
  }
  const seen = 'its messages are of Binance futures and name no instrument';
  return [
    { kind: 'binance-usdm', seen },
    { kind: 'binance-coinm', seen }
  ];
}
