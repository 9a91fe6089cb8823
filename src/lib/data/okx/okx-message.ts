/**
 * OKX's public WebSocket messages ("Order book channel", "Trades channel", OKX API v5): `books`, `books-l2-tbt`,
 * `books50-l2-tbt` (an image, then changes), `books5` and `bbo-tbt` (an image each time), `trades`, `trades-all`.
 * `checksum` is 0 in production since 23 June 2026 and says nothing then ("Order Book Channels Checksum Field
 * Deprecation", 21 May 2026); `seqId` and `prevSeqId` do.
 */
import type { CryptoMessage, CryptoParser, Fields, MessageFault } from '../crypto/message.ts';
import { isFields, levelsOf, millisOf, textOf, wholeOf } from '../crypto/message.ts';

const INCREMENTAL: ReadonlySet<string> = new Set(['books', 'books-l2-tbt', 'books50-l2-tbt']);
const IMAGES: ReadonlySet<string> = new Set(['books5', 'bbo-tbt']);
const TRADES: ReadonlySet<string> = new Set(['trades', 'trades-all']);
/** `prevSeqId` of an image. */
const NONE_BEFORE = -1;

export const readOkx: CryptoParser = (body) => {
  const { arg } = body;
  if (typeof body['event'] === 'string') return [{ kind: 'other', name: body['event'] }];
  if (!isFields(arg)) return fault('it has no arg');
  const channel = textOf(arg['channel']);
  const instrument = textOf(arg['instId']);
  const isBook = INCREMENTAL.has(channel) || IMAGES.has(channel);
  if (!isBook && !TRADES.has(channel)) return [{ kind: 'other', name: channel }];
  const { data } = body;
  if (!Array.isArray(data) || !data.every(isFields)) return fault(`its ${channel} has no data`, instrument);
  const messages: CryptoMessage[] = [];
  for (const one of data as readonly Fields[]) {
    const message = isBook
      ? readBook(one, { channel, instrument, action: INCREMENTAL.has(channel) ? textOf(body['action']) : 'snapshot' })
      : readTrade(one, instrument);
    if (message.kind === 'fault') return message;
    messages.push(message);
  }
  return messages;
};

function readBook(
  one: Fields,
  of: { readonly channel: string; readonly instrument: string; readonly action: string }
): CryptoMessage | MessageFault {
  const { channel, instrument, action } = of;
  if (action !== 'snapshot' && action !== 'update') return fault(`its action is ${JSON.stringify(action)}`, instrument);
  const [bids, asks] = [levelsOf(one['bids']), levelsOf(one['asks'])];
  if (bids === undefined || asks === undefined) return fault('its bids or asks are no list of levels', instrument);
  const [number, previous] = [wholeOf(one['seqId']), wholeOf(one['prevSeqId'])];
  const checksum = wholeOf(one['checksum']);
  return {
    kind: 'book',
    channel,
    instrument,
    exchangeMillis: millisOf(one['ts']),
    whole: action === 'snapshot',
    bids,
    asks,
    sequence:
      number === undefined || previous === undefined || previous === NONE_BEFORE
        ? number === undefined
          ? undefined
          : { number, previous: Number.NaN }
        : { number, previous },
    checksum: checksum === 0 ? undefined : checksum
  };
}

function readTrade(one: Fields, instrument: string): CryptoMessage | MessageFault {
  const taker = one['side'];
  if (taker !== 'buy' && taker !== 'sell') return fault('its side is neither buy nor sell', instrument);
  return {
    kind: 'trade',
    instrument,
    exchangeMillis: millisOf(one['ts']),
    price: textOf(one['px']),
    size: textOf(one['sz']),
    taker
  };
}

const fault = (clause: string, instrument = ''): MessageFault =>
  instrument === '' ? { kind: 'fault', clause } : { kind: 'fault', clause, instrument };

/** What kind of contract an `instId` names: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-220527`, `BTC-USD-220527-30000-C`. */
export function okxContract(instId: string): 'spot' | 'linear' | 'inverse' | 'option' {
  const [, quote = '', expiry, strike] = instId.split('-');
  if (strike !== undefined) return 'option';
  if (expiry === undefined) return 'spot';
  return quote === 'USD' ? 'inverse' : 'linear';
}
