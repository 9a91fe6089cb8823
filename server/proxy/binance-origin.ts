/**
 * The operator's other origin for Binance's public market data: another of the exchange's hosts, or a mirror. It is read
 * once at the start, from the environment; nothing a client sends reaches it.
 */
import { isIP } from 'node:net';
import { AppError } from '../../src/lib/core/errors.ts';
import { isPrivateAddress } from './guard.ts';

export const BINANCE_ORIGIN_SETTING = 'FURLONG_BINANCE_ORIGIN';

export interface VenueOrigin {
  readonly origin: string;
  /** `host:port` as the guard compares them; holds the one private address that was named outright, or nothing. */
  readonly allow: ReadonlySet<string>;
}

function refuse(given: string, got: string): never {
  throw new AppError('config.invalid', {
    subject: BINANCE_ORIGIN_SETTING,
    expected: 'an origin such as https://api.binance.com (http only for a loop-back address with its port)',
    got: `${JSON.stringify(given.slice(0, 200))}: ${got}`,
    remedy: 'correct it, or unset it to use the default'
  });
}

const isLoopBack = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * Only an address that is written out (or `localhost`) may be private: a name that resolves to a private address stays
 * refused, as it is for every other host.
 * @throws config.invalid
 */
export function readVenueOrigin(given: string): VenueOrigin {
  const text = given.trim();
  const url = URL.canParse(text) ? new URL(text) : refuse(given, 'it is not an address');
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  if (url.username !== '' || url.password !== '') refuse('(not shown)', 'it carries a name or a password');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse(given, `its protocol is ${url.protocol}`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') refuse(given, 'it has more than a host and a port');
  if (url.protocol === 'http:' && !isLoopBack(host)) refuse(given, 'http to a host that is not this machine');
  const named = host === 'localhost' || (isIP(host) !== 0 && isPrivateAddress(host));
  return { origin: url.origin, allow: new Set(named ? [`${host}:${url.port}`] : []) };
}
