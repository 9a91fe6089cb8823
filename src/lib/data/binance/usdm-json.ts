/**
 * Reads one recorded USD-M line with `JSON.parse`: the slow way, for lines that the byte scanner hands back, and the
 * measure that it is tested against. Says what is wrong with a line that is none.
 */
import type { DecimalLevels, UsdmMessage } from './usdm-message.ts';
import { USDM_EVENTS, UsdmKind, decimalOf } from './usdm-message.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @returns what is wrong with the line, as a clause; undefined when it was read into `into` */
export function readUsdmJson(line: string, into: UsdmMessage): string | undefined {
  into.clear();
  const [all, seconds, nanos, json] = /^(\d{10})(\d{9})[ \t](.*)$/su.exec(line) ?? [];
  if (all === undefined || json === undefined) return 'it does not start with a time in nanoseconds and a blank';
  into.receivedSeconds = Number(seconds);
  into.receivedNanos = Number(nanos);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return 'its message is not whole JSON';
  }
  if (!isFields(parsed)) return 'its message is no object';
  const body = 'data' in parsed ? parsed['data'] : parsed;
  if (!isFields(body)) return 'its data are no object';
  return readBody(body, into);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readBody(body: Fields, into: UsdmMessage): string | undefined {
  const event = body['e'];
  if (typeof event === 'string') {
    into.event = event;
    into.kind = USDM_EVENTS[event] ?? UsdmKind.other;
  } else if ('lastUpdateId' in body) into.kind = UsdmKind.snapshot;
  // The book ticker of the spot market has no `e`.
  else if ('u' in body && 'B' in body && 'A' in body) into.kind = UsdmKind.quote;
  if (into.kind === UsdmKind.other || into.kind === UsdmKind.quote) return undefined;
  into.symbol = typeof body['s'] === 'string' ? body['s'] : '';
  into.eventMillis = numberOf(body['E']);
  into.transactionMillis = numberOf(body['T']);
  switch (into.kind) {
    case UsdmKind.depth:
      into.firstUpdate = numberOf(body['U']);
      into.lastUpdate = numberOf(body['u']);
      into.previousUpdate = numberOf(body['pu']);
      return readSides(body, 'b', 'a', into);
    case UsdmKind.snapshot:
      into.lastUpdate = numberOf(body['lastUpdateId']);
      return readSides(body, 'bids', 'asks', into);
    case UsdmKind.trade:
      if (typeof body['m'] !== 'boolean') return 'its m is neither true nor false';
      into.buyerWasMaker = body['m'];
      into.execution = typeof body['X'] === 'string' ? body['X'] : '';
      into.bids.add(decimalOf(body['p']), decimalOf(body['q']));
      return undefined;
    case UsdmKind.mark:
      into.bids.add(decimalOf(body['p']), { whole: 0, decimals: 0 });
      into.rate = decimalOf(body['r']);
      return undefined;
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

function readSides(body: Fields, bids: string, asks: string, into: UsdmMessage): string | undefined {
  return readLevels(body[bids], bids, into.bids) ?? readLevels(body[asks], asks, into.asks);
}

function readLevels(value: unknown, name: string, into: DecimalLevels): string | undefined {
  if (!Array.isArray(value)) return `its ${name} is no list`;
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level) || level.length !== 2) return `its ${name} holds what is no pair of price and size`;
    into.add(decimalOf(level[0]), decimalOf(level[1]));
  }
  return undefined;
}
