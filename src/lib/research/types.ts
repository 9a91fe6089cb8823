/** What a run says while it goes and when it ends. Plain data: it crosses workers, files and links as it is. */

/**
 * One point on the charts. Rates are over the report's own interval, episode figures over the episodes that ended in
 * it; a column without a value then is left out. Columns: `updates`, `environment_steps`, `wall_seconds`, `return`,
 * `episode_length`, `critic_loss`, `actor_loss`, `temperature`, `temperature_loss`, `entropy`, `aux_price`,
 * `aux_volume`, `aux_fill` (of an agent that forecasts), `green_rate`, `traded_rate`, `mtm_roi_mean`, `worst_roi_p95`,
 * `cvar_5pc`, `orders_submitted`, `orders_filled`, `slippage_bps`, `latency_ms`, `realism` (in a curriculum),
 * `updates_per_second`, `environment_steps_per_second`, and `reward.NAME` for every reward term.
 */
export type MetricRow = Readonly<Record<string, number>>;

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** One policy over the evaluation episodes, each played once with the same seeds. */
export interface PolicyResult {
  /** `agent`, `do nothing`, `random`, `fixed rule`. */
  readonly policy: string;
  readonly episodes: number;
  /**
   * By metric name, with a percentile bootstrap interval over episodes. Of an agent that forecasts also `forecast_price`,
   * `forecast_volume` and `forecast_fill`, its errors on these episodes, and `forecast_KIND_naive`, those of the mean of
   * training's labels.
   */
  readonly metrics: Readonly<Record<string, Interval>>;
  /** A row an episode: market id, then the metric values in the order of `columns`. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [market: string, ...values: number[]])[];
}

export interface EvaluationReport {
  readonly updates: number;
  /** False when the dataset had too few markets to hold any out: the figures are then in-sample, and must say so. */
  readonly heldOut: boolean;
  readonly markets: readonly string[];
  readonly confidencePercent: number;
  readonly policies: readonly PolicyResult[];
  /** SHA-256 of the agent's actions and results: equal digests mean the same run bit for bit. */
  readonly digest: string;
}

export type RunState = 'running' | 'paused' | 'stopped' | 'finished' | 'failed' | 'interrupted';

/** What is kept of a run. */
export interface RunRecord {
  readonly id: string;
  /** Two words and a number, made from the id: `quiet-bay-17`. */
  readonly name: string;
  readonly configHash: string;
  /** The frozen configuration, as YAML. */
  readonly configYaml: string;
  readonly dataFingerprint: string;
  readonly dataset: string;
  readonly synthetic: boolean;
  readonly codeVersion: string;
  readonly createdMillis: number;
  readonly updatedMillis: number;
  readonly state: RunState;
  readonly updates: number;
  readonly environmentSteps: number;
  readonly device: string;
  readonly trainMarkets: readonly string[];
  readonly heldOutMarkets: readonly string[];
  readonly evaluation?: EvaluationReport;
  /** SHA-256 of the last checkpoint's tensors. */
  readonly checkpointDigest?: string;
  /** Memory that the replay or rollout takes while it trains. */
  readonly experienceBytes?: number;
  /** Storage that the checkpoint takes, with what the run needs to go on exactly. */
  readonly keptBytes?: number;
  /** The claim this run was started to reproduce, if it came from a link. */
  readonly claim?: RunClaim;
  readonly error?: string;
}

/** What a link says of a run. */
export interface RunClaim {
  readonly version: 1;
  readonly name: string;
  readonly configYaml: string;
  readonly configHash: string;
  readonly dataset: string;
  readonly dataFingerprint: string;
  readonly codeVersion: string;
  readonly device: string;
  readonly updates: number;
  /** False when the agent was judged by markets it had trained on. */
  readonly heldOut: boolean;
  /** Episodes the intervals rest on. */
  readonly episodes: number;
  /** The agent's intervals and the baselines' means at the end. */
  readonly results: Readonly<Record<string, Readonly<Record<string, Interval>>>>;
  readonly evaluationDigest: string;
}
