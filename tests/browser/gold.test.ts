/** Gold in a real browser: built from the sample, kept in its storage, asked in SQL; rollouts recorded and replaced. */
import { tableFromIPC } from 'apache-arrow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GOLD_FEATURES } from '../../src/lib/data/gold/episode.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import { seed } from '../../src/lib/core/units.ts';
import { featureColumns } from '../../src/lib/data/runner-series.ts';
import { SAMPLE_NAME } from '../../src/lib/data/sample.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';
import { createRunService } from '../../src/lib/workers/run-service-impl.ts';
import { createTrainClient } from '../../src/lib/workers/train-client.ts';

let data: DataClient;

beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  data = createDataClient();
});
afterEach(() => {
  data.close();
});

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  tableFromIPC((await data.query(sql)).ipc)
    .toArray()
    .map((row) => ({ ...(row as { toJSON(): Record<string, unknown> }).toJSON() }));

const split = {
  split: 'byMarket',
  strata: 'regime',
  heldOutPercent: 25,
  splitSeed: 0,
  folds: 1,
  fold: 1
} as const;
const options = (decisionSeconds: number) => ({ settings: { startMinutes: 2, decisionSeconds }, split });

test(
  'gold is built once, again only with other settings, and its rows, split and scaler agree',
  { timeout: 240_000 },
  async () => {
    const markets = await data.markets(SAMPLE_NAME);
    const seen: number[] = [];
    const first = await data.buildGold(SAMPLE_NAME, options(5), { onProgress: ({ done }) => seen.push(done) });
    expect(first).toMatchObject({ markets: markets.length, built: markets.length });
    expect(seen.at(-1)).toBe(markets.length);
    expect(await data.buildGold(SAMPLE_NAME, options(5))).toMatchObject({ built: 0, rows: first.rows });

    const [counted] = await rows('select count(*)::int as rows, count(distinct market)::int as markets from episodes');
    expect(counted).toEqual({ rows: first.rows, markets: markets.length });
    const found = await data.gold(SAMPLE_NAME);
    expect([...(found?.split?.train ?? []), ...(found?.split?.heldOut ?? [])].sort()).toEqual(
      markets.map(({ id }) => id).sort()
    );
    expect(found?.scaler?.markets).toEqual([...(found?.split?.train ?? [])].sort());
    // The scaler, from the rows themselves.
    const [spread] = await rows(
      `select avg(log_odds) as mean, stddev_pop(log_odds) as deviation from episodes e
     join gold g using (dataset, market) where g.side = 'train' and runner_active = 1`
    );
    const at = GOLD_FEATURES.indexOf('log_odds');
    expect(found?.scaler?.mean[at]).toBeCloseTo(spread?.['mean'] as number, 5);
    expect(found?.scaler?.deviation[at]).toBeCloseTo(spread?.['deviation'] as number, 5);
    // A mark-out is the later price less this one.
    const [gap] = await rows(
      `select max(abs(later.log_price * ln(1000) - now.log_price * ln(1000) - now.mark_out_5s)) as gap
     from episodes now join episodes later
       on now.market = later.market and now.slot = later.slot and now.step + 1 = later.step
     where epoch(later."time") - epoch(now."time") = 5 and now.mark_out_5s is not null
       and now.has_best_back = 1 and now.has_best_lay = 1 and later.has_best_back = 1 and later.has_best_lay = 1`
    );
    expect(gap?.['gap']).toBeLessThan(1e-5);

    const again = await data.buildGold(SAMPLE_NAME, options(10));
    expect(again.built).toBe(markets.length);
    const [fewer] = await rows('select count(*)::int as rows from episodes');
    expect(fewer).toEqual({ rows: again.rows });
    expect(again.rows).toBeLessThan(first.rows);
  }
);

test('a cancelled build keeps what it has finished, and goes on from there', { timeout: 240_000 }, async () => {
  const cancel = new AbortController();
  const build = data.buildGold(SAMPLE_NAME, options(30), {
    signal: cancel.signal,
    onProgress: ({ done }) => {
      if (done >= 3) cancel.abort();
    }
  });
  await expect(build).rejects.toMatchObject({ code: 'aborted' });
  const kept = (await data.gold(SAMPLE_NAME))?.markets.length ?? 0;
  expect(kept).toBeGreaterThanOrEqual(3);
  expect((await data.gold(SAMPLE_NAME))?.scaler).toBeUndefined();
  const { built, markets } = await data.buildGold(SAMPLE_NAME, options(30));
  expect(built).toBe(markets - kept);
});

test(
  'a baseline’s rollout is what the environment paid, and is replaced by its next',
  { timeout: 240_000 },
  async () => {
    const options = { policy: { kind: 'baseline', baseline: 'fixed rule' }, seed: 3 } as const;
    const found = await data.recordRollout(SAMPLE_NAME, options);
    expect(found.markets.length).toBeGreaterThan(3);
    const [sums] = await rows(
      `select count(*)::int as steps, count(distinct market)::int as markets,
       count(*) filter (terminated or truncated)::int as ends,
       count(*) filter (len(final_observation) > 0)::int as finals,
       min(len(observation))::int as narrow, max(len(observation))::int as wide,
       max(abs(reward - list_sum(reward_terms))) as gap
     from rollouts where rollout = 'fixed rule'`
    );
    const steps = found.markets.reduce((sum, market) => sum + market.rows, 0);
    expect(sums).toMatchObject({ steps, markets: found.markets.length, ends: found.markets.length });
    expect(sums).toMatchObject({ finals: found.markets.length, narrow: found.observationNames.length });
    expect(sums?.['wide']).toBe(found.observationNames.length);
    expect(sums?.['gap']).toBeLessThan(1e-4);
    expect(await data.recordRollout(SAMPLE_NAME, options)).toEqual(found);
    expect((await rows(`select 1 from recordings`)).length).toBe(found.markets.length);
    await data.removeRollout(SAMPLE_NAME, 'fixed rule');
    expect(await rows('select 1 from rollouts')).toEqual([]);
  }
);

test('regimes are told of every market, the same the second time', { timeout: 120_000 }, async () => {
  const regimes = await data.regimes(SAMPLE_NAME);
  expect(regimes.map(({ market }) => market)).toEqual((await data.markets(SAMPLE_NAME)).map(({ id }) => id));
  expect(new Set(regimes.map(({ regime }) => regime)).size).toBeGreaterThan(2);
  expect(await data.regimes(SAMPLE_NAME)).toEqual(regimes);
});

test(
  'runner_ts holds what it is built with: its grid, its features, and prices alone where it is not built',
  { timeout: 240_000 },
  async () => {
    const [market] = await data.markets(SAMPLE_NAME);
    const of = `from runner_ts where market = '${market?.id ?? ''}'`;
    const facts = `select count(*)::int as rows, min(grid_millis) as grid, count(log_odds)::int as observed,
      count(kurtosis_300s)::int as more, max(abs(log_price - ln(sqrt(back * lay)) / ln(1000))) as gap ${of}`;
    const bare = (await rows(facts))[0];
    expect(bare).toMatchObject({ grid: 1000, observed: 0, more: 0 });
    expect(await data.series(SAMPLE_NAME)).toBeUndefined();

    const report = await data.buildSeries(SAMPLE_NAME, { gridMillis: 250, features: 'preOff' });
    expect(report.built).toBe(report.markets);
    const [fine] = await rows(facts);
    expect(fine).toMatchObject({ grid: 250, observed: fine?.['rows'], more: 0 });
    expect(fine?.['rows']).toBeGreaterThan(bare?.['rows'] as number);
    // The features are those of the very prices beside them.
    expect(fine?.['gap']).toBeLessThan(1e-6);

    expect(await data.buildSeries(SAMPLE_NAME, { gridMillis: 250, features: 'preOff' })).toMatchObject({ built: 0 });
    await data.buildSeries(SAMPLE_NAME, { gridMillis: 1000, features: 'all' });
    const [full] = await rows(facts);
    expect(full).toMatchObject({ grid: 1000, rows: bare?.['rows'], observed: bare?.['rows'], more: bare?.['rows'] });
    const columns = await rows('describe runner_ts');
    expect(columns.map((column) => column['column_name'])).toEqual(
      expect.arrayContaining([...featureColumns('all').names])
    );
    expect((await data.series(SAMPLE_NAME))?.markets).toHaveLength(report.markets);

    await data.removeSeries(SAMPLE_NAME);
    expect((await rows(facts))[0]).toEqual(bare);
  }
);

const RUN = `
version: 1
name: tiny
seed: 1
data: { dataset: sample }
env: { id: AUPreOffV7TradeCost, environments: 4, slots: 2, startMinutes: 2, decisionSeconds: 10 }
agent:
  { algorithm: sac-lstm, lstmUnits: 8, hiddenUnits: 8, batch: 4, sequence: 4, burnIn: 2, learningStarts: 16, replaySteps: 2000 }
training: { updates: 6, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 2, checkpointSeconds: 1, backend: wasm }
evaluation: { bootstrapSamples: 100 }
`;

test(
  'the rollout of a run’s agent is what its last checkpoint does, and the environment pays the same for it again',
  { timeout: 240_000 },
  async () => {
    const trainer = createTrainClient();
    const config = readConfig(RUN);
    const run = await createRunService(data, { startTrainer: () => trainer }).start(config);
    const record = await run.ended;
    trainer.close();
    expect([record.state, record.error]).toEqual(['finished', undefined]);
    const asked = { policy: { kind: 'run', run: record.id, mode: 'greedy' }, seed: 3 } as const;
    const found = await data.recordRollout(SAMPLE_NAME, asked);
    expect(found).toMatchObject({ name: record.name, behaviour: 'agent', run: record.id, updates: 6, seed: 3 });
    expect(found.configHash).toBe(record.configHash);
    expect(found.markets.length).toBeGreaterThan(3);
    expect(await data.recordRollout(SAMPLE_NAME, asked)).toEqual(found);

    const [first] = found.markets;
    const played = await rows(
      `select action, observation, reward, terminated, behaviour from rollouts
       where market = '${first?.id ?? ''}' and rollout = '${found.name}' order by step`
    );
    expect(played.length).toBe(first?.rows);
    expect(new Set(played.map((row) => row['behaviour']))).toEqual(new Set(['agent']));
    const numbers = (row: Record<string, unknown>, name: string): number[] => [...(row[name] as Iterable<number>)];
    // The same actions in an environment of our own, over the same tape.
    const tape = await data.tape(SAMPLE_NAME, first?.id ?? '');
    const env = makeVectorEnv({ config: { ...config.env, environments: 1 }, tapes: [tape] });
    env.reset({ seed: seed(3), schedule: 'once', trace: false });
    for (const row of played) {
      expect([...env.buffers.observations]).toEqual(numbers(row, 'observation'));
      env.buffers.actions.set(numbers(row, 'action'));
      env.step();
      expect(env.buffers.rewards[0]).toBe(row['reward']);
      expect(env.buffers.terminated[0] === 1).toBe(row['terminated']);
    }
    expect(env.buffers.episode[0]).toBe(-1);
    env.dispose();

    const exploring = await data.recordRollout(SAMPLE_NAME, {
      policy: { kind: 'run', run: record.id, mode: 'explore' },
      seed: 3
    });
    expect(exploring).toMatchObject({ name: `${record.name}, exploring`, behaviour: 'agent, exploring' });
    const [both] = await rows('select count(distinct rollout)::int as n from rollouts');
    expect(both).toEqual({ n: 2 });
    const [differ] = await rows(
      `select count(*)::int as n from rollouts a join rollouts b using (market, step)
       where a.behaviour = 'agent' and b.behaviour = 'agent, exploring' and a.action <> b.action`
    );
    expect(differ?.['n']).toBeGreaterThan(0);
  }
);

/** Parquet files below a folder of the app's storage, by path. */
async function parquetIn(folder: string): Promise<readonly File[]> {
  let at = await (await navigator.storage.getDirectory()).getDirectoryHandle('furlong');
  for (const name of folder.split('/')) at = await at.getDirectoryHandle(name);
  const found: File[] = [];
  const walk = async (one: FileSystemDirectoryHandle): Promise<void> => {
    for await (const entry of one.values()) {
      if (entry.kind === 'directory') await walk(entry);
      else if (entry.name.endsWith('.parquet')) found.push(await entry.getFile());
    }
  };
  await walk(at);
  return await Promise.all(found.map(async (file) => new File([await file.arrayBuffer()], `taken ${file.name}`)));
}

test(
  'single files of gold, runner_ts and a rollout are a dataset that SQL sees as it saw what they were taken from',
  { timeout: 240_000 },
  async () => {
    await data.buildGold(SAMPLE_NAME, options(20));
    const gold = await parquetIn('gold/sample');
    await data.recordRollout(SAMPLE_NAME, { policy: { kind: 'baseline', baseline: 'fixed rule' }, seed: 3 });
    const rollouts = await parquetIn('gold/sample/rollouts');
    await data.buildSeries(SAMPLE_NAME, { gridMillis: 5000, features: 'preOff' });
    const series = await parquetIn('runner_ts/sample');
    expect([gold.length, rollouts.length > 0, series.length]).toEqual([series.length, true, gold.length]);

    const { dataset, markets } = await data.importFiles([...gold, ...rollouts, ...series], { name: 'taken' });
    expect(markets.map(({ id }) => id).sort()).toEqual((await data.markets(SAMPLE_NAME)).map(({ id }) => id).sort());
    expect(dataset).toMatchObject({ trainable: 0, origin: 'import' });
    const same = async (table: string, columns: string): Promise<void> => {
      const [differ] = await rows(
        `with a as (select ${columns} from ${table} where dataset = '${SAMPLE_NAME}'),
           b as (select ${columns} from ${table} where dataset = 'taken')
         select (select count(*) from a)::int as before, (select count(*) from b)::int as after,
           (select count(*) from (from a except all from b))::int as lost,
           (select count(*) from (from b except all from a))::int as more`
      );
      expect(differ, table).toMatchObject({ after: differ?.['before'], lost: 0, more: 0 });
      expect(differ?.['before'], table).toBeGreaterThan(0);
    };
    await same('episodes', 'market, step, "time", slot, runner, log_odds, spread_ticks, mark_out_5s');
    await same('runner_ts', 'market, "time", seconds_to_off, slot, runner, back, lay, status, grid_millis, log_odds');
    await same('rollouts', 'market, rollout, step, observation, action, reward, terminated, behaviour');
    await same('recordings', 'market, rollout, behaviour, steps, "return", terminated');
    await same('gold', 'market, decisions, rows, bytes, decision_seconds, start_minutes, feature_hash');
    expect((await data.lineage('taken')).map(({ kind, from, canRebuild }) => [kind, from, canRebuild])).toEqual([
      ['source', [], false],
      ['runner_ts', ['source'], false],
      ['gold', ['source'], false],
      ['rollout', ['source'], false]
    ]);
    await expect(data.buildGold('taken', options(20))).rejects.toMatchObject({ code: 'data.kind' });

    // In another tab, and back out of it: the same bytes.
    data.close();
    data = createDataClient();
    const archive = new Uint8Array(await (await data.exportDataset('taken')).arrayBuffer());
    const text = new TextDecoder('latin1').decode(archive);
    for (const file of [...gold, ...rollouts, ...series]) {
      expect(text.includes(new TextDecoder('latin1').decode(await file.arrayBuffer())), file.name).toBe(true);
    }
    await data.importFiles([new File([archive], 'taken.tar')], { name: 'back' });
    expect(
      (await rows(`select count(*)::int as n from datasets where fingerprint = '${dataset.fingerprint}'`))[0]
    ).toEqual({
      n: 2
    });

    // A file of another version, and one that is torn: told, and nothing is changed.
    const [first] = gold;
    const bytes = new Uint8Array(await first!.arrayBuffer());
    await expect(data.importFiles([new File([bytes.slice(0, bytes.length >> 1)], 'torn')])).rejects.toMatchObject({
      code: 'data.corrupt'
    });
    expect((await data.datasets()).filter(({ origin }) => origin === 'import')).toHaveLength(2);
  }
);
