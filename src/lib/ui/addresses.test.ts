import { describe, expect, it } from 'vitest';
import { datasetAddress, marketAddress, marketsAddress } from './addresses.ts';

const NAMES = ['plain', 'a#b 50%25? c', '50% off', 'x/../y', 'Größe', '1.127236622', '%2F'];

/** As a browser reads an address and a router its segments. */
const segments = (address: string): readonly string[] =>
  new URL(address, 'http://localhost').pathname.split('/').slice(1).map(decodeURIComponent);

describe('addresses', () => {
  it.each(NAMES)('of %s lead back to it', (name) => {
    expect(segments(datasetAddress(name))).toEqual(['data', 'sets', name]);
    expect(segments(marketAddress(name, name))).toEqual(['markets', name, name]);
    const { pathname, searchParams, hash } = new URL(marketsAddress(name), 'http://localhost');
    expect([pathname, searchParams.get('dataset'), hash]).toEqual(['/markets', name, '']);
  });
});
