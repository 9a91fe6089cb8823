/**
 * Simulated markets beside recorded ones, figure by figure, with its stated tolerance and whether it was kept. A recorded figure is a range over markets: the simulated mean must lie in it, widened by the tolerance.
 */
import { quantile } from '../stylised-facts.ts';
import { ALLAN_WINDOWS, DEPTH_LEVELS, LAGS, MINUTE_EDGES, PRICE_BANDS, TRADE_QUANTILES } from './realism-facts.ts';
import type { RealismFacts } from './realism-facts.ts';

export const REALISM_GROUPS = [
  'spread',
  'depth',
  'trades',
  'volatility',
  'pace',
  'memory',
  'sizeMemory',
  'clustering',
  'inPlay',
  'book',
  'tails'
] as const;
export type RealismGroup = (typeof REALISM_GROUPS)[number];

/** `factor`: range widened to [low / by, high * by]; `difference`: to [low - by, high + by]. */
export interface Tolerance {
  readonly kind: 'factor' | 'difference';
  readonly by: number;
}

export interface Range {
  readonly low: number;
  readonly mean: number;
  readonly high: number;
  /** Markets that show the figure. */
  readonly markets: number;
}

export interface RealismFigure {
  readonly group: RealismGroup;
  /** What it is measured at: a band, a level, a lag, a window. */
  readonly label: string;
  readonly unit: string;
  readonly tolerance: Tolerance;
  readonly of: (facts: RealismFacts) => number;
}

const factor = (by: number): Tolerance => ({ kind: 'factor', by });
const difference = (by: number): Tolerance => ({ kind: 'difference', by });

/** Shapes, which recorded markets share within some tens of per cent; and rates, in which they differ by factors. */
const SHAPE = factor(1.5);
const RATE = factor(2);

const bandLabel = (band: number): string => {
  const [low, high] = [PRICE_BANDS[band - 1], PRICE_BANDS[band]];
  return high === undefined
    ? `${String(low)} and over`
    : low === undefined
      ? `under ${String(high)}`
      : `${String(low)} to ${String(high)}`;
};
const minuteLabel = (i: number): string => `${String(MINUTE_EDGES[i])} to ${String(MINUTE_EDGES[i + 1])} min`;

const series = (
  common: Omit<RealismFigure, 'label' | 'of'>,
  count: number,
  each: { label: (i: number) => string; of: (facts: RealismFacts, i: number) => number | undefined }
): RealismFigure[] =>
  Array.from({ length: count }, (_, i) => ({
    ...common,
    label: each.label(i),
    of: (facts) => each.of(facts, i) ?? Number.NaN
  }));

const minutes = MINUTE_EDGES.length - 1;

export const REALISM_FIGURES: readonly RealismFigure[] = [
  ...series({ group: 'spread', unit: 'ticks', tolerance: SHAPE }, PRICE_BANDS.length + 1, {
    label: bandLabel,
    of: (facts, band) => facts.spreadMeanTicks[band]
  }),
  {
    group: 'book',
    label: 'best back prices',
    unit: '%',
    tolerance: difference(1),
    of: (facts) => facts.bookPercent
  },
  ...series({ group: 'depth', unit: 'of the size at the best', tolerance: SHAPE }, DEPTH_LEVELS - 1, {
    label: (i) => `${String(i + 1)} behind`,
    of: (facts, i) => facts.depthToBest[i + 1]
  }),
  ...series({ group: 'trades', unit: 'of the median trade', tolerance: SHAPE }, TRADE_QUANTILES.length, {
    label: (i) => `${String(Math.round(100 * TRADE_QUANTILES[i]!))} %`,
    of: (facts, i) => facts.tradeToMedian[i]
  }),
  ...series({ group: 'volatility', unit: 'ticks in 5 s', tolerance: RATE }, minutes, {
    label: minuteLabel,
    of: (facts, i) => facts.volatilityTicks[i]
  }),
  ...series({ group: 'pace', unit: 'trades a minute', tolerance: RATE }, minutes, {
    label: minuteLabel,
    of: (facts, i) => facts.tradesPerMinute[i]
  }),
  ...series({ group: 'memory', unit: 'correlation', tolerance: difference(0.1) }, LAGS, {
    label: (i) => `${String(5 * (i + 1))} s`,
    of: (facts, i) => facts.changeMemory[i]
  }),
  ...series({ group: 'sizeMemory', unit: 'correlation', tolerance: difference(0.1) }, LAGS, {
    label: (i) => `${String(5 * (i + 1))} s`,
    of: (facts, i) => facts.absoluteChangeMemory[i]
  }),
  { group: 'tails', label: 'kurtosis of 5 s changes', unit: '', tolerance: RATE, of: (facts) => facts.kurtosis },
  ...series({ group: 'clustering', unit: 'Allan factor', tolerance: SHAPE }, ALLAN_WINDOWS.length, {
    label: (i) => `${String(ALLAN_WINDOWS[i])} s`,
    of: (facts, i) => facts.allanFactor[i]
  }),
  { group: 'inPlay', label: 'time in play', unit: 's', tolerance: RATE, of: (facts) => facts.inPlaySeconds },
  { group: 'inPlay', label: 'spread', unit: 'ticks', tolerance: RATE, of: (facts) => facts.inPlaySpreadTicks },
  { group: 'inPlay', label: 'trades', unit: 'a minute', tolerance: RATE, of: (facts) => facts.inPlayTradesPerMinute },
  {
    group: 'inPlay',
    label: 'change of price in 5 s',
    unit: 'log',
    tolerance: RATE,
    of: (facts) => facts.inPlayVolatility
  }
];

/** @returns undefined where no market shows the figure */
export function rangeOf(figure: RealismFigure, markets: readonly RealismFacts[]): Range | undefined {
  const values = markets.map(figure.of).filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { low: quantile(values, 0), mean, high: quantile(values, 1), markets: values.length };
}

/** Whether a simulated mean lies in the recorded range, widened by the tolerance. */
export function isAlike(recorded: Range, simulated: Range, tolerance: Tolerance): boolean {
  const { by } = tolerance;
  const [low, high] =
    tolerance.kind === 'factor' ? [recorded.low / by, recorded.high * by] : [recorded.low - by, recorded.high + by];
  return simulated.mean >= low && simulated.mean <= high;
}
