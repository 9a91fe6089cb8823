/** What a recorded rollout is of: as its files and its `metadata.json` say it. Plain data. */

/** Who acted, in what, on what: the same of every market of a recording. */
export interface RolloutHead {
  readonly name: string;
  /** `agent`, `do nothing`, `random`, `fixed rule`. */
  readonly behaviour: string;
  /** The run whose agent acted. */
  readonly run?: string;
  readonly updates?: number;
  readonly environment: string;
  readonly configHash: string;
  readonly dataFingerprint: string;
  readonly seed: number;
  readonly codeVersion: string;
  readonly observationNames: readonly string[];
  readonly rewardNames: readonly string[];
}
