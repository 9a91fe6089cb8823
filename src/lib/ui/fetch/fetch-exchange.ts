/**
 * What the server's proxy is asked for and what comes of it: a file the import takes, or the error the server told.
 * Knows neither markup nor storage; the network is handed in.
 */
import { AppError, fromWire } from '$lib/core/errors.ts';
import type { WireError } from '$lib/core/errors.ts';

/** Lengths of a candle, as Binance names them. */
export const INTERVALS = ['1s', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d', '1w'] as const;
/** Levels a side that are offered; the most are what the exchange gives. */
export const DEPTHS = [100, 500, 1000, 5000] as const;
/** Most candles of one request. */
export const MOST_CANDLES = 1000;

export interface KlinesRequest {
  readonly kind: 'klines';
  readonly symbol: string;
  readonly interval: string;
  readonly count: string;
  /** `2026-11-21T10:00`, UTC; empty for the newest. */
  readonly from: string;
}
export interface DepthRequest {
  readonly kind: 'depth';
  readonly symbol: string;
  readonly levels: string;
}
export type ExchangeRequest = KlinesRequest | DepthRequest;

/** `btc/usdt` as the exchange writes it. What is still wrong then, the server refuses by name. */
export const symbolOf = (typed: string): string => typed.toUpperCase().replaceAll(/[\s/_-]/gu, '');

/** `BTCUSDT 1m candles`, `BTCUSDT order book`. */
export const requestTitle = (request: ExchangeRequest): string =>
  request.kind === 'klines'
    ? `${symbolOf(request.symbol)} ${request.interval} candles`
    : `${symbolOf(request.symbol)} order book`;

/**
 * Path and query of the proxy's operation, without a slash before it.
 * @throws config.invalid when the time cannot be read
 */
export function proxyPath(request: ExchangeRequest): string {
  const query = new URLSearchParams({ symbol: symbolOf(request.symbol) });
  if (request.kind === 'depth') {
    query.set('limit', request.levels.trim());
    return `api/proxy/binance.depth?${query}`;
  }
  query.set('interval', request.interval);
  query.set('limit', request.count.trim());
  if (request.from.trim() !== '') query.set('startTime', String(utcMillis(request.from.trim())));
  return `api/proxy/binance.klines?${query}`;
}

function utcMillis(text: string): number {
  const millis = Date.parse(`${text}Z`);
  if (Number.isFinite(millis)) return millis;
  throw new AppError('config.invalid', {
    subject: 'From',
    expected: 'a day and a time such as 2026-11-21T10:00',
    got: text,
    remedy: 'correct it, or leave it empty for the newest candles'
  });
}

export interface Network {
  readonly fetch: typeof fetch;
  /** The app's root: `/` or `/furlong/`. */
  readonly base: string;
  readonly signal?: AbortSignal;
}

/** Whether a Furlong server answers; a plain file host has no such address, or gives a page for it. */
export async function serverAnswers(network: Network): Promise<boolean> {
  try {
    const response = await ask('api/health', network);
    const answer: unknown = response.ok ? await response.json() : undefined;
    return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true;
  } catch {
    return false;
  }
}

export interface FetchedFile {
  readonly file: File;
  /** What the dataset is to be called: `binance BTCUSDT 1m 2026-11-21 10.00`. */
  readonly name: string;
}

/** @throws AppError as the server told it, `network.unavailable` without one, or the abort of the signal */
export async function fetchFromExchange(request: ExchangeRequest, network: Network): Promise<FetchedFile> {
  const path = proxyPath(request);
  let response: Response;
  let text: string;
  try {
    response = await ask(path, network);
    text = await response.text();
  } catch (thrown) {
    if (network.signal?.aborted === true) throw thrown;
    throw noServer('it does not answer', thrown);
  }
  const json = parsed(text);
  if (!response.ok) throw errorOf(json, response.status);
  const millis = firstMillis(json);
  if (millis === undefined) throw noServer('what came is not an answer of the proxy');
  const name = datasetName(request, millis);
  return { file: new File([text], `${name}.json`, { type: 'application/json' }), name };
}

function ask(path: string, { fetch: send, base, signal }: Network): Promise<Response> {
  return send(`${base}${path}`, {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    ...(signal === undefined ? {} : { signal })
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The server's own error, or that there is no server of ours at that address. */
export function errorOf(json: unknown, status: number): AppError {
  if (isWireError(json)) return fromWire(json);
  return noServer(`it answered ${String(status)}`);
}

function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<Record<keyof WireError, unknown>>;
  return (['code', 'subject', 'got', 'remedy'] as const).every((name) => typeof fields[name] === 'string');
}

const noServer = (got: string, cause?: unknown): AppError =>
  new AppError('network.unavailable', {
    subject: 'the Furlong server',
    got,
    remedy: 'start it with npm start, open the address it prints, and try again',
    cause
  });

/** When the first candle opened, or the book was looked at; undefined where the text is no fetched file. */
function firstMillis(json: unknown): number | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { fetchedMillis, body } = json as { readonly fetchedMillis?: unknown; readonly body?: unknown };
  const first: unknown = Array.isArray(body) && Array.isArray(body[0]) ? body[0][0] : fetchedMillis;
  return typeof first === 'number' && Math.abs(first) <= 8.64e15 ? first : undefined;
}

/** Times carry a full stop: a colon cannot stand in every file's name. */
export function datasetName(request: ExchangeRequest, millis: number): string {
  const time = new Date(millis).toISOString().slice(0, 16).replace('T', ' ').replace(':', '.');
  const what = request.kind === 'klines' ? request.interval : 'book';
  return `binance ${symbolOf(request.symbol)} ${what} ${time}`;
}
