/** The server's one instance of everything, with the system's clock and the environment's settings. */
import type { Clock } from '../src/lib/core/time.ts';
import { guardedAgent } from './proxy/guard.ts';
import { TokenBuckets } from './proxy/limits.ts';
import { operations } from './proxy/operations.ts';
import { Proxy } from './proxy/proxy.ts';

export const systemClock: Clock = {
  epochMillis: () => Date.now(),
  monotonicMillis: () => performance.now()
};

export interface Services {
  readonly proxy: Proxy;
}

const TIMEOUT_MILLIS = 10_000;

export function makeServices(clock: Clock = systemClock): Services {
  return {
    proxy: new Proxy({
      operations,
      dispatcher: guardedAgent({ timeoutMillis: TIMEOUT_MILLIS }),
      perClient: new TokenBuckets({ capacity: 30, perSecond: 2 }, clock),
      // Binance allows 6,000 of weight a minute for an address; a half is left to whoever else shares it.
      perVenue: new TokenBuckets({ capacity: 500, perSecond: 50 }, clock),
      clock,
      timeoutMillis: TIMEOUT_MILLIS,
      retries: 2
    })
  };
}
