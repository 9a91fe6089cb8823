/** A run's result in one phrase, never without its interval. Pure. */
import type { RunRecord } from '$lib/research/types.ts';
import { aboutMetric, formatInterval } from '../run/metric-about.ts';
import { agentInterval } from '../run/run-facts.ts';

export function runResult(record: RunRecord): string {
  const report = record.evaluation;
  if (report === undefined) return record.state === 'failed' ? 'failed before an evaluation' : 'not evaluated yet';
  const sample = report.heldOut ? '' : ', in sample';
  const phrase = (metric: string, words: string): string | undefined => {
    const interval = agentInterval(report, metric);
    if (interval === undefined) return undefined;
    const about = aboutMetric(metric);
    return `${words} ${about.format(interval.mean)} (${formatInterval(about, interval)})${sample}`;
  };
  const traded = agentInterval(report, 'traded_rate');
  if (traded?.mean === 0) return `traded no market${sample}`;
  return phrase('green_rate', 'all green') ?? phrase('return', 'return') ?? `evaluated${sample}`;
}
