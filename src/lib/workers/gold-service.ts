/**
 * The gold half of the data worker: builds episodes, records rollouts, tags regimes. The one place that brings the
 * environment's decisions, a split and stored layers together.
 */
import * as v from 'valibot';
import { readConfig } from '../config/read-config.ts';
import { MarketEnvSchema } from '../config/run-config.ts';
import type { EnvConfig, MarketEnvConfig } from '../config/run-config.ts';
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import { AppError, checkAborted } from '../core/errors.ts';
import { seed } from '../core/units.ts';
import type { GoldManifest } from '../data/gold/layer.ts';
import { buildGold, goldIpc, readGold } from '../data/gold/layer.ts';
import type { BuildProgress, BuildReport } from '../data/market-layer.ts';
import type { EpisodePlan, GoldSettings } from '../data/gold/episode.ts';
import { gridPlan } from '../data/gold/episode.ts';
import type { RolloutHead } from '../data/gold/rollout-head.ts';
import type { RolloutManifest, RolloutMarket } from '../data/gold/rollout.ts';
import { rolloutFolder, rolloutIpc, rolloutsOf, saveManifest, writeRollout } from '../data/gold/rollout.ts';
import { tapeSidecar } from '../data/parquet/silver.ts';
import { SAMPLE_NAME } from '../data/sample.ts';
import type { FileStore } from '../data/store/file-store.ts';
import { readText } from '../data/store/file-store.ts';
import { baselines } from '../env/baselines.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { observationNames } from '../env/market/au-pre-off.ts';
import { isPlayable, timelineOf } from '../env/market/timeline.ts';
import type { Timeline } from '../env/market/timeline.ts';
import { regimeFigures } from '../market/regime.ts';
import type { RegimeFigures } from '../market/regime.ts';
import type { Tape } from '../market/tape.ts';
import type { Policy } from '../research/evaluate.ts';
import { recordRollout } from '../research/record-rollout.ts';
import { tagRegimes } from '../research/regimes.ts';
import type { SplitConfig } from '../research/split.ts';
import { splitMarkets } from '../research/split.ts';
import type { GoldOptions, MarketRegime, RolloutOptions } from './gold-api.ts';
import type { RunStore } from './run-store.ts';
import type { Call, SeriesServiceParts } from './series-service.ts';
import { nothingToBuild, refuseImported, silverKey, usableMarkets } from './series-service.ts';
import { breathe } from './transfer.ts';

export interface GoldServiceParts extends SeriesServiceParts {
  readonly runs: () => Promise<RunStore>;
}

interface KeptRegimes {
  readonly version: number;
  /** By market id and fingerprint. */
  readonly figures: Readonly<Record<string, { readonly volatility: number | null; readonly trend: number | null }>>;
}
const REGIMES_VERSION = 1;
/** Side by side while a rollout is recorded. */
const ENVIRONMENTS = 8;

export class GoldService {
  readonly #parts: GoldServiceParts;

  constructor(parts: GoldServiceParts) {
    this.#parts = parts;
  }

  /** What is built of a dataset; undefined where nothing is. */
  async manifest(dataset: string): Promise<GoldManifest | undefined> {
    return await readGold(await this.#parts.store(), await this.#folder(dataset));
  }

  async rollouts(dataset: string): Promise<readonly RolloutManifest[]> {
    return await rolloutsOf(await this.#parts.store(), await this.#folder(dataset));
  }

  async build(dataset: string, options: GoldOptions, call: Call<BuildProgress>): Promise<BuildReport> {
    const { store, locks, codeVersion, parquet, tape } = this.#parts;
    const { settings, split } = options;
    await parquet();
    const [record, markets, folder] = await Promise.all([
      this.#parts.dataset(dataset),
      this.#parts.markets(dataset),
      this.#folder(dataset)
    ]);
    const usable = usableMarkets(markets).filter((market) => market.excludedBy === undefined);
    refuseImported(await this.manifest(dataset), `the gold layer of ${dataset}`);
    if (usable.length === 0) throw nothingToBuild(dataset);
    // What nothing can be trained on has its rows, but is on no side of the split: training draws from the same ones.
    const playable = usable.filter((market) => market.trainable);
    const sides = splitMarkets(playable, split, await this.#strata(dataset, split, call.signal));
    return await locks.hold(`furlong.gold.${folder}`, async () =>
      buildGold({
        store: await store(),
        folder,
        codeVersion,
        settings,
        split: {
          by: describeSplit(split),
          train: sides.train.map((one) => one.id),
          heldOut: sides.isHeldOut ? sides.heldOut.map((one) => one.id) : []
        },
        markets: usable.map((market) => ({
          id: market.id,
          silverKey: silverKey(record, market),
          tape: () => tape(dataset, market.id)
        })),
        plan: (one) => planOf(one, settings),
        breathe,
        signal: call.signal,
        ...(call.onProgress === undefined ? {} : { onProgress: call.onProgress })
      })
    );
  }

  /** Regimes of a dataset's markets; figures that are not kept yet are worked out and kept. */
  async regimes(dataset: string, call: Call<BuildProgress> = {}): Promise<readonly MarketRegime[]> {
    const store = await this.#parts.store();
    const markets = usableMarkets(await this.#parts.markets(dataset));
    const path = `${await this.#folder(dataset)}/regimes.json`;
    const kept = await readRegimes(store, path);
    const figures: Record<string, RegimeFigures> = {};
    let found = 0;
    for (const [index, market] of markets.entries()) {
      const key = `${market.id} ${market.fingerprint}`;
      const before = kept[key];
      if (before === undefined) {
        checkAborted(call.signal, `regimes of ${dataset}`);
        call.onProgress?.({ done: index, of: markets.length, market: market.id });
        figures[key] = regimeFigures(await this.#parts.tape(dataset, market.id));
        found++;
        await breathe();
      } else figures[key] = before;
    }
    if (found > 0) await store.write(path, JSON.stringify({ version: REGIMES_VERSION, figures }));
    const all = markets.map((market) => ({ id: market.id, ...figures[`${market.id} ${market.fingerprint}`]! }));
    const tags = tagRegimes(all);
    return all.map(({ id, ...one }) => ({ dataset, market: id, ...one, regime: tags.get(id) ?? 'unknown' }));
  }

  async #strata(
    dataset: string,
    split: SplitConfig,
    signal: AbortSignal | undefined
  ): Promise<(market: { readonly id: string }) => string> {
    if (split.split !== 'byMarket' || split.strata === 'none') return () => '';
    const regimes = new Map((await this.regimes(dataset, { signal })).map((one) => [one.market, one.regime]));
    return ({ id }) => regimes.get(id) ?? 'unknown';
  }

  /** Every playable market once, by a baseline or by the agent of a run's last checkpoint. */
  async record(dataset: string, options: RolloutOptions, call: Call<BuildProgress>): Promise<RolloutManifest> {
    const { codeVersion, parquet } = this.#parts;
    await parquet();
    const store = await this.#parts.store();
    const actor = await this.#actor(options);
    const { config, behaviour, name } = actor;
    const [record, timelines, gold] = await Promise.all([
      this.#parts.dataset(dataset),
      this.#playable(dataset, config, call.signal),
      this.#folder(dataset)
    ]);
    refuseImported(
      (await this.rollouts(dataset)).find((one) => one.name === name),
      `rollout ${name} of ${dataset}`
    );
    const environments = actor.environments ?? Math.min(ENVIRONMENTS, timelines.size);
    const sidecars = new Map([...timelines.keys()].map((tape) => [tape.market.id, tapeSidecar(tape)]));
    const acting = await actor.open();
    try {
      const folder = rolloutFolder(gold, name);
      await store.remove(folder);
      const env = makeVectorEnv({
        config: { ...config, environments },
        tapes: [...timelines.keys()],
        preparation: { ready: timelines }
      });
      const markets: RolloutMarket[] = [];
      const rollout: RolloutHead = {
        name,
        behaviour,
        ...(actor.run === undefined ? {} : { run: actor.run }),
        ...(acting.updates === undefined ? {} : { updates: acting.updates }),
        environment: config.id,
        configHash: actor.configHash,
        dataFingerprint: record.fingerprint,
        seed: options.seed,
        codeVersion,
        observationNames: observationNames(config),
        rewardNames: [...env.spec.rewardTerms]
      };
      try {
        await recordRollout({
          env,
          policy: acting.policy,
          seed: seed(options.seed),
          breathe,
          signal: call.signal,
          onEpisode: async (episode) => {
            call.onProgress?.({ done: markets.length, of: timelines.size, market: episode.market });
            const market = sidecars.get(episode.market);
            if (market === undefined) throw new Error(`an episode of ${episode.market}, which is not played`);
            markets.push(await writeRollout(store, folder, { rollout, market }, episode));
          }
        });
        await saveManifest(store, folder, { ...rollout, markets: markets.sort((a, b) => (a.id < b.id ? -1 : 1)) });
      } catch (thrown) {
        await store.remove(folder);
        throw thrown;
      } finally {
        env.dispose();
      }
      const saved = (await this.rollouts(dataset)).find((one) => one.name === name);
      if (saved === undefined) throw new Error(`rollout ${name}: not found after it was saved`);
      return saved;
    } finally {
      acting.dispose();
    }
  }

  async removeRollout(dataset: string, name: string): Promise<void> {
    refuseImported(
      (await this.rollouts(dataset)).find((one) => one.name === name),
      `rollout ${name} of ${dataset}`
    );
    await (await this.#parts.store()).remove(rolloutFolder(await this.#folder(dataset), name));
  }

  /** Rows of a market's gold and rollouts, for SQL. */
  async goldRows(dataset: string, market: string): Promise<Uint8Array | undefined> {
    await this.#parts.parquet();
    const found = await this.manifest(dataset);
    return found && (await goldIpc(await this.#parts.store(), await this.#folder(dataset), found, market));
  }

  async rolloutRows(
    dataset: string,
    market: string
  ): Promise<readonly { readonly rollout: string; readonly ipc: Uint8Array }[]> {
    await this.#parts.parquet();
    const [store, gold] = [await this.#parts.store(), await this.#folder(dataset)];
    const parts = (await rolloutsOf(store, gold)).map(async (found) => {
      const one = found.markets.find((each) => each.id === market);
      return one === undefined ? [] : [{ rollout: found.name, ipc: await rolloutIpc(store, gold, found, one) }];
    });
    return (await Promise.all(parts)).flat();
  }

  async #playable(
    dataset: string,
    config: MarketEnvConfig,
    signal: AbortSignal | undefined
  ): Promise<ReadonlyMap<Tape, Timeline>> {
    const timelines = new Map<Tape, Timeline>();
    for (const market of (await this.#parts.markets(dataset)).filter((one) => one.trainable)) {
      checkAborted(signal, `the rollout over ${dataset}`);
      const tape = await this.#parts.tape(dataset, market.id);
      const timeline = isPlayable(tape, config) ? timelineOf(tape, config) : undefined;
      if (timeline !== undefined) timelines.set(tape, timeline);
      await breathe();
    }
    if (timelines.size > 0) return timelines;
    throw new AppError('data.empty', {
      subject: `dataset ${dataset}`,
      expected: 'at least one market to play',
      got: 'none shows an open market with prices before the off',
      remedy: 'choose another dataset, or record on the sample'
    });
  }

  async #actor(options: RolloutOptions): Promise<Actor> {
    if (options.policy.kind === 'baseline') {
      const config = marketConfig({});
      const { baseline } = options.policy;
      const policy = baselines(config, seed(options.seed)).find((one) => one.name === baseline);
      if (policy === undefined) throw new Error(`no baseline ${baseline}`);
      const configHash = await sha256Hex(canonicalJson(config));
      const open = () => Promise.resolve({ policy, dispose: () => undefined });
      return { config, behaviour: baseline, name: baseline, configHash, open };
    }
    const { run: id, mode } = options.policy;
    const runs = await this.#parts.runs();
    const [run, stored] = await Promise.all([runs.get(id), runs.checkpoint(id)]);
    if (run === undefined || stored === undefined) {
      throw new AppError('data.missing', {
        subject: `run ${run?.name ?? id}`,
        expected: 'a checkpoint',
        got: run === undefined ? 'there is no such run' : 'it has kept none yet',
        remedy: 'let it train until its first checkpoint, or choose another run'
      });
    }
    const whole = readConfig(run.configYaml, `run ${run.name}`);
    const { env } = whole;
    if (!isMarketEnv(env)) {
      throw new AppError('data.kind', {
        subject: `run ${run.name}`,
        expected: 'an agent of recorded markets',
        got: `it plays ${env.id}`,
        remedy: 'choose a run that was trained on a dataset'
      });
    }
    return {
      config: env,
      behaviour: mode === 'greedy' ? 'agent' : 'agent, exploring',
      name: mode === 'greedy' ? run.name : `${run.name}, exploring`,
      configHash: run.configHash,
      run: id,
      // Exploring it goes on with what it remembers of the episodes that it was trained on side by side.
      ...(mode === 'explore' ? { environments: env.environments } : {}),
      open: async () => {
        // Loaded when first needed: agents bring their tensors along.
        const { openActor } = await import('./rollout-actor.ts');
        return await openActor({ config: whole, env, stored, mode });
      }
    };
  }

  async #folder(dataset: string): Promise<string> {
    return dataset === SAMPLE_NAME ? 'gold/sample' : `${await this.#parts.folder(dataset)}/gold`;
  }
}

interface Actor {
  readonly config: MarketEnvConfig;
  readonly behaviour: string;
  readonly name: string;
  readonly configHash: string;
  readonly run?: string;
  /** How many episodes it plays side by side; any number where it is left out. */
  readonly environments?: number;
  /** Ready to play. */
  open(): Promise<{ readonly policy: Policy; readonly updates?: number; dispose(): void }>;
}

const isMarketEnv = (env: EnvConfig): env is MarketEnvConfig => env.id === 'AUPreOffV7TradeCost';

const marketConfig = (fields: Partial<MarketEnvConfig>): MarketEnvConfig =>
  v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', ...fields });

/** The decisions that the environment takes there; of what it does not play, a grid over the whole recording. */
export function planOf(tape: Tape, { startMinutes, decisionSeconds, clock = 'received' }: GoldSettings): EpisodePlan {
  if (tape.market.rules.settlement.kind === 'backLay') {
    const timeline = timelineOf(tape, marketConfig({ slots: 1, startMinutes, decisionSeconds, maxSteps: 100_000 }));
    if (timeline !== undefined) return { times: timeline.times, before: timeline.lastMessage, clock };
  }
  return gridPlan(tape, decisionSeconds, clock);
}

const describeSplit = ({ split, heldOutPercent, splitSeed, strata, folds, fold }: SplitConfig): string =>
  split === 'walkForward'
    ? `by time, last ${String(heldOutPercent)} %, fold ${String(fold)} of ${String(folds)}`
    : `by market, ${String(heldOutPercent)} %, seed ${String(splitSeed)}${strata === 'none' ? '' : ', by regime'}`;

async function readRegimes(store: FileStore, path: string): Promise<Readonly<Record<string, RegimeFigures>>> {
  const text = await readText(store, path);
  if (text === undefined) return {};
  try {
    const kept = JSON.parse(text) as KeptRegimes;
    if (kept.version !== REGIMES_VERSION) return {};
    return Object.fromEntries(
      Object.entries(kept.figures).map(([key, { volatility, trend }]) => [
        key,
        { volatility: volatility ?? Number.NaN, trend: trend ?? Number.NaN }
      ])
    );
  } catch {
    return {};
  }
}
