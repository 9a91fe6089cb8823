/** The gold half of what the data worker offers: episodes, recorded rollouts, regimes. */
import type { GoldSettings } from '../data/gold/episode.ts';
import type { GoldManifest } from '../data/gold/layer.ts';
import type { RolloutManifest } from '../data/gold/rollout.ts';
import type { BuildProgress, BuildReport } from '../data/market-layer.ts';
import type { SeriesSettings } from '../data/runner-series.ts';
import type { SeriesManifest } from '../data/runner-series-layer.ts';
import type { RegimeFigures } from '../market/regime.ts';
import type { Regime } from '../research/regimes.ts';
import type { SplitConfig } from '../research/split.ts';

export interface GoldOptions {
  readonly settings: GoldSettings;
  /** What the scaler is fitted on is the training side alone. */
  readonly split: SplitConfig;
}

export type RolloutPolicy =
  | { readonly kind: 'baseline'; readonly baseline: 'do nothing' | 'random' | 'fixed rule' }
  | { readonly kind: 'run'; readonly run: string; readonly mode: 'greedy' | 'explore' };

export interface RolloutOptions {
  readonly policy: RolloutPolicy;
  readonly seed: number;
}

export interface MarketRegime extends RegimeFigures {
  readonly dataset: string;
  readonly market: string;
  readonly regime: Regime;
}

export interface GoldCall {
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GoldApi {
  /** How `runner_ts` of a dataset is built; undefined where it is not: SQL then makes it at each question. */
  series(dataset: string): Promise<SeriesManifest | undefined>;
  /** Builds `runner_ts` on a grid with features, of markets whose silver or settings have changed. */
  buildSeries(dataset: string, settings: SeriesSettings, call?: GoldCall): Promise<BuildReport>;
  removeSeries(dataset: string): Promise<void>;
  /** What is built of a dataset; undefined where nothing is. */
  gold(dataset: string): Promise<GoldManifest | undefined>;
  /** Builds what is missing or out of date. A cancelled build keeps what it has finished. */
  buildGold(dataset: string, options: GoldOptions, call?: GoldCall): Promise<BuildReport>;
  rollouts(dataset: string): Promise<readonly RolloutManifest[]>;
  /** Plays every market once; one of the same name is replaced, and gone when this one is cancelled. */
  recordRollout(dataset: string, options: RolloutOptions, call?: GoldCall): Promise<RolloutManifest>;
  removeRollout(dataset: string, name: string): Promise<void>;
  /** What kind of market each was, against the others of its dataset. Worked out once, then kept. */
  regimes(dataset: string, call?: GoldCall): Promise<readonly MarketRegime[]>;
}
