/**
 * One line of a recorded Kalshi WebSocket stream, decoded and checked field by field: prices in 1e-4 dollars, sizes in
 * 0.01 contracts, exact. Knows no book.
 */

/** Prices are fixed-point strings of at most 4 decimals, sizes of at most 2 ("Fixed-Point Migration", docs.kalshi.com). */
export const PRICE_DECIMALS = 4;
export const DOLLAR = 10 ** PRICE_DECIMALS;
const SIZE_DECIMALS = 2;

export type Axis = 'yes' | 'no';

export interface Level {
  readonly price: number;
  readonly lots: number;
}

interface Common {
  readonly ticker: string;
  readonly sid: number;
  readonly seq: number;
  /** When the recorder had it, and when the venue says it was; milliseconds since the epoch. */
  readonly receivedMillis: number;
  readonly exchangeMillis: number | undefined;
}

export interface Snapshot extends Common {
  readonly type: 'snapshot';
  readonly yes: readonly Level[];
  readonly no: readonly Level[];
}
export interface Delta extends Common {
  readonly type: 'delta';
  readonly axis: Axis;
  readonly price: number;
  /** Change of the size, signed. */
  readonly lots: number;
}
export interface Trade extends Common {
  readonly type: 'trade';
  /** Price of yes. */
  readonly price: number;
  readonly lots: number;
  readonly taker: Axis;
}
/** A message of another channel: nothing of it is read. */
export interface Other {
  readonly type: 'other';
  readonly name: string;
}
export type KalshiMessage = Snapshot | Delta | Trade | Other;

/** What is wrong with a line, as a clause. */
export class Fault {
  readonly clause: string;
  /** Whose message it was, where that much could be read; undefined when it may be anybody's. */
  readonly of: Common | undefined;
  /** Whether a change to a book may be lost with it. */
  readonly change: boolean;

  constructor(clause: string, of?: Common, change = true) {
    this.clause = clause;
    this.of = of;
    this.change = change;
  }
}

/** @returns a fault rather than an error: a bad line is counted and the reader goes on */
export function readMessage(text: string): KalshiMessage | Fault {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return new Fault('it is no JSON');
  }
  if (!isRecord(line) || !isRecord(line['event'])) return new Fault('it has no event');
  const event = line['event'];
  const { type, msg } = event;
  if (typeof type !== 'string') return new Fault('its event has no type');
  if (type !== 'orderbook_snapshot' && type !== 'orderbook_delta' && type !== 'trade')
    return { type: 'other', name: type };
  if (!isRecord(msg)) return new Fault(`its ${type} has no msg`);
  const common = readCommon(line, event, msg);
  if (common instanceof Fault) return common;
  const message = readBody(type, common, msg);
  return message instanceof Fault ? new Fault(message.clause, common, type !== 'trade') : message;
}

function readBody(type: string, common: Common, msg: Fields): KalshiMessage | Fault {
  if (type === 'orderbook_snapshot') return readSnapshot(common, msg);
  return type === 'orderbook_delta' ? readDelta(common, msg) : readTrade(common, msg);
}

function readCommon(line: Fields, event: Fields, msg: Fields): Common | Fault {
  const ticker = msg['market_ticker'];
  const receivedMillis = line['recv_ms'];
  const { sid, seq } = event;
  const exchangeMillis = msg['ts_ms'];
  if (typeof ticker !== 'string' || ticker === '') return new Fault('it names no market_ticker');
  if (!isWhole(receivedMillis)) return new Fault('its recv_ms is not a time in whole milliseconds');
  if (!isWhole(sid) || !isWhole(seq)) return new Fault('its sid and seq are not whole numbers');
  if (exchangeMillis !== undefined && !isWhole(exchangeMillis)) {
    return new Fault('its ts_ms is not a time in whole milliseconds');
  }
  return { ticker, sid, seq, receivedMillis, exchangeMillis };
}

function readSnapshot(common: Common, msg: Fields): Snapshot | Fault {
  const yes = readLevels(msg['yes_dollars_fp'], 'yes');
  const no = readLevels(msg['no_dollars_fp'], 'no');
  if (yes instanceof Fault) return yes;
  if (no instanceof Fault) return no;
  return { type: 'snapshot', ...common, yes, no };
}

/** An axis on which nobody bids is absent. */
function readLevels(levels: unknown, axis: Axis): readonly Level[] | Fault {
  if (levels === undefined || levels === null) return [];
  if (!Array.isArray(levels)) return new Fault(`its ${axis} levels are no list`);
  const read: Level[] = [];
  const seen = new Set<number>();
  for (const level of levels as readonly unknown[]) {
    if (!Array.isArray(level)) return new Fault(`a level of its ${axis} side is no pair`);
    const price = readPrice(level[0], `${axis} price`);
    if (price instanceof Fault) return price;
    const lots = fixedPoint(level[1], SIZE_DECIMALS);
    if (lots === undefined || lots < 0) return new Fault(`${axis} size ${say(level[1])} is not a size`);
    if (seen.has(price)) return new Fault(`${axis} price ${say(level[0])} stands twice in one snapshot`);
    seen.add(price);
    read.push({ price, lots });
  }
  return read;
}

function readDelta(common: Common, msg: Fields): Delta | Fault {
  const axis = msg['side'];
  const price = readPrice(msg['price_dollars'], 'its price');
  const lots = fixedPoint(msg['delta_fp'], SIZE_DECIMALS);
  if (axis !== 'yes' && axis !== 'no') return new Fault(`its side ${say(axis)} is neither yes nor no`);
  if (price instanceof Fault) return price;
  if (lots === undefined) return new Fault(`its delta ${say(msg['delta_fp'])} is not a size`);
  return { type: 'delta', ...common, axis, price, lots };
}

function readTrade(common: Common, msg: Fields): Trade | Fault {
  const price = readPrice(msg['yes_price_dollars'], 'its price');
  const noPrice = fixedPoint(msg['no_price_dollars'], PRICE_DECIMALS);
  const lots = fixedPoint(msg['count_fp'], SIZE_DECIMALS);
  const taker = msg['taker_side'];
  if (price instanceof Fault) return price;
  if (noPrice !== undefined && noPrice !== DOLLAR - price) return new Fault('its yes and no prices do not add up to 1');
  if (lots === undefined || lots <= 0) return new Fault(`its count ${say(msg['count_fp'])} is not a size`);
  if (taker !== 'yes' && taker !== 'no') return new Fault(`its taker_side ${say(taker)} is neither yes nor no`);
  return { type: 'trade', ...common, price, lots, taker };
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A price in 1e-4 dollars: no order can rest at nothing or at the whole payout. */
function readPrice(text: unknown, name: string): number | Fault {
  const price = fixedPoint(text, PRICE_DECIMALS);
  if (price !== undefined)
    return price > 0 && price < DOLLAR ? price : new Fault(`${name} ${say(text)} is not between 0 and 1`);
  if (typeof text === 'string' && DECIMAL.test(text)) {
    return new Fault(`${name} ${say(text)} is off the ladder: the finest step is ${String(1 / DOLLAR)}`);
  }
  return new Fault(`${name} ${say(text)} is not a price in dollars`);
}

const say = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,8}))?$/;

/** A decimal string as a whole number of 10^-decimals; undefined when it is none, or finer than that. */
function fixedPoint(text: unknown, decimals: number): number | undefined {
  if (typeof text !== 'string') return undefined;
  const parts = DECIMAL.exec(text);
  if (parts === null) return undefined;
  const fraction = parts[3] ?? '';
  if (fraction.length > decimals && /[^0]/.test(fraction.slice(decimals))) return undefined;
  const units = Number(parts[2]) * 10 ** decimals + Number(fraction.slice(0, decimals).padEnd(decimals, '0'));
  if (!Number.isSafeInteger(units)) return undefined;
  return parts[1] === '-' ? -units : units;
}
