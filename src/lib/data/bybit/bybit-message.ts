/**
 * Bybit's public WebSocket messages: `orderbook.{depth}.{symbol}` and `publicTrade.{symbol}` ("Orderbook", "Trade",
 * Bybit API v5), and those of its second version, which old recordings hold: `orderBookL2_25.{symbol}`,
 * `trade.{symbol}` with levels as objects under delete, update and insert.
 */
import type { TextLevel } from '../crypto/level-book.ts';
import type { CryptoMessage, CryptoParser, Fields, MessageFault } from '../crypto/message.ts';
import { isFields, levelsOf, millisOf, textOf, wholeOf } from '../crypto/message.ts';

const MICROS_PER_MILLI = 1000;
/** A snapshot of this number follows a restart of the venue's service. */
const DEEP: readonly string[] = ['orderbook', 'orderBookL2_25', 'orderBook_200'];

export const readBybit: CryptoParser = (body) => {
  const { topic } = body;
  if (typeof topic !== 'string') {
    const name = textOf(body['op']) || (isFields(body['request']) ? 'subscribe' : '');
    return name === '' ? { kind: 'fault', clause: 'it has no topic' } : [{ kind: 'other', name }];
  }
  const [channel = '', ...rest] = topic.split('.');
  const instrument = rest.at(-1) ?? '';
  if (channel === 'orderbook') return readBook(body, topic, instrument);
  if (DEEP.includes(channel)) return readOldBook(body, topic, instrument);
  if (channel === 'publicTrade' || channel === 'trade') return readTrades(body, instrument);
  return [{ kind: 'other', name: channel }];
};

function readBook(body: Fields, channel: string, instrument: string): readonly CryptoMessage[] | MessageFault {
  const { type, data } = body;
  if (type !== 'snapshot' && type !== 'delta') return fault(`its type is ${JSON.stringify(type)}`, instrument);
  if (!isFields(data)) return fault('it has no data', instrument);
  const [bids, asks] = [levelsOf(data['b']), levelsOf(data['a'])];
  if (bids === undefined || asks === undefined) return fault('its b or a is no list of levels', instrument);
  const number = wholeOf(data['u']);
  const [matched, sent] = [millisOf(body['cts']), millisOf(body['ts'])];
  const whole = type === 'snapshot';
  return [
    {
      kind: 'book',
      channel,
      instrument: textOf(data['s']) || instrument,
      exchangeMillis: Number.isNaN(matched) ? sent : matched,
      whole,
      bids,
      asks,
      sequence: number === undefined ? undefined : { number, previous: whole ? Number.NaN : number - 1 },
      checksum: undefined
    }
  ];
}

function readOldBook(body: Fields, channel: string, instrument: string): readonly CryptoMessage[] | MessageFault {
  const { type, data } = body;
  const bids: TextLevel[] = [];
  const asks: TextLevel[] = [];
  const take = (levels: unknown, gone: boolean): boolean => {
    if (!Array.isArray(levels)) return false;
    for (const level of levels as readonly unknown[]) {
      if (!isFields(level)) return false;
      const one = { price: textOf(level['price']), size: gone ? '0' : textOf(level['size']) };
      if (level['side'] === 'Buy') bids.push(one);
      else if (level['side'] === 'Sell') asks.push(one);
      else return false;
    }
    return true;
  };
  const whole = type === 'snapshot';
  const read = whole
    ? take(isFields(data) ? data['order_book'] : data, false)
    : type === 'delta' &&
      isFields(data) &&
      take(data['delete'], true) &&
      take(data['update'], false) &&
      take(data['insert'], false);
  if (!read) return fault('its levels cannot be read', instrument);
  const micros = wholeOf(body['timestamp_e6']);
  const exchangeMillis = micros === undefined || micros <= 0 ? Number.NaN : micros / MICROS_PER_MILLI;
  return [
    { kind: 'book', channel, instrument, exchangeMillis, whole, bids, asks, sequence: undefined, checksum: undefined }
  ];
}

/** `T`, `s`, `S`, `v`, `p` today; whole words in the second version. */
function readTrades(body: Fields, instrument: string): readonly CryptoMessage[] | MessageFault {
  const { data } = body;
  if (!Array.isArray(data)) return fault('its trades are no list', instrument);
  const messages: CryptoMessage[] = [];
  for (const one of data as readonly unknown[]) {
    if (!isFields(one)) return fault('a trade is no object', instrument);
    const side = one['S'] ?? one['side'];
    if (side !== 'Buy' && side !== 'Sell') return fault('the side of a trade is neither Buy nor Sell', instrument);
    messages.push({
      kind: 'trade',
      instrument: textOf(one['s']) || textOf(one['symbol']) || instrument,
      exchangeMillis: millisOf(one['T'] ?? one['trade_time_ms']),
      price: textOf(one['p'] ?? one['price']),
      size: textOf(one['v'] ?? one['size']),
      taker: side === 'Buy' ? 'buy' : 'sell'
    });
  }
  return messages;
}

const fault = (clause: string, instrument: string): MessageFault => ({ kind: 'fault', clause, instrument });
