import { fetch } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import { FakeExchange } from '../../tests/support/fake-exchange.ts';
import { makeServices } from '../services.ts';
import { readVenueOrigin } from './binance-origin.ts';
import { guardedAgent } from './guard.ts';

function refusal(text: string): AppError {
  try {
    readVenueOrigin(text);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe("the operator's origin for Binance", () => {
  it('is an https origin; a public host lifts no guard', () => {
    for (const text of ['https://api.binance.com', 'https://api1.binance.com/', ' https://8.8.8.8:8443 ']) {
      const { origin, allow } = readVenueOrigin(text);
      expect(origin).toBe(new URL(text.trim()).origin);
      expect([...allow]).toEqual([]);
    }
  });

  it.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://localhost:8080', 'localhost:8080'],
    ['http://[::1]:8080', '::1:8080'],
    ['https://192.168.1.7', '192.168.1.7:'],
    ['http://2130706433:99', '127.0.0.1:99']
  ])('%s lifts the guard for exactly that host and port', (text, named) => {
    expect([...readVenueOrigin(text).allow]).toEqual([named]);
  });

  it.each([
    'api.binance.com',
    '',
    'http://api.binance.com',
    'http://10.0.0.5:8080',
    'http://127.evil.example',
    'http://localhost.evil.example',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'https://api.binance.com/api',
    'https://api.binance.com/?to=x',
    'https://api.binance.com/#x'
  ])('%j is refused, and the message says what is expected', (text) => {
    const error = refusal(text);
    expect(error.code).toBe('config.invalid');
    expect(error.message).toContain('FURLONG_BINANCE_ORIGIN');
    expect(error.message).toContain('https://api.binance.com');
  });

  it('with a password is refused without showing it', () => {
    expect(refusal('https://me:hunter2@api.binance.com').message).not.toContain('hunter2');
  });
});

describe('services with another origin', () => {
  const exchange = new FakeExchange();
  afterEach(() => exchange.close());
  const klines = {
    operation: 'binance.klines',
    parameters: { symbol: 'BTCUSDT', interval: '1m' },
    client: 'test'
  };

  it('ask that origin, and no other private address', async () => {
    await exchange.listen();
    const other = new FakeExchange();
    await other.listen();
    try {
      const { proxy } = makeServices({ environment: { FURLONG_BINANCE_ORIGIN: exchange.origin } });
      expect((await proxy.call(klines)).body).toBe('[]');
      const dispatcher = guardedAgent({ timeoutMillis: 1000, allow: readVenueOrigin(exchange.origin).allow });
      expect((await fetch(exchange.origin, { dispatcher })).status).toBe(200);
      await expect(fetch(other.origin, { dispatcher })).rejects.toMatchObject({ cause: { code: 'network.refused' } });
      expect(other.requests).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('are not made of a wrong setting', () => {
    expect(() => makeServices({ environment: { FURLONG_BINANCE_ORIGIN: 'http://10.0.0.1' } })).toThrow(AppError);
  });
});
