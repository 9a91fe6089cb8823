/**
 * A connection that refuses private addresses. The check sits in `connect`, not only in the look-up: a literal address
 * never calls look-up, and a name may resolve to a private address (DNS rebinding), so both are refused.
 */
import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { AppError } from '../../src/lib/core/errors.ts';

/** IANA special-purpose registries (RFC 6890 and its updates): nothing in them is a public exchange. */
const blocked = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4]
] as const) {
  blocked.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8]
] as const) {
  blocked.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address is not public; an IPv4 address inside IPv6 is looked at as the IPv4 one it is. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  if (family === 4) return blocked.check(address, 'ipv4');
  const mapped = /^(?:0*:)*:?ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/iu.exec(address);
  if (mapped !== null) {
    const [, dotted, high, low] = mapped;
    const word = (Number.parseInt(high ?? '0', 16) * 65536 + Number.parseInt(low ?? '0', 16)) >>> 0;
    const bytes = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
    return blocked.check(dotted ?? bytes.join('.'), 'ipv4');
  }
  return blocked.check(address, 'ipv6');
}

function refusal(host: string, address: string): AppError {
  return new AppError('network.refused', {
    subject: host,
    expected: 'a public address',
    got: `the private address ${address}`,
    remedy: 'check the name service of this machine: an exchange is never there'
  });
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: LookupAddress[]) => void;

function guardedLookup(host: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const found = addresses.find(({ address }) => isPrivateAddress(address));
    callback(found === undefined ? null : refusal(host, found.address), addresses);
  });
}

/** An HTTP agent for calls to exchanges. `allow` lifts the check for exactly those hosts: the tests' fake exchange. */
export function guardedAgent(options: { readonly timeoutMillis: number; readonly allow?: ReadonlySet<string> }): Agent {
  const allow = options.allow ?? new Set<string>();
  const timeout = options.timeoutMillis;
  const guarded = buildConnector({ timeout, lookup: guardedLookup });
  const open = buildConnector({ timeout });
  return new Agent({
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connections: 8,
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/gu, '');
      if (allow.has(`${host}:${target.port}`)) {
        open(target, callback);
      } else if (isIP(host) !== 0 && isPrivateAddress(host)) {
        callback(refusal(host, host), null);
      } else {
        guarded(target, callback);
      }
    }
  });
}
