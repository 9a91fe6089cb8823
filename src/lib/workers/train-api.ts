/** What the train worker offers: one run at a time, driven by calls, told by events. */
import type { RunConfig } from '../config/run-config.ts';
import type { Backend, DeviceReport } from '../compute/device-report.ts';
import type { WireError } from '../core/errors.ts';
import type { EvaluationOrders } from '../env/episode-orders.ts';
import type { MemoryToKeep, StoredMemory } from '../research/run-memory.ts';
import type { EvaluationReport, MetricRow, RunState } from '../research/types.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import type { StoredCheckpoint } from './data-api.ts';
import type { Preparing } from './env-api.ts';

export interface TrainRequest {
  readonly runId: string;
  readonly config: RunConfig;
  /** Tapes of the markets trained on and held out; empty for classic environments. */
  readonly train: readonly TapeWire[];
  readonly heldOut: readonly TapeWire[];
  /** False when there were too few markets to hold any out: `heldOut` is then what is trained on. */
  readonly isHeldOut: boolean;
  /** Where to go on from. */
  readonly checkpoint?: StoredCheckpoint;
  /** What was kept with it for the run to go on exactly; its segments are asked for one by one. */
  readonly memory?: StoredMemory;
  /** False where there is no room to keep what is experienced: a resumed run then fills its replay anew. */
  readonly keepMemory?: boolean;
  /** Instead of what the configuration asks for: after a device was lost. */
  readonly backend?: Backend;
  /** Whether environments may share memory; what the worker finds when left out. */
  readonly shared?: boolean;
}

export type TrainEvent =
  | { readonly kind: 'device'; readonly device: DeviceReport }
  | { readonly kind: 'metrics'; readonly rows: readonly MetricRow[] }
  | { readonly kind: 'evaluation'; readonly report: EvaluationReport }
  /** Every order of the agent in the evaluation told of next; market environments only. */
  | ({ readonly kind: 'orders' } & EvaluationOrders)
  | {
      readonly kind: 'checkpoint';
      readonly updates: number;
      readonly environmentSteps: number;
      readonly digest: string;
      readonly checkpoint: StoredCheckpoint;
      /** What is to be kept with it; from the first time that it is not, there is none any more. */
      readonly memory?: MemoryToKeep;
      /** Memory that the replay or rollout takes. */
      readonly experienceBytes: number;
    }
  /** Markets made ready to play, before training or the first evaluation. */
  | ({ readonly kind: 'preparing' } & Preparing)
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'state'; readonly state: RunState; readonly error?: WireError };

/** A checkpoint is answered, at once or later, with `false` where its memory could not be kept. */
export type OnTrainEvent = (event: TrainEvent) => unknown;

export type ReadSegment = (segment: number) => Promise<Uint8Array>;

export interface TrainApi {
  /**
   * Resolves once the run has ended: finished, stopped or failed. Events arrive in order.
   * @param readSegment gives a segment that `request.memory` names
   */
  start(request: TrainRequest, onEvent: OnTrainEvent, readSegment?: ReadSegment): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes a last checkpoint and a last evaluation, then ends. */
  stop(): Promise<void>;
}
