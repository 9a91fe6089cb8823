/** What the start page offers to go on with. Pure. */
import { readConfig } from '$lib/config/read-config.ts';
import type { DatasetRecord } from '$lib/data/records.ts';
import type { RunRecord, RunState } from '$lib/research/types.ts';
import { marketsAddress } from '../addresses.ts';
import { formatCount, plural } from '../format.ts';
import { runSubject } from '../run/run-facts.ts';
import { runResult } from '../runs/run-result.ts';

export interface ContinueRow {
  readonly kind: 'Run' | 'Dataset';
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly result: string;
  readonly href: string;
  readonly millis: number;
  readonly state: RunState | undefined;
}

const RUNS = 4;
const DATASETS = 2;

function subjectOf(record: RunRecord): string {
  try {
    return runSubject(record, readConfig(record.configYaml));
  } catch {
    // A run of a later version of the app: its page says so; here its name is enough.
    return runSubject(record, undefined);
  }
}

/** The last runs, then the datasets that were opened last; the sample is always here, so it is not listed. */
export function continueRows(records: readonly RunRecord[], datasets: readonly DatasetRecord[]): ContinueRow[] {
  const runs = [...records]
    .sort((a, b) => b.updatedMillis - a.updatedMillis)
    .slice(0, RUNS)
    .map((record): ContinueRow => ({
      kind: 'Run',
      id: record.id,
      name: record.name,
      about: subjectOf(record),
      result: runResult(record),
      href: `/runs/${encodeURIComponent(record.id)}`,
      millis: record.updatedMillis,
      state: record.state
    }));
  const opened = datasets
    .filter((dataset) => dataset.origin !== 'sample')
    .sort((a, b) => b.createdMillis - a.createdMillis)
    .slice(0, DATASETS)
    .map((dataset): ContinueRow => ({
      kind: 'Dataset',
      id: dataset.name,
      name: dataset.name,
      about: plural(dataset.markets, 'market'),
      result: `${formatCount(dataset.messages)} messages, ${dataset.trainable} can be trained on`,
      href: marketsAddress(dataset.name),
      millis: dataset.createdMillis,
      state: undefined
    }));
  return [...runs, ...opened];
}
