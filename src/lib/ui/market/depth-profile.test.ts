import { describe, expect, test } from 'vitest';
import { Book } from '$lib/market/book.ts';
import { binanceSpotRules } from '$lib/market/venues/binance.ts';
import { baseAsset, depthProfile, levelAt, profilePath, roundTotals } from './depth-profile.ts';

const rules = binanceSpotRules({ symbol: 'X', priceDecimals: 1, sizeDecimals: 2, lowestStep: 1000, steps: 101 });
function book(bids: readonly (readonly [number, number])[], asks: readonly (readonly [number, number])[]): Book {
  const made = new Book(rules.ladder);
  for (const [tick, lots] of bids) made.bids.set(tick, lots);
  for (const [tick, lots] of asks) made.asks.set(tick, lots);
  return made;
}

describe('one look at a book', () => {
  const profile = depthProfile(
    book(
      [
        [49, 100],
        [47, 300],
        [10, 9999]
      ],
      [
        [51, 200],
        [55, 50]
      ]
    ),
    rules
  );
  test('sizes add up outward from the middle, as far as the shorter side reaches', () => {
    expect(profile?.bids.map((level) => [level.price, level.total])).toEqual([
      [104.9, 1],
      [104.7, 4]
    ]);
    expect(profile?.asks.map((level) => [level.price, level.total])).toEqual([
      [105.1, 2],
      [105.5, 2.5]
    ]);
    expect(profile?.low).toBeCloseTo(104.5, 9);
    expect(profile?.high).toBeCloseTo(105.5, 9);
    expect(profile?.most).toBe(4);
  });

  test('a price tells what waits up to it, and nothing between the best prices', () => {
    if (profile === undefined) throw new Error('no profile');
    expect([104.6, 104.7, 104.8, 104.9, 105, 105.1, 105.3, 106].map((at) => levelAt(profile, at)?.total)).toEqual([
      4,
      4,
      1,
      1,
      undefined,
      2,
      2,
      2.5
    ]);
  });

  test('the best level of a side is kept however near the other side ends', () => {
    const lopsided = depthProfile(book([[49, 1]], [[90, 1]]), rules);
    expect([lopsided?.bids.length, lopsided?.asks.length]).toEqual([1, 1]);
  });

  test('a side without orders has no middle', () => {
    expect(depthProfile(book([], [[51, 1]]), rules)).toBeUndefined();
  });

  test('sizes are counted in the asset that is traded', () => {
    expect(['BTCUSDT', 'ETHBTC', 'BTCETH', 'BTC', 'XYZ'].map(baseAsset)).toEqual(['BTC', 'ETH', 'BTC', '', '']);
    expect(['BTC-USDT', 'ETH/BTC', 'BTC_USDC'].map(baseAsset)).toEqual(['BTC', 'ETH', 'BTC']);
  });

  test('the axis has round totals, three to seven of them', () => {
    expect(roundTotals(4)).toEqual([1, 2, 3, 4]);
    expect(roundTotals(600)).toEqual([200, 400, 600]);
    for (let most = 0.001; most < 1e6; most *= 1.37) {
      const totals = roundTotals(most);
      expect(totals.length).toBeGreaterThanOrEqual(3);
      expect(totals.length).toBeLessThanOrEqual(7);
      expect(totals.at(-1)).toBeLessThanOrEqual(most * (1 + 1e-9));
    }
    expect(roundTotals(0)).toEqual([]);
  });

  test('a path steps from level to level and closes on the baseline', () => {
    const scale = { x: (price: number) => Math.round((price - 104) * 10), y: (total: number) => 10 - total };
    expect(profilePath(profile?.asks ?? [], scale)).toBe('M11.0 10.0H11.0V8.0H15.0V7.5V10.0Z');
    expect(profilePath([], scale)).toBe('');
  });
});
