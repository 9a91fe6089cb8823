/** What each group of the realism report measures, in words, and how its chart is drawn. Pure. */
import type { RealismGroup, Tolerance } from '$lib/env/simulator/realism/realism-comparison.ts';
import type { RealismRow } from '$lib/env/simulator/realism/realism-report.ts';
import { formatSignificant } from '../format.ts';

export interface GroupWords {
  readonly title: string;
  readonly text: string;
  /** What the axis across shows; `undefined` for figures that share no axis: a table alone. */
  readonly across?: string;
  readonly up?: string;
  readonly logarithmic?: true;
}

export const GROUP_WORDS: Readonly<Record<RealismGroup, GroupWords>> = {
  spread: {
    title: 'Spread',
    text: 'Best lay above best back, the mean over the last ten minutes, by the price of the runner.',
    across: 'best back price',
    up: 'ticks'
  },
  book: {
    title: 'Book',
    text: 'Sum of the inverse best back prices of all runners, which a fair book holds near 100 %.'
  },
  depth: {
    title: 'Depth profile',
    text: 'Money waiting behind the best price, against the money at it, prices under 30.',
    across: 'ticks behind the best price',
    up: 'of the size at the best'
  },
  trades: {
    title: 'Trade sizes',
    text: 'Sizes of trades against their median: many small, few large, over three orders of magnitude.',
    across: 'share of trades that are smaller',
    up: 'of the median trade',
    logarithmic: true
  },
  volatility: {
    title: 'Volatility through the last hour',
    text: 'Root mean square change of the mid price over five seconds, prices under 30.',
    across: 'minutes before the turn in play',
    up: 'ticks in 5 s',
    logarithmic: true
  },
  pace: {
    title: 'Pace through the last hour',
    text: 'Trades a minute, counted a price at a time as the venue publishes them.',
    across: 'minutes before the turn in play',
    up: 'trades a minute',
    logarithmic: true
  },
  memory: {
    title: 'Memory of changes',
    text: 'Autocorrelation of five-second changes of the mid price: near nothing, or prices could be foretold from prices.',
    across: 'lag, seconds',
    up: 'correlation'
  },
  sizeMemory: {
    title: 'Memory of their sizes',
    text: 'Autocorrelation of the absolute changes: lively spells last.',
    across: 'lag, seconds',
    up: 'correlation'
  },
  tails: { title: 'Tails', text: 'Fourth moment of five-second changes over the square of the second; 3 of a normal.' },
  clustering: {
    title: 'Clustering of trades',
    text: 'Allan factor of trade counts in windows of the last ten minutes: 1 where trades come independently.',
    across: 'window, seconds',
    up: 'Allan factor',
    logarithmic: true
  },
  inPlay: { title: 'In play', text: 'From the turn in play to the finish, while the market is open.' }
};

/** Labels without what the axis already says: `60 to 45 min` is `60–45`. */
export const shortLabel = (label: string): string =>
  label
    .replace(/ to /u, '–')
    .replace(/ (?:min|s|behind)$/u, '')
    .replace('under ', '<')
    .replace(' and over', '+');

export const toleranceWords = ({ kind, by }: Tolerance): string =>
  kind === 'factor' ? `range × ${formatSignificant(by, 2)}` : `range ± ${formatSignificant(by, 2)}`;

/** `volatility, 20 to 15 min: 0.16 simulated, 0.41 to 0.51 recorded`. */
export function apartSentence(row: RealismRow): string {
  const { recorded, simulated } = row;
  if (recorded === undefined || simulated === undefined) return '';
  const figures = `${formatSignificant(simulated.mean, 2)} simulated, ${formatSignificant(recorded.low, 2)} to ${formatSignificant(recorded.high, 2)} recorded`;
  return `${GROUP_WORDS[row.group].title}, ${row.label}: ${figures}${row.unit === '' ? '' : ` (${row.unit})`}`;
}
