/** Runs as the page knows them: started, resumed, watched, kept. One run trains at a time in a browser. */
import type { RunConfig } from '../config/run-config.ts';
import type { DeviceReport } from '../compute/device-report.ts';
import type { MetricRow, RunClaim, RunRecord } from '../research/types.ts';
import type { TrainEvent } from './train-api.ts';

export interface ActiveRun {
  readonly id: string;
  /** The record as it stands now; a new object after every change. */
  record(): RunRecord;
  device(): DeviceReport | undefined;
  /** Every row since the run began, resumed parts included. */
  metrics(): readonly MetricRow[];
  /** Called after the run's own state has been brought up to date; returns the way to stop listening. */
  subscribe(listener: (event: TrainEvent) => void): () => void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the run has ended, whichever way. */
  readonly ended: Promise<RunRecord>;
}

export interface RunService {
  active(): ActiveRun | undefined;
  /** Loads the dataset's tapes, splits by market, starts the workers and keeps what they report. */
  start(config: RunConfig, options?: { readonly claim?: RunClaim }): Promise<ActiveRun>;
  /** From the last checkpoint, with the frozen configuration. */
  resume(id: string): Promise<ActiveRun>;
  /** Runs that say they are training but that no tab is training: the tab was closed or crashed. */
  interrupted(): Promise<readonly RunRecord[]>;
}
