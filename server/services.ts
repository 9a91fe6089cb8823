/**
 * The server's one instance of everything, with the system's clock and the environment's settings:
 *
 * - `FURLONG_BINANCE_ORIGIN` asks another origin for Binance's public market data (another of the exchange's hosts, a
 *   mirror). An https origin, or http on a loop-back address; a private address is reached only when it is written out
 *   here, and then only that host and port. Default: https://data-api.binance.vision
 */
import type { Clock } from '../src/lib/core/time.ts';
import { BINANCE_ORIGIN_SETTING, readVenueOrigin } from './proxy/binance-origin.ts';
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

export interface ServiceOptions {
  readonly clock?: Clock;
  /** Defaults to the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const TIMEOUT_MILLIS = 10_000;

/** @throws config.invalid when a setting is wrong: a server does not start on half of what was asked */
export function makeServices(options: ServiceOptions = {}): Services {
  const { clock = systemClock, environment = process.env } = options;
  const setting = environment[BINANCE_ORIGIN_SETTING];
  const binance = setting === undefined || setting === '' ? undefined : readVenueOrigin(setting);
  return {
    proxy: new Proxy({
      operations: operations.map((operation) =>
        binance !== undefined && operation.venue === 'binance' ? { ...operation, origin: binance.origin } : operation
      ),
      dispatcher: guardedAgent({
        timeoutMillis: TIMEOUT_MILLIS,
        ...(binance === undefined ? {} : { allow: binance.allow })
      }),
      perClient: new TokenBuckets({ capacity: 30, perSecond: 2 }, clock),
      // Binance allows 6,000 of weight a minute for an address; a half is left to whoever else shares it.
      perVenue: new TokenBuckets({ capacity: 500, perSecond: 50 }, clock),
      clock,
      timeoutMillis: TIMEOUT_MILLIS,
      retries: 2
    })
  };
}
