/**
 * Recorded rollouts: what a policy saw, did and was paid for, decision by decision, a Parquet file a market beside a
 * `metadata.json` that says which policy, in which environment. Knows neither policies nor environments.
 */
import { AppError } from '../../core/errors.ts';
import { layerMetadata } from '../layer-about.ts';
import { ipcToParquet, parquetToIpc } from '../parquet/codec.ts';
import type { ColumnSpec, NumberLists } from '../parquet/columns.ts';
import { listsOf, schemaHash, toIpc } from '../parquet/columns.ts';
import type { TapeSidecar } from '../parquet/silver.ts';
import type { FileStore } from '../store/file-store.ts';
import { readText } from '../store/file-store.ts';
import { ROLLOUTS } from './layer.ts';
import type { RolloutHead } from './rollout-head.ts';

export const ROLLOUT_VERSION = 1;

export const ROLLOUT_COLUMNS: readonly ColumnSpec[] = [
  { name: 'step', type: 'u32', about: 'number of the decision in its episode, from 0' },
  { name: 'observation', type: 'f32s', about: 'what the policy saw, in the order of observation_names' },
  { name: 'action', type: 'f32s', about: 'what it did' },
  { name: 'reward', type: 'f32', about: 'what it was paid for it' },
  { name: 'reward_terms', type: 'f32s', about: 'the parts of the reward, weighted, in the order of reward_names' },
  { name: 'terminated', type: 'bool', about: 'the episode ended by its own rules: nothing comes after' },
  { name: 'truncated', type: 'bool', about: 'the episode was cut off: its value goes on' },
  { name: 'final_observation', type: 'f32s', about: 'what was seen after the last action; empty before' },
  { name: 'behaviour', type: 'text', about: 'the policy that acted' }
];

/** One episode as it was played; arrays are row-major. */
export interface RolloutEpisode {
  readonly market: string;
  readonly steps: number;
  /** [steps, observation] */
  readonly observations: Float32Array;
  /** [steps, action] */
  readonly actions: Float32Array;
  /** [steps] */
  readonly rewards: Float32Array;
  /** [steps, terms] */
  readonly rewardTerms: Float32Array;
  readonly terminated: boolean;
  readonly truncated: boolean;
  /** [observation] */
  readonly finalObservation: Float32Array;
}

export interface RolloutMarket {
  readonly id: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly return: number;
  readonly terminated: boolean;
}

/** `metadata.json` of one recording. */
export interface RolloutManifest extends RolloutHead {
  readonly version: number;
  readonly schemaHash: string;
  readonly markets: readonly RolloutMarket[];
  /** Its files came by themselves, as they are kept. */
  readonly imported?: boolean;
}

export const rolloutSchemaHash = (): Promise<string> => schemaHash(ROLLOUT_COLUMNS);

/**
 * The Parquet codec must have been loaded.
 * @param of what it is an episode of
 */
export async function writeRollout(
  store: FileStore,
  folder: string,
  of: { readonly rollout: RolloutHead; readonly market: TapeSidecar },
  episode: RolloutEpisode
): Promise<RolloutMarket> {
  const { behaviour } = of.rollout;
  const { steps, observations, actions, rewards, rewardTerms } = episode;
  const width = episode.finalObservation.length;
  const terminated = new Uint8Array(steps);
  const truncated = new Uint8Array(steps);
  terminated[steps - 1] = Number(episode.terminated);
  truncated[steps - 1] = Number(episode.truncated);
  const last: NumberLists = {
    values: episode.finalObservation,
    starts: Int32Array.from({ length: steps + 1 }, (_, row) => (row === steps ? width : 0))
  };
  const columns = {
    step: Uint32Array.from({ length: steps }, (_, step) => step),
    observation: listsOf(observations, width),
    action: listsOf(actions, actions.length / steps),
    reward: rewards,
    reward_terms: listsOf(rewardTerms, rewardTerms.length / steps),
    terminated,
    truncated,
    final_observation: last,
    behaviour: new Array<string>(steps).fill(behaviour)
  };
  const metadata = new Map([layerMetadata({ kind: 'rollout', rollout: of.rollout }, of.market)]);
  const bytes = ipcToParquet(toIpc(ROLLOUT_COLUMNS, columns, steps), { metadata, rowGroupRows: steps });
  const file = `${encodeURIComponent(episode.market)}.parquet`;
  await store.write(`${folder}/${file}`, bytes);
  return {
    id: episode.market,
    file,
    rows: steps,
    bytes: bytes.length,
    return: rewards.reduce((sum, reward) => sum + reward, 0),
    terminated: episode.terminated
  };
}

export const rolloutFolder = (gold: string, name: string): string => `${gold}/${ROLLOUTS}/${encodeURIComponent(name)}`;

export async function saveManifest(
  store: FileStore,
  folder: string,
  found: Omit<RolloutManifest, 'version' | 'schemaHash'>
): Promise<void> {
  const whole: RolloutManifest = { version: ROLLOUT_VERSION, ...found, schemaHash: await rolloutSchemaHash() };
  await store.write(`${folder}/metadata.json`, JSON.stringify(whole, undefined, 1));
}

/** The recordings below a gold layer; one that cannot be read, or was never finished, is not listed. */
export async function rolloutsOf(store: FileStore, gold: string): Promise<readonly RolloutManifest[]> {
  const names = await store.folders(`${gold}/${ROLLOUTS}`);
  const all = await Promise.all(
    names.map(async (name) => {
      const text = await readText(store, `${gold}/${ROLLOUTS}/${name}/metadata.json`);
      if (text === undefined) return [];
      try {
        const found = JSON.parse(text) as RolloutManifest;
        return found.version === ROLLOUT_VERSION ? [found] : [];
      } catch {
        return [];
      }
    })
  );
  return all.flat();
}

/** @throws data.drift when other columns were written, data.missing when the file is gone */
export async function rolloutIpc(
  store: FileStore,
  gold: string,
  found: RolloutManifest,
  market: RolloutMarket
): Promise<Uint8Array> {
  const subject = `rollout ${found.name} of market ${market.id}`;
  const expected = await rolloutSchemaHash();
  if (found.schemaHash !== expected) {
    throw new AppError('data.drift', {
      subject,
      expected: `columns ${expected.slice(0, 12)}`,
      got: `it was recorded with columns ${found.schemaHash.slice(0, 12)}`,
      remedy: 'record it again'
    });
  }
  const bytes = await store.read(`${rolloutFolder(gold, found.name)}/${market.file}`);
  if (bytes === undefined) {
    throw new AppError('data.missing', { subject, got: 'its file is gone from storage', remedy: 'record it again' });
  }
  return parquetToIpc(subject, bytes);
}
