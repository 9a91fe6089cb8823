/** A run's record in words and figures. Pure. */
import type { RunConfig } from '$lib/config/run-config.ts';
import { AppError } from '$lib/core/errors.ts';
import type { Interval, PolicyResult, RunRecord, RunState } from '$lib/research/types.ts';
import type { EvaluationReport } from '$lib/research/types.ts';
import { plural } from '../format.ts';

/** A state as a word and a mark: colour never says it alone. */
export const stateWords: Readonly<Record<RunState, { readonly word: string; readonly mark: string }>> = {
  running: { word: 'training', mark: '●' },
  paused: { word: 'paused', mark: '‖' },
  stopped: { word: 'stopped', mark: '■' },
  finished: { word: 'finished', mark: '✓' },
  failed: { word: 'failed', mark: '✕' },
  interrupted: { word: 'interrupted', mark: '◐' }
};

const ALGORITHMS: Readonly<Record<RunConfig['agent']['algorithm'], string>> = {
  'sac-lstm': 'SAC-LSTM',
  'tqc-lstm': 'TQC-LSTM',
  'qr-sac-lstm': 'QR-SAC-LSTM',
  sac: 'SAC',
  tqc: 'TQC',
  'qr-sac': 'QR-SAC',
  td3: 'TD3',
  ppo: 'PPO',
  'ppo-lstm': 'PPO-LSTM',
  a2c: 'A2C',
  'a2c-lstm': 'A2C-LSTM',
  dqn: 'DQN',
  'qr-dqn': 'QR-DQN'
};

export const algorithmName = (config: RunConfig): string => ALGORITHMS[config.agent.algorithm];

/** `SAC-LSTM on 34 markets, 6 held out`. */
export function runSubject(record: RunRecord, config: RunConfig | undefined): string {
  const algorithm = config === undefined ? 'agent' : algorithmName(config);
  if (config !== undefined && config.env.id !== 'AUPreOffV7TradeCost') return `${algorithm} on ${config.env.id}`;
  const markets = plural(record.trainMarkets.length, 'market');
  const held = record.heldOutMarkets.length;
  return `${algorithm} on ${markets}${held > 0 ? `, ${held} held out` : ', none held out'}`;
}

export const policyOf = (report: EvaluationReport | undefined, name: string): PolicyResult | undefined =>
  report?.policies.find((policy) => policy.policy === name);

export const agentInterval = (report: EvaluationReport | undefined, metric: string): Interval | undefined => {
  const interval = policyOf(report, 'agent')?.metrics[metric];
  return interval !== undefined && Number.isFinite(interval.mean) ? interval : undefined;
};

export const baselineMean = (
  report: EvaluationReport | undefined,
  policy: string,
  metric: string
): number | undefined => {
  const mean = policyOf(report, policy)?.metrics[metric]?.mean;
  return mean !== undefined && Number.isFinite(mean) ? mean : undefined;
};

/** Seconds to the end at the rate of late; undefined before there is one. */
export function secondsLeft(updates: number, total: number, updatesPerSecond: number): number | undefined {
  if (!(updatesPerSecond > 0) || updates >= total) return undefined;
  return (total - updates) / updatesPerSecond;
}

/** A failed run's kept text as an error with what to do. */
export const recordedFailure = (record: RunRecord): AppError =>
  new AppError('unexpected', {
    subject: `run ${record.name}`,
    got: record.error ?? 'it failed without saying why',
    remedy: 'resume it from its last checkpoint, or change what the message names and start again'
  });

/** The update a stored checkpoint was taken at, from its JSON; undefined where it does not say. */
export function checkpointUpdates(json: string): number | undefined {
  try {
    const meta = JSON.parse(json) as { readonly updates?: unknown };
    return typeof meta.updates === 'number' ? meta.updates : undefined;
  } catch {
    // A damaged checkpoint is reported when it is loaded; here it has no mark on the charts.
    return undefined;
  }
}

/** One episode of the strip. */
export interface EpisodeBar {
  readonly market: string;
  readonly value: number;
  /** Undefined where nothing was traded, or the environment has no such thing. */
  readonly green: boolean | undefined;
}

/** The agent's evaluation episodes; height is ROI where there is one, else return. */
export function episodeBars(report: EvaluationReport | undefined): { metric: string; bars: readonly EpisodeBar[] } {
  const agent = policyOf(report, 'agent');
  if (agent === undefined) return { metric: 'return', bars: [] };
  const column = (name: string): number => agent.columns.indexOf(name);
  const roi = column('mtm_roi');
  const height = roi >= 0 ? roi : column('return');
  const green = column('all_green');
  const traded = column('traded');
  const bars = agent.rows.map(([market, ...values]): EpisodeBar => ({
    market,
    value: values[height] ?? Number.NaN,
    green: green < 0 || (traded >= 0 && values[traded] === 0) ? undefined : values[green] === 1
  }));
  return { metric: roi >= 0 ? 'mtm_roi_mean' : 'return', bars };
}
