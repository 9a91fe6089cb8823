/** The rate of the newest run in this browser that trained long enough to have one. */
import { readConfig } from '$lib/config/read-config.ts';
import type { RunRecord } from '$lib/research/types.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { RunConfig } from '$lib/config/run-config.ts';
import { MetricTable } from '../run/metric-table.ts';
import type { Measured, Spaces } from './estimate.ts';
import { updateWork } from './estimate.ts';

const ENOUGH_REPORTS = 5;

export async function measuredRate(
  data: Pick<DataApi, 'metrics'>,
  records: readonly RunRecord[],
  spacesOf: (config: RunConfig) => Spaces
): Promise<Measured | undefined> {
  for (const record of records.slice(0, 5)) {
    const table = new MetricTable();
    table.follow(await data.metrics(record.id));
    const updatesPerSecond = table.recentMean('updates_per_second', 50);
    if (table.rows < ENOUGH_REPORTS || !(updatesPerSecond > 0)) continue;
    const config = readConfig(record.configYaml, `run ${record.name}`);
    return { updatesPerSecond, work: updateWork(config, spacesOf(config)), run: record.name };
  }
  return undefined;
}
