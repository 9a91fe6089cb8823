/**
 * Regimes: markets of a dataset by how much they moved and by whether it led anywhere, each against the others. The
 * borders are the dataset's own thirds of volatility and half of trend, so that every stratum is populated.
 */
import type { RegimeFigures } from '../market/regime.ts';

export const VOLATILITIES = ['calm', 'lively', 'wild'] as const;
export const TRENDS = ['ranging', 'trending'] as const;
export type Regime = `${(typeof VOLATILITIES)[number]}, ${(typeof TRENDS)[number]}` | 'unknown';

/** By market id; `unknown` where there were no prices to tell by. */
export function tagRegimes(markets: readonly (RegimeFigures & { readonly id: string })[]): ReadonlyMap<string, Regime> {
  const known = markets.filter(({ volatility, trend }) => Number.isFinite(volatility) && Number.isFinite(trend));
  const volatility = placesOf(known, (market) => market.volatility, VOLATILITIES.length);
  const trend = placesOf(known, (market) => market.trend, TRENDS.length);
  return new Map(
    markets.map(({ id }) => {
      const [moved, led] = [volatility.get(id), trend.get(id)];
      return [id, moved === undefined || led === undefined ? 'unknown' : `${VOLATILITIES[moved]!}, ${TRENDS[led]!}`];
    })
  );
}

/** Which of `parts` equal parts of the ranking each is in; equal figures share the lower part. */
function placesOf<T extends { readonly id: string }>(
  markets: readonly T[],
  figure: (market: T) => number,
  parts: number
): ReadonlyMap<string, number> {
  const sorted = Float64Array.from(markets, figure).sort();
  const borders = Array.from(
    { length: parts - 1 },
    (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / parts) - 1]!
  );
  return new Map(markets.map((market) => [market.id, borders.filter((border) => figure(market) > border).length]));
}
