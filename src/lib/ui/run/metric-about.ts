/** What the metrics are called on the pages, their units, and which way is better. */
import { formatNumber, formatPercent, formatSignificant, formatSigned, formatTick } from '../format.ts';

export interface MetricAbout {
  readonly title: string;
  /** What the value is, with its unit. */
  readonly unit: string;
  readonly format: (value: number) => string;
  /** Figures on an axis, where they differ from plain ones. */
  readonly tick?: (value: number) => string;
  readonly better?: 'higher' | 'lower';
}

const signedPercent = (value: number): string => {
  const text = formatPercent(value, 2);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
};
const percentTick = (share: number): string => formatTick(Math.round(share * 1e6) / 1e4);
const significant = (value: number): string => formatSignificant(value, 3);

const known: Readonly<Record<string, MetricAbout>> = {
  return: { title: 'Return', unit: 'an episode', format: (v) => formatSigned(v, 2), better: 'higher' },
  episode_length: { title: 'Episode length', unit: 'steps', format: (v) => formatNumber(v, 0) },
  green_rate: {
    title: 'All green',
    unit: '% of traded markets',
    format: (v) => formatPercent(v),
    tick: percentTick,
    better: 'higher'
  },
  traded_rate: { title: 'Traded', unit: '% of markets', format: (v) => formatPercent(v), tick: percentTick },
  mtm_roi_mean: {
    title: 'Mark-to-market ROI at the off',
    unit: '% of bankroll',
    format: signedPercent,
    tick: percentTick,
    better: 'higher'
  },
  worst_roi_p95: {
    title: 'Worst loss, 95 % of markets',
    unit: '% of bankroll',
    format: (v) => formatPercent(v, 2),
    tick: percentTick,
    better: 'lower'
  },
  cvar_5pc: {
    title: 'Worst 5 % of markets, mean ROI',
    unit: '% of bankroll',
    format: signedPercent,
    tick: percentTick,
    better: 'higher'
  },
  orders_submitted: { title: 'Orders submitted', unit: 'an episode', format: (v) => formatNumber(v, 1) },
  orders_filled: { title: 'Orders filled', unit: 'an episode', format: (v) => formatNumber(v, 1) },
  slippage_bps: { title: 'Slippage', unit: 'basis points', format: (v) => formatNumber(v, 1), better: 'lower' },
  latency_ms: { title: 'Latency', unit: 'ms', format: (v) => formatNumber(v, 0) },
  realism: {
    title: 'Curriculum',
    unit: '% of the latency, slippage and queue that were set',
    format: (v) => formatPercent(v),
    tick: percentTick
  },
  pnl: { title: 'Result', unit: 'currency, an episode', format: (v) => formatSigned(v, 2), better: 'higher' },
  critic_loss: { title: 'Critic loss', unit: 'mean squared Bellman error', format: significant },
  actor_loss: { title: 'Actor loss', unit: 'entropy-regularised', format: significant },
  temperature: { title: 'Entropy temperature', unit: 'alpha', format: significant },
  temperature_loss: { title: 'Temperature loss', unit: '', format: significant },
  aux_price: { title: 'Price forecast', unit: 'Huber, of a change in %', format: significant },
  aux_volume: { title: 'Volume forecast', unit: 'Huber, of log stake caps', format: significant },
  aux_fill: { title: 'Fill forecast', unit: 'cross-entropy, nats', format: significant },
  forecast_price: { title: 'Price forecast', unit: 'Huber, of a change in %', format: significant, better: 'lower' },
  forecast_price_naive: { title: 'Price: the mean of training', unit: 'Huber, of a change in %', format: significant },
  forecast_volume: { title: 'Volume forecast', unit: 'Huber, of log stake caps', format: significant, better: 'lower' },
  forecast_volume_naive: {
    title: 'Volume: the mean of training',
    unit: 'Huber, of log stake caps',
    format: significant
  },
  forecast_fill: { title: 'Fill forecast', unit: 'cross-entropy, nats', format: significant, better: 'lower' },
  forecast_fill_naive: { title: 'Fill: the mean of training', unit: 'cross-entropy, nats', format: significant },
  policy_loss: { title: 'Policy loss', unit: 'advantage-weighted', format: significant },
  value_loss: { title: 'Value loss', unit: 'mean squared error', format: significant },
  approximate_kl: { title: 'Policy change', unit: 'approximate KL, nats', format: significant },
  clip_fraction: {
    title: 'Clipped',
    unit: '% of probability ratios',
    format: (v) => formatPercent(v),
    tick: percentTick
  },
  loss: { title: 'Loss', unit: 'of the action values', format: significant },
  value: { title: 'Action value', unit: 'mean over a batch', format: significant },
  error: { title: 'Temporal-difference error', unit: 'mean absolute', format: significant },
  entropy: { title: 'Policy entropy', unit: 'nats', format: significant },
  updates_per_second: { title: 'Updates', unit: 'a second', format: (v) => formatNumber(v, 1) },
  environment_steps_per_second: { title: 'Environment steps', unit: 'a second', format: (v) => formatNumber(v, 0) }
};

export function aboutMetric(name: string): MetricAbout {
  if (name.startsWith('reward.')) {
    return { title: `Reward, ${rewardTitle(name.slice(7))}`, unit: 'an episode', format: (v) => formatSigned(v, 3) };
  }
  return known[name] ?? { title: name.replaceAll('_', ' '), unit: '', format: significant };
}

/** The order in which an evaluation's metrics are listed; ones not named here follow. */
const ORDER = [
  'green_rate',
  'traded_rate',
  'mtm_roi_mean',
  'worst_roi_p95',
  'cvar_5pc',
  'pnl',
  'return',
  'orders_submitted',
  'orders_filled',
  'slippage_bps',
  'latency_ms'
];

/** What a run is judged by. */
export const isHeadline = (name: string): boolean =>
  ['green_rate', 'traded_rate', 'mtm_roi_mean', 'worst_roi_p95', 'return'].includes(name);

export function orderedMetrics(names: Iterable<string>): string[] {
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...new Set(names)].sort((a, b) => rank(a) - rank(b));
}

/** `markToMarket`, `mark_to_market` as `mark to market`. */
export const rewardTitle = (term: string): string =>
  term.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** `76.0 to 86.0 %`: the unit once. */
export function formatInterval(about: MetricAbout, interval: { readonly low: number; readonly high: number }): string {
  const low = about.format(interval.low);
  const high = about.format(interval.high);
  return `${low.endsWith('%') && high.endsWith('%') ? low.slice(0, -2) : low} to ${high}`;
}
