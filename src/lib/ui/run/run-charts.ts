/** Which charts a run shows, from the columns it has. Pure. */
import type { Baseline, ChartSeries } from '../charts/series.ts';
import { smoothed } from '../charts/series.ts';
import { FORECAST_KINDS, forecastWeights } from '$lib/config/forecasts.ts';
import type { RunConfig } from '$lib/config/run-config.ts';
import type { EvaluationReport } from '$lib/research/types.ts';
import { formatTick } from '../format.ts';
import { aboutMetric } from './metric-about.ts';
import type { MetricTable } from './metric-table.ts';

export interface RunChart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly x: Float64Array;
  readonly series: readonly ChartSeries[];
  readonly baselines: readonly Baseline[];
  readonly range: readonly [number | undefined, number | undefined];
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
  /** Whether the kept checkpoint is marked on it. */
  readonly marks: boolean;
}

/** `green_rate` and `traded_rate` are one chart: doing nothing is green and worth nothing. */
const MARKET = ['return', 'green_rate', 'mtm_roi_mean', 'worst_roi_p95'] as const;
const SPEED = ['updates_per_second', 'environment_steps_per_second'] as const;

type AgentConfig = RunConfig['agent'];

/** What an agent says of its learning: its losses are those of its algorithm. */
function learningOf(agent: AgentConfig | undefined): readonly string[] {
  if (agent === undefined || 'initialTemperature' in agent) {
    return ['critic_loss', 'actor_loss', 'temperature', ...forecastsOf(agent)];
  }
  if ('policyDelay' in agent) return ['critic_loss', 'actor_loss'];
  if ('clip' in agent) return ['policy_loss', 'value_loss', 'entropy', 'approximate_kl', 'clip_fraction'];
  if ('rolloutSteps' in agent) return ['policy_loss', 'value_loss', 'entropy'];
  return ['loss', 'value', 'error'];
}

/** The errors of what it learns to tell besides. */
function forecastsOf(agent: AgentConfig | undefined): readonly string[] {
  const weights = agent === undefined ? undefined : forecastWeights(agent);
  return weights === undefined ? [] : FORECAST_KINDS.filter((kind) => weights[kind] > 0).map((kind) => `aux_${kind}`);
}

const BASELINES = ['do nothing', 'random', 'fixed rule'];

/** Means of the fixed policies as lines; `random` only where there is no fixed rule to compare with. */
function baselinesOf(metric: string, evaluation: EvaluationReport | undefined): Baseline[] {
  const policies = evaluation?.policies ?? [];
  const wanted = policies.some((policy) => policy.policy === 'fixed rule')
    ? BASELINES.filter((name) => name !== 'random')
    : BASELINES;
  return policies.flatMap((policy) => {
    const mean = policy.metrics[metric]?.mean;
    return wanted.includes(policy.policy) && mean !== undefined && Number.isFinite(mean)
      ? [{ label: policy.policy, value: mean }]
      : [];
  });
}

/** Noise drawn faint, its running mean on top. */
function withMean(label: string, values: Float64Array): ChartSeries[] {
  const window = Math.max(3, Math.floor(values.length / 20));
  if (values.length < 12) return [{ label, values, tone: 'accent' }];
  return [
    { label: 'mean', values: smoothed(values, window), tone: 'accent' },
    { label, values, tone: 'faint' }
  ];
}

export function runCharts(
  table: MetricTable,
  evaluation: EvaluationReport | undefined,
  agent?: AgentConfig
): RunChart[] {
  const market = evaluation?.policies.some((policy) => policy.metrics['green_rate'] !== undefined) ?? false;
  const wanted = [
    ...MARKET.filter((name) => name === 'return' || market || table.names('reward.').length > 0),
    ...learningOf(agent),
    ...SPEED
  ];
  return wanted.map((id): RunChart => {
    const quantiles = id === 'critic_loss' && agent !== undefined && 'quantiles' in agent;
    const about = quantiles ? { ...aboutMetric(id), unit: 'quantile Huber' } : aboutMetric(id);
    const common = { id, title: about.title, unit: about.unit, format: about.format, tick: about.tick ?? formatTick };
    if (id === 'green_rate') {
      const { x, ys } = table.aligned(['traded_rate', 'green_rate'], 300);
      const [traded = new Float64Array(0), green = new Float64Array(0)] = ys;
      return {
        ...common,
        unit: '%',
        x,
        series: [
          { label: 'all green', values: green, tone: 'accent' },
          { label: 'traded', values: traded, tone: 'muted', dashed: true }
        ],
        baselines: baselinesOf('green_rate', evaluation).filter((one) => one.label !== 'do nothing'),
        range: [0, 1],
        marks: true
      };
    }
    const { x, y } = table.points(id);
    const isMarket = (MARKET as readonly string[]).includes(id);
    return {
      ...common,
      x,
      series: withMean(id.includes('_per_second') ? 'rate' : 'interval', y),
      baselines: isMarket ? baselinesOf(id, evaluation) : [],
      range: [id.includes('_per_second') || id === 'temperature' ? 0 : undefined, undefined],
      marks: isMarket
    };
  });
}
