import { describe, expect, it } from 'vitest';
import type { EvaluationReport, Interval, PolicyResult, RunRecord } from '$lib/research/types.ts';
import { runResult } from '../runs/run-result.ts';
import { runCharts } from './run-charts.ts';
import { agentInterval, baselineMean, checkpointUpdates, episodeBars, secondsLeft } from './run-facts.ts';
import { readConfig } from '$lib/config/read-config.ts';
import { MetricTable } from './metric-table.ts';

const interval = (mean: number, half = 0.1): Interval => ({ mean, low: mean - half, high: mean + half });

const policy = (name: string, metrics: Record<string, Interval>, rows: PolicyResult['rows'] = []): PolicyResult => ({
  policy: name,
  episodes: rows.length,
  metrics,
  columns: ['return', 'length', 'all_green', 'traded', 'mtm_roi', 'worst_roi'],
  rows
});

const report: EvaluationReport = {
  updates: 500,
  heldOut: true,
  markets: ['1.1', '1.2', '1.3'],
  confidencePercent: 95,
  digest: 'd',
  policies: [
    policy('agent', { green_rate: interval(0.8), traded_rate: interval(0.9), return: interval(1) }, [
      ['1.1', 2, 100, 1, 1, 0.02, 0.01],
      ['1.2', -1, 100, 0, 1, -0.01, -0.05],
      ['1.3', 0, 100, 0, 0, 0, 0]
    ]),
    policy('do nothing', { green_rate: interval(Number.NaN), return: interval(0, 0) }),
    policy('random', { return: interval(-4) }),
    policy('fixed rule', { return: interval(0.5), green_rate: interval(0.6) })
  ]
};
const record = (over: Partial<RunRecord>): RunRecord =>
  ({ state: 'finished', evaluation: report, ...over }) as RunRecord;

describe('evaluation in words', () => {
  it('never says a figure without its interval', () => {
    expect(runResult(record({}))).toBe('all green 80.0\u202f% (70.0 to 90.0\u202f%)');
  });

  it('says when the figures are in sample', () => {
    expect(runResult(record({ evaluation: { ...report, heldOut: false } }))).toMatch(/in sample$/);
  });

  it('says that nothing was traded rather than how green it was', () => {
    const idle = policy('agent', { green_rate: interval(1), traded_rate: interval(0, 0) });
    expect(runResult(record({ evaluation: { ...report, policies: [idle] } }))).toBe('traded no market');
  });

  it('has no figure where a policy has none', () => {
    expect(agentInterval(report, 'mtm_roi_mean')).toBeUndefined();
    expect(baselineMean(report, 'do nothing', 'green_rate')).toBeUndefined();
  });
});

describe('the episode strip', () => {
  it('takes ROI as height and tells green, not green and not traded apart', () => {
    const { metric, bars } = episodeBars(report);
    expect(metric).toBe('mtm_roi_mean');
    expect(bars.map((bar) => bar.value)).toEqual([0.02, -0.01, 0]);
    expect(bars.map((bar) => bar.green)).toEqual([true, false, undefined]);
  });
});

describe('charts of a run', () => {
  it('always shows green and traded together, with the fixed rule as a line', () => {
    const table = new MetricTable();
    table.follow([{ updates: 10, return: 1, green_rate: 0.5, traded_rate: 1, 'reward.all_green': 0 }]);
    const chart = runCharts(table, report).find((one) => one.id === 'green_rate');
    expect(chart?.series.map((one) => one.label)).toEqual(['all green', 'traded']);
    expect(chart?.baselines.map((one) => one.label)).toEqual(['fixed rule']);
    expect(chart?.range).toEqual([0, 1]);
  });

  it('compares the return with doing nothing and the fixed rule, not with random where there is a rule', () => {
    const chart = runCharts(new MetricTable(), report).find((one) => one.id === 'return');
    expect(chart?.baselines.map((one) => one.label)).toEqual(['do nothing', 'fixed rule']);
  });

  it('leaves market charts out where there is no market', () => {
    const table = new MetricTable();
    table.follow([{ updates: 10, return: -900 }]);
    const random = {
      ...report,
      policies: [policy('agent', { return: interval(-200) }), policy('random', { return: interval(-1200) })]
    };
    const charts = runCharts(table, random);
    expect(charts.map((one) => one.id)).not.toContain('green_rate');
    expect(charts[0]?.baselines.map((one) => one.label)).toEqual(['random']);
  });

  it('shows what the algorithm says of its learning', () => {
    const shown = (algorithm: string): string[] => {
      const env = ['sac', 'tqc', 'td3'].includes(algorithm) ? 'Pendulum-v1' : 'CartPole-v1';
      const { agent } = readConfig(`{ version: 1, name: a, env: { id: ${env} }, agent: { algorithm: ${algorithm} } }`);
      return runCharts(new MetricTable(), undefined, agent).map(({ id, unit }) => `${id}, ${unit}`);
    };
    expect(shown('sac')).toContain('critic_loss, mean squared Bellman error');
    expect(shown('tqc')).toContain('critic_loss, quantile Huber');
    expect(shown('ppo')).toContain('clip_fraction, % of probability ratios');
    expect(shown('a2c')).toContain('value_loss, mean squared error');
    expect(shown('a2c')).not.toContain('temperature, alpha');
    expect(shown('td3')).toContain('critic_loss, mean squared Bellman error');
    expect(shown('td3')).not.toContain('temperature, alpha');
    const forecasting = readConfig(
      '{ version: 1, name: a, env: { id: AUPreOffV7TradeCost }, agent: { algorithm: sac-lstm, auxFill: 1 } }'
    );
    const charts = runCharts(new MetricTable(), undefined, forecasting.agent).map(({ id }) => id);
    expect(charts.filter((id) => id.startsWith('aux'))).toEqual(['aux_fill']);
    expect(shown('sac').some((chart) => chart.startsWith('aux'))).toBe(false);
    expect(shown('dqn')).toContain('error, mean absolute');
  });
});

it('reads at which update a checkpoint was taken, and survives one that is damaged', () => {
  expect(checkpointUpdates('{"format":1,"updates":343}')).toBe(343);
  expect(checkpointUpdates('{"format":1')).toBeUndefined();
});

describe('time left', () => {
  it('comes from the rate of late and is unknown before there is one', () => {
    expect(secondsLeft(500, 1500, 10)).toBe(100);
    expect(secondsLeft(500, 1500, Number.NaN)).toBeUndefined();
    expect(secondsLeft(1500, 1500, 10)).toBeUndefined();
  });
});
