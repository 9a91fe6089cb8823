/** Gold in a real browser: built from the sample, kept in its storage, asked in SQL; rollouts recorded and replaced. */
import { tableFromIPC } from 'apache-arrow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GOLD_FEATURES } from '../../src/lib/data/gold/episode.ts';
import { SAMPLE_NAME } from '../../src/lib/data/sample.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';

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
