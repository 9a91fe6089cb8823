import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import { ManualClock } from '../../src/lib/core/time.ts';
import { FakeExchange } from '../../tests/support/fake-exchange.ts';
import { guardedAgent, isPrivateAddress } from './guard.ts';
import { TokenBuckets } from './limits.ts';
import { operations } from './operations.ts';
import { Proxy } from './proxy.ts';

const klines = { symbol: 'BTCUSDT', interval: '1m', limit: '2' };
const candle = [
  1499040000000,
  '0.01',
  '0.8',
  '0.01',
  '0.015',
  '148976.1',
  1499644799999,
  '2434.1',
  308,
  '1756.8',
  '28.4',
  '0'
];

describe('the proxy', () => {
  let exchange: FakeExchange;
  const clock = new ManualClock(1000);

  function proxy(
    options: { allowed?: boolean; origin?: string; clientTokens?: number; timeoutMillis?: number } = {}
  ): Proxy {
    const timeoutMillis = options.timeoutMillis ?? 2000;
    const allow = new Set(options.allowed === false ? [] : [exchange.host]);
    return new Proxy({
      operations: operations.map((operation) => ({
        ...operation,
        origin: options.origin ?? exchange.origin,
        maxBytes: 10_000
      })),
      dispatcher: guardedAgent({ timeoutMillis, allow }),
      perClient: new TokenBuckets({ capacity: options.clientTokens ?? 100, perSecond: 1 }, clock),
      perVenue: new TokenBuckets({ capacity: 1000, perSecond: 50 }, clock),
      clock,
      timeoutMillis,
      retries: 2
    });
  }
  const call = (at: Proxy, parameters: Record<string, string> = klines, operation = 'binance.klines') =>
    at.call({ operation, parameters, client: 'test' });
  const failure = async (promise: Promise<unknown>): Promise<AppError> => {
    const thrown: unknown = await promise.then(
      () => undefined,
      (error: unknown) => error
    );
    if (thrown instanceof AppError) return thrown;
    throw new Error(`expected an AppError, got ${String(thrown)}`, { cause: thrown });
  };

  beforeEach(async () => {
    exchange = new FakeExchange();
    await exchange.listen();
  });
  afterEach(() => exchange.close());

  it('sends the named operation with checked parameters and passes the answer on', async () => {
    exchange.answerJson([candle]);
    const answer = await call(proxy());
    expect(JSON.parse(answer.body)).toEqual([candle]);
    expect(answer.fetchedMillis).toBe(1000);
    expect(exchange.requests).toEqual(['/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=2']);
  });

  it('fills in defaults and says what it sent', async () => {
    const answer = await call(proxy(), { symbol: 'ETHUSDT' }, 'binance.depth');
    expect(answer.parameters).toEqual({ symbol: 'ETHUSDT', limit: 1000 });
  });

  it.each([
    [{ ...klines, symbol: '../../x' }, 'symbol'],
    [{ ...klines, interval: '7m' }, 'interval'],
    [{ ...klines, limit: '100000' }, 'limit'],
    [{ ...klines, limit: '5000' }, 'limit'],
    [{ ...klines, url: 'http://example.com' }, 'url']
  ])('refuses %j before anything is sent', async (parameters, named) => {
    const error = await failure(call(proxy(), parameters));
    expect(error.code).toBe('proxy.operation');
    expect(error.message).toContain(named);
    expect(exchange.requests).toEqual([]);
  });

  it('says of a wrong parameter what was expected and what came', async () => {
    const error = await failure(call(proxy(), { ...klines, limit: '5000' }));
    expect(error).toMatchObject({ subject: 'binance.klines limit', expected: '1 to 1000', got: '5000' });
    const symbol = await failure(call(proxy(), { ...klines, symbol: 'FOO' }));
    expect(symbol).toMatchObject({ expected: 'a symbol such as BTCUSDT', got: '"FOO"' });
  });

  it('refuses an operation it does not know, and a prototype name', async () => {
    expect((await failure(call(proxy(), klines, 'binance.order'))).code).toBe('proxy.operation');
    expect((await failure(call(proxy(), klines, 'constructor'))).code).toBe('proxy.operation');
  });

  it('refuses a private address, as a literal and through a name, without sending', async () => {
    const literal = await failure(call(proxy({ allowed: false })));
    expect(literal.code).toBe('network.refused');
    const byName = await failure(
      call(proxy({ allowed: false, origin: exchange.origin.replace('127.0.0.1', 'localhost') }))
    );
    expect(byName.code).toBe('network.refused');
    const mapped = exchange.origin.replace('127.0.0.1', '[::ffff:127.0.0.1]');
    expect((await failure(call(proxy({ allowed: false, origin: mapped })))).code).toBe('network.refused');
    const decimal = exchange.origin.replace('127.0.0.1', '2130706433');
    expect((await failure(call(proxy({ allowed: false, origin: decimal })))).code).toBe('network.refused');
    expect(exchange.requests).toEqual([]);
  });

  it('follows no redirect', async () => {
    exchange.answer((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.end();
    });
    expect((await failure(call(proxy()))).code).toBe('network.unavailable');
  });

  it('says plainly that there is no network', async () => {
    const gone = exchange.origin;
    const at = proxy({ origin: gone });
    await exchange.close();
    const error = await failure(call(at));
    expect(error.code).toBe('network.unavailable');
    expect(error.message).toContain('check that this machine reaches the internet');
    await exchange.listen();
  });

  it('tries again after trouble of the venue, and not after its refusal', async () => {
    let asked = 0;
    exchange.answer((_request, response) => {
      asked += 1;
      response.writeHead(asked < 3 ? 503 : 200);
      response.end('[]');
    });
    await call(proxy());
    expect(asked).toBe(3);
    exchange.requests.length = 0;
    exchange.answerJson({ code: -1121, msg: 'Invalid symbol.' }, 400);
    const error = await failure(call(proxy()));
    expect(error.code).toBe('network.refused');
    expect(error.got).toBe('binance answered 400: Invalid symbol.');
    expect(exchange.requests).toHaveLength(1);
  });

  it('gives up on an answer that does not come, is too long or is not JSON', async () => {
    exchange.answer(() => undefined);
    const late = await failure(call(proxy({ timeoutMillis: 150 })));
    expect(late.code).toBe('network.unavailable');
    exchange.answer((_request, response) => response.end(`[${'1,'.repeat(20_000)}1]`));
    expect((await failure(call(proxy()))).message).toContain('10000 bytes');
    exchange.answer((_request, response) => response.end('<html>'));
    expect((await failure(call(proxy()))).message).toContain('not JSON');
  });

  it('leaves a venue alone after five failures running', async () => {
    const at = proxy();
    exchange.answerJson({}, 500);
    for (let i = 0; i < 2; i++) await failure(call(at));
    const asked = exchange.requests.length;
    expect((await failure(call(at))).message).toContain('left alone');
    expect(exchange.requests).toHaveLength(asked);
  });

  it('limits a client and says how long to wait', async () => {
    const at = proxy({ clientTokens: 2 });
    await call(at);
    await call(at);
    const error = await failure(call(at));
    expect(error.code).toBe('proxy.limit');
    expect(error.message).toContain('try again in 1 s');
    clock.advance(1000);
    await call(at);
  });
});

describe('private addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'not an address'
  ])('%s is one', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });
  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is not', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});
