/** A small line of prices as an SVG path, on a logarithmic scale: odds move by shares, not by amounts. Pure. */

import type { PriceSeries } from '$lib/market/price-series.ts';

const WIDTH = 64;
const HEIGHT = 14;

/** Only points up to `untilMillis` are drawn; the scale comes from them too, so that nothing later shows. */
export function sparklinePath(prices: Float64Array, millis: Float64Array, untilMillis: number): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const shown: (readonly [number, number])[] = [];
  prices.forEach((price, index) => {
    if (!(price > 0) || (millis[index] ?? Number.POSITIVE_INFINITY) > untilMillis) return;
    const level = Math.log(price);
    low = Math.min(low, level);
    high = Math.max(high, level);
    shown.push([index, level]);
  });
  // A price that hardly moves is a flat line, not a magnified tremble: a whole line spans at least 10 per cent.
  const span = Math.max(0.1, high - low);
  const middle = (high + low) / 2;
  return shown
    .map(([index, level], at) => {
      const x = (index / Math.max(1, prices.length - 1)) * WIDTH;
      const y = HEIGHT / 2 - ((level - middle) / span) * (HEIGHT - 2);
      return `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** Between the best prices, so that trades hitting one side and the other do not look like movement. */
export function midPrices(series: PriceSeries): Float64Array {
  return series.bestBack.map((back, point) => {
    const lay = series.bestLay[point] ?? Number.NaN;
    const middle = Math.sqrt(back * lay);
    return Number.isNaN(middle) ? (series.lastTraded[point] ?? Number.NaN) : middle;
  });
}
