import { describe, expect, test } from 'vitest';
import { AppError, toWire } from '$lib/core/errors.ts';
import { datasetName, errorOf, fetchFromExchange, proxyPath, serverAnswers, symbolOf } from './fetch-exchange.ts';
import type { DepthRequest, KlinesRequest } from './fetch-exchange.ts';

const klines: KlinesRequest = { kind: 'klines', symbol: 'btc/usdt', interval: '1m', count: '500', from: '' };
const depth: DepthRequest = { kind: 'depth', symbol: 'ETHUSDT', levels: '100' };
const network = (answer: (url: string, init: RequestInit | undefined) => Response | Promise<Response>) => ({
  base: '/app/',
  fetch: (async (input, init) =>
    await answer(input instanceof Request ? input.url : input.toString(), init)) as typeof fetch
});
const failure = async (work: Promise<unknown>): Promise<AppError> => {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(`expected an AppError, got ${String(thrown)}`, { cause: thrown });
};

describe('what is asked of the proxy', () => {
  test('a symbol is written as the exchange writes it', () => {
    expect(['btcusdt', ' BTC/USDT ', 'btc-usdt', 'BTC_USDT'].map(symbolOf)).toEqual(Array(4).fill('BTCUSDT'));
  });

  test('candles by interval and number, from a time in UTC where one is given', () => {
    expect(proxyPath(klines)).toBe('api/proxy/binance.klines?symbol=BTCUSDT&interval=1m&limit=500');
    expect(proxyPath({ ...klines, from: '2026-11-21T10:00' })).toBe(
      `api/proxy/binance.klines?symbol=BTCUSDT&interval=1m&limit=500&startTime=${String(Date.UTC(2026, 10, 21, 10))}`
    );
    expect(() => proxyPath({ ...klines, from: 'yesterday' })).toThrow(/expected a day and a time/u);
  });

  test('an order book by its levels; nothing typed leaves the query', () => {
    expect(proxyPath(depth)).toBe('api/proxy/binance.depth?symbol=ETHUSDT&limit=100');
    expect(proxyPath({ ...depth, symbol: 'A&limit=9#?' })).toBe(
      'api/proxy/binance.depth?symbol=A%26LIMIT%3D9%23%3F&limit=100'
    );
  });
});

describe('what comes back', () => {
  test('is a file as the server sent it, named after the first candle', async () => {
    const text = JSON.stringify({
      format: 'furlong-fetch/1',
      fetchedMillis: 9,
      body: [[Date.UTC(2026, 10, 21, 10, 5)]]
    });
    const asked: string[] = [];
    const { file, name } = await fetchFromExchange(
      klines,
      network((url) => {
        asked.push(url);
        return new Response(text);
      })
    );
    expect(asked).toEqual(['/app/api/proxy/binance.klines?symbol=BTCUSDT&interval=1m&limit=500']);
    expect(name).toBe('binance BTCUSDT 1m 2026-11-21 10.05');
    expect(file.name).toBe(`${name}.json`);
    expect(await file.text()).toBe(text);
  });

  test('a book is named after the moment it was looked at', () => {
    expect(datasetName(depth, Date.UTC(2026, 0, 2, 3, 4))).toBe('binance ETHUSDT book 2026-01-02 03.04');
  });

  test('an error of the server keeps its code and its words', async () => {
    const told = new AppError('proxy.limit', {
      subject: 'binance.klines',
      got: 'the request limit of this client is used up',
      remedy: 'try again in 4 s'
    });
    const error = await failure(
      fetchFromExchange(
        klines,
        network(() => Response.json(toWire(told), { status: 429 }))
      )
    );
    expect(error).toMatchObject({ code: 'proxy.limit', got: told.got, remedy: 'try again in 4 s' });
  });

  test.each([
    ['nothing', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['a page of a file host', () => new Response('<!doctype html>')],
    ['a page with an error', () => new Response('not found', { status: 404 })],
    ['other JSON', () => Response.json({ code: 3 }, { status: 500 })]
  ])('%s says that there is no server, and how to start one', async (_what, answer) => {
    const error = await failure(fetchFromExchange(klines, network(answer)));
    expect(error.code).toBe('network.unavailable');
    expect(error.remedy).toContain('npm start');
  });

  test('a cancel stays a cancel', async () => {
    const abort = new AbortController();
    abort.abort();
    const work = fetchFromExchange(klines, {
      ...network((_url, init) => {
        init?.signal?.throwIfAborted();
        return new Response('');
      }),
      signal: abort.signal
    });
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('words of something else are not taken for an error of the server', () => {
    expect(errorOf({ code: 'x', got: 'y' }, 500).code).toBe('network.unavailable');
  });
});

describe('whether a server is there', () => {
  test.each([
    [true, () => Response.json({ ok: true, codeVersion: 'dev' })],
    [false, () => new Response('<!doctype html>')],
    [false, () => new Response('', { status: 404 })],
    [false, () => Promise.reject(new TypeError('Failed to fetch'))]
  ])('%s', async (there, answer) => {
    expect(await serverAnswers(network(answer))).toBe(there);
  });
});
