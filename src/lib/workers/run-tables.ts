/** Runs and their metrics as SQL tables, and the list of every table there is. */
import { RESULTS_TABLE } from '../data/betfair/results-table.ts';
import { QUALITY_TABLE } from '../data/quality/quality-table.ts';
import { GOLD_TABLES } from '../data/sql/gold-tables.ts';
import type { RecordTable, SqlTable } from '../data/sql/tables.ts';
import { DATA_TABLES } from '../data/sql/tables.ts';
import type { ColumnSpec } from '../data/parquet/columns.ts';
import type { RunStore } from './run-store.ts';

const text = (name: string, about: string): ColumnSpec => ({ name, type: 'text', about });
const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about, nullable: true });
const time = (name: string, about: string): ColumnSpec => ({ name, type: 'time', about, nullable: true });

const RUNS_TABLE: SqlTable = {
  name: 'runs',
  about: 'one row a training run',
  columns: [
    text('run', 'its id'),
    text('name', 'its name'),
    text('state', 'running, paused, stopped, finished, failed or interrupted'),
    text('dataset', 'what it was trained on'),
    { name: 'synthetic', type: 'bool', about: 'trained on simulated data' },
    time('created', 'when it was started, UTC'),
    time('updated', 'when it last reported, UTC'),
    real('updates', 'gradient updates'),
    real('environment_steps', 'environment steps'),
    text('device', 'what it ran on'),
    text('config_hash', 'hash of its configuration'),
    text('data_fingerprint', 'fingerprint of its dataset'),
    text('code_version', 'version of the app that trained it'),
    text('error', 'why it failed')
  ]
};

/** Further columns, `reward.NAME` among them, come with the runs that report them. */
const METRICS_TABLE: SqlTable = {
  name: 'metrics',
  about: 'one row a report of a run',
  columns: [
    text('run', 'id of the run'),
    ...[
      'updates',
      'environment_steps',
      'wall_seconds',
      'return',
      'episode_length',
      'critic_loss',
      'actor_loss',
      'temperature',
      'entropy',
      'loss',
      'policy_loss',
      'value_loss',
      'green_rate',
      'traded_rate',
      'updates_per_second',
      'environment_steps_per_second'
    ].map((name) => real(name, name.replaceAll('_', ' ')))
  ]
};

/** Every table SQL sees, for completion and for the reference beside an editor. */
export const SQL_TABLES: readonly SqlTable[] = [
  ...DATA_TABLES,
  ...GOLD_TABLES,
  QUALITY_TABLE,
  RESULTS_TABLE,
  RUNS_TABLE,
  METRICS_TABLE
];

export function runTables(store: () => Promise<RunStore>): readonly RecordTable[] {
  return [
    {
      ...RUNS_TABLE,
      rows: async () =>
        (await (await store()).all()).map((record) => ({
          run: record.id,
          name: record.name,
          state: record.state,
          dataset: record.dataset,
          synthetic: record.synthetic,
          created: record.createdMillis,
          updated: record.updatedMillis,
          updates: record.updates,
          environment_steps: record.environmentSteps,
          device: record.device,
          config_hash: record.configHash,
          data_fingerprint: record.dataFingerprint,
          code_version: record.codeVersion,
          error: record.error
        }))
    },
    {
      ...METRICS_TABLE,
      rows: async () => {
        const runs = await store();
        const all = await Promise.all(
          (await runs.all()).map(async ({ id }) => (await runs.metrics(id)).map((row) => ({ ...row, run: id })))
        );
        return all.flat();
      }
    }
  ];
}
