/** The gold layer as SQL sees it: episodes and rollouts as they are loaded, what is built, and what it is scaled by. */
import { GOLD_COLUMNS } from '../gold/episode.ts';
import type { GoldManifest } from '../gold/layer.ts';
import type { RolloutManifest } from '../gold/rollout.ts';
import { ROLLOUT_COLUMNS } from '../gold/rollout.ts';
import type { ColumnSpec } from '../parquet/columns.ts';
import type { RecordTable, SqlTable } from './tables.ts';
import { createTable, quoted } from './tables.ts';

/** What the warehouse asks the gold layer. */
export interface GoldSource {
  manifest(dataset: string): Promise<GoldManifest | undefined>;
  rollouts(dataset: string): Promise<readonly RolloutManifest[]>;
  /** A market's rows of `GOLD_COLUMNS` as an Arrow IPC stream; undefined where it has not been built. */
  goldRows(dataset: string, market: string): Promise<Uint8Array | undefined>;
  /** A market's rows of `ROLLOUT_COLUMNS`, a stream a recording. */
  rolloutRows(
    dataset: string,
    market: string
  ): Promise<readonly { readonly rollout: string; readonly ipc: Uint8Array }[]>;
}

const text = (name: string, about: string): ColumnSpec => ({ name, type: 'text', about });
const real = (name: string, about: string): ColumnSpec => ({ name, type: 'f64', about, nullable: true });
const KEYS = [text('dataset', 'name of the dataset'), text('market', "the venue's id of the market")] as const;
const KEY: ColumnSpec = { name: 'market_key', type: 'u32', about: 'the market, as a number' };
const ROLLOUT = text('rollout', 'name of the recording');

const withoutTime = GOLD_COLUMNS.filter(({ name }) => !['step', 'slot', 'time'].includes(name));

export const EPISODES_TABLE: SqlTable = {
  name: 'episodes',
  about: 'gold: every runner at every decision with all features, and mark-outs as labels',
  columns: [
    ...KEYS,
    { name: 'step', type: 'u32', about: 'number of the decision, from 0' },
    { name: 'time', type: 'time', about: 'moment of the decision, UTC' },
    { name: 'slot', type: 'u8', about: "the runner's slot" },
    text('runner', "the runner's name"),
    ...withoutTime
  ]
};

export const ROLLOUTS_TABLE: SqlTable = {
  name: 'rollouts',
  about: 'gold: recorded rollouts, a row each decision; lists are indexed from 1',
  columns: [...KEYS, ROLLOUT, ...ROLLOUT_COLUMNS]
};

const BUILT_TABLE: SqlTable = {
  name: 'gold',
  about: 'one row a market that gold was built of',
  columns: [
    ...KEYS,
    text('side', 'train or held out, of the split that the scaler was fitted with'),
    real('decisions', 'decisions of its episode'),
    real('rows', 'rows: decisions by runners'),
    real('bytes', 'stored size'),
    real('decision_seconds', 'time between decisions'),
    real('start_minutes', 'begin before the off'),
    text('feature_hash', 'of the features it was built with')
  ]
};

const SCALING_TABLE: SqlTable = {
  name: 'scaling',
  about: 'mean and deviation of every feature over the training side of each dataset',
  columns: [
    text('dataset', 'name of the dataset'),
    text('feature', 'its name in episodes'),
    real('mean', 'mean'),
    real('deviation', 'standard deviation, 1 where it never varied'),
    real('markets', 'markets it was fitted on')
  ]
};

const RECORDED_TABLE: SqlTable = {
  name: 'recordings',
  about: 'one row a market of a recorded rollout',
  columns: [
    ...KEYS,
    ROLLOUT,
    text('behaviour', 'the policy that acted'),
    text('run', 'the run whose agent acted'),
    real('updates', 'gradient updates it had had'),
    real('steps', 'decisions'),
    real('return', 'sum of rewards'),
    { name: 'terminated', type: 'bool', about: 'whether it ended by its own rules' }
  ]
};

export const GOLD_TABLES: readonly SqlTable[] = [
  EPISODES_TABLE,
  ROLLOUTS_TABLE,
  BUILT_TABLE,
  SCALING_TABLE,
  RECORDED_TABLE
];

export function goldRecordTables(
  gold: GoldSource,
  datasets: () => Promise<readonly { readonly name: string }[]>
): readonly RecordTable[] {
  const ofAll = async <T>(rows: (dataset: string) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all((await datasets()).map(({ name }) => rows(name)))).flat();
  return [
    {
      ...BUILT_TABLE,
      rows: () =>
        ofAll(async (dataset) => {
          const found = await gold.manifest(dataset);
          const train = new Set(found?.split?.train);
          const heldOut = new Set(found?.split?.heldOut);
          return (found?.markets ?? []).map((market) => ({
            dataset,
            market: market.id,
            side: train.has(market.id) ? 'train' : heldOut.has(market.id) ? 'held out' : undefined,
            decisions: market.decisions,
            rows: market.rows,
            bytes: market.bytes,
            decision_seconds: found?.settings.decisionSeconds,
            start_minutes: found?.settings.startMinutes,
            feature_hash: found?.featureHash
          }));
        })
    },
    {
      ...SCALING_TABLE,
      rows: () =>
        ofAll(async (dataset) => {
          const scaler = (await gold.manifest(dataset))?.scaler;
          return (scaler?.features ?? []).map((feature, i) => ({
            dataset,
            feature,
            mean: scaler?.mean[i],
            deviation: scaler?.deviation[i],
            markets: scaler?.markets.length
          }));
        })
    },
    {
      ...RECORDED_TABLE,
      rows: () =>
        ofAll(async (dataset) =>
          (await gold.rollouts(dataset)).flatMap((found) =>
            found.markets.map((market) => ({
              dataset,
              market: market.id,
              rollout: found.name,
              behaviour: found.behaviour,
              run: found.run,
              updates: found.updates,
              steps: market.rows,
              return: market.return,
              terminated: market.terminated
            }))
          )
        )
    }
  ];
}

const names = (columns: readonly ColumnSpec[], of: string): string =>
  columns.map(({ name }) => `${of}.${quoted(name)}`).join(', ');

/** Raw tables and the views that show them; after the large tables' own. */
export const GOLD_SCHEMA: readonly string[] = [
  createTable('store.episodes', [KEY, ...GOLD_COLUMNS]),
  createTable('store.rollouts', [KEY, ROLLOUT, ...ROLLOUT_COLUMNS]),
  `CREATE VIEW episodes AS
     SELECT k.dataset, k.market, g.step, make_timestamp(CAST(k.start_micros + g."time" / 1000 AS BIGINT)) AS "time",
       g.slot, r.runner, ${names(withoutTime, 'g')}
     FROM store.episodes g JOIN store.market_keys k USING (market_key)
       LEFT JOIN store.runner_keys r ON r.market_key = g.market_key AND r.slot = g.slot`,
  `CREATE VIEW rollouts AS
     SELECT k.dataset, k.market, g.rollout, ${names(ROLLOUT_COLUMNS, 'g')}
     FROM store.rollouts g JOIN store.market_keys k USING (market_key)`
];
