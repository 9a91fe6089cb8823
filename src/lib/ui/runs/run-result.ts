/** A run's result in one phrase, never without its interval. Pure. */
import type { RunRecord } from '$lib/research/types.ts';
import { aboutMetric } from '../run/metric-about.ts';
import { agentInterval } from '../run/run-facts.ts';

export function runResult(record: RunRecord): string {
  const report = record.evaluation;
  if (report === undefined) return record.state === 'failed' ? 'failed before an evaluation' : 'not evaluated yet';
  const sample = report.heldOut ? '' : ', in sample';
  const phrase = (metric: string, words: string): string | undefined => {
    const interval = agentInterval(report, metric);
    if (interval === undefined) return undefined;
    const { format } = aboutMetric(metric);
    return `${words} ${format(interval.mean)} (${format(interval.low)} to ${format(interval.high)})${sample}`;
  };
  const traded = agentInterval(report, 'traded_rate');
  if (traded?.mean === 0) return `traded no market${sample}`;
  return phrase('green_rate', 'all green') ?? phrase('return', 'return') ?? `evaluated${sample}`;
}
