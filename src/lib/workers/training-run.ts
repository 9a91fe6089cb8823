/**
 * One run as the page holds it: starts its worker, brings the record up to date with what the worker tells, keeps it
 * all through the data worker, and starts over from the last checkpoint when the device is lost.
 */
import type { Backend, DeviceReport } from '../compute/device-report.ts';
import type { AppError } from '../core/errors.ts';
import type { RunConfig } from '../config/run-config.ts';
import { asAppError, fromWire, toWire } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { continueHistory } from '../research/metric-history.ts';
import type { MemoryToKeep, StoredMemory } from '../research/run-memory.ts';
import type { MetricRow, RunRecord } from '../research/types.ts';
import type { DataApi, StoredCheckpoint } from './data-api.ts';
import type { ActiveRun } from './run-service.ts';
import type { TrainEvent, TrainRequest } from './train-api.ts';
import type { TrainClient } from './train-client.ts';

export interface TrainingRunOptions {
  readonly data: DataApi;
  readonly clock: Clock;
  readonly startTrainer: () => TrainClient;
  readonly config: RunConfig;
  readonly record: RunRecord;
  /** Rows of the parts before, for a resumed run. */
  readonly metrics: readonly MetricRow[];
  readonly request: Omit<TrainRequest, 'runId' | 'config'>;
  /** Awaited last, before `ended` resolves: lets go of what the run held. */
  readonly release: () => Promise<void>;
}

/** Rows wait this long at most before they are kept. */
const KEEP_MILLIS = 1000;

export class TrainingRun implements ActiveRun {
  readonly id: string;
  readonly ended: Promise<RunRecord>;
  readonly #options: TrainingRunOptions;
  readonly #metrics: MetricRow[];
  readonly #listeners = new Set<(event: TrainEvent) => void>();
  #record: RunRecord;
  #device: DeviceReport | undefined;
  #trainer: TrainClient | undefined;
  #checkpoint: StoredCheckpoint | undefined;
  #stopping = false;
  /** Rows not yet kept, and the chain of what is being kept: one write after the other. */
  #unkept: MetricRow[] = [];
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #keepFailed = false;

  constructor(options: TrainingRunOptions) {
    this.#options = options;
    this.id = options.record.id;
    this.#record = options.record;
    this.#metrics = [...options.metrics];
    this.#checkpoint = options.request.checkpoint;
    this.ended = this.#run();
  }

  record(): RunRecord {
    return this.#record;
  }

  device(): DeviceReport | undefined {
    return this.#device;
  }

  metrics(): readonly MetricRow[] {
    return this.#metrics;
  }

  subscribe(listener: (event: TrainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async pause(): Promise<void> {
    await this.#trainer?.pause();
  }

  async resume(): Promise<void> {
    await this.#trainer?.resume();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#trainer?.stop();
  }

  async #run(): Promise<RunRecord> {
    let backend: Backend | undefined = this.#options.request.backend;
    for (;;) {
      const lost = await this.#part(backend);
      if (lost === undefined) break;
      // Never the same device twice: one that was lost once is likely to be lost again.
      backend = 'wasm';
      const from = this.#checkpoint === undefined ? 'the beginning' : `update ${String(this.#record.updates)}`;
      this.#tell({
        kind: 'notice',
        text: `${lost.subject} was lost (${lost.got}). Going on from ${from} with WebAssembly.`
      });
    }
    this.#trainer?.close();
    this.#trainer = undefined;
    this.#keepRows();
    await this.#keeping;
    await this.#options.release();
    return this.#record;
  }

  /** Runs a worker until the run has ended, or until the device is lost, which it answers with. */
  async #part(backend: Backend | undefined): Promise<AppError | undefined> {
    const { config, request, startTrainer } = this.#options;
    let lost: AppError | undefined;
    this.#trainer?.close();
    const trainer = startTrainer();
    this.#trainer = trainer;
    const checkpoint = this.#checkpoint;
    try {
      const memory = checkpoint === undefined ? undefined : await this.#memory();
      const training = trainer.start(
        {
          ...request,
          runId: this.id,
          config,
          ...(backend === undefined ? {} : { backend }),
          ...(checkpoint === undefined ? {} : { checkpoint }),
          ...(memory === undefined ? {} : { memory })
        },
        (event) => {
          const failure = event.kind === 'state' && event.error !== undefined ? fromWire(event.error) : undefined;
          if (failure?.code !== 'device.lost' || backend === 'wasm' || this.#stopping) return this.#take(event);
          lost = failure;
          return undefined;
        },
        (segment) => this.#options.data.memorySegment(this.id, segment)
      );
      // Asked for before the worker could hear it.
      if (this.#stopping) void trainer.stop();
      await training;
    } catch (thrown) {
      // The worker itself broke: it can tell no more, so this says it in its place.
      const error = toWire(asAppError(thrown, `run ${this.#record.name}`));
      void this.#take({ kind: 'state', state: 'failed', error });
    }
    return lost;
  }

  /** @returns of a checkpoint, whether the memory that came with it was kept */
  #take(event: TrainEvent): Promise<boolean> | undefined {
    let whole: Promise<boolean> | undefined;
    switch (event.kind) {
      case 'device':
        this.#device = event.device;
        this.#update({ device: event.device.label });
        break;
      case 'metrics': {
        continueHistory(this.#metrics, event.rows);
        this.#unkept.push(...event.rows);
        this.#keepTimer ??= setTimeout(() => {
          this.#keepRows();
        }, KEEP_MILLIS);
        const last = event.rows.at(-1);
        this.#record = {
          ...this.#record,
          updates: last?.['updates'] ?? this.#record.updates,
          environmentSteps: last?.['environment_steps'] ?? this.#record.environmentSteps
        };
        break;
      }
      case 'evaluation':
        this.#update({ evaluation: event.report });
        break;
      case 'orders': {
        const { updates, episodes } = event;
        this.#keep('the evaluation’s orders', () => this.#options.data.saveOrders(this.id, { updates, episodes }));
        break;
      }
      case 'checkpoint': {
        const { updates, environmentSteps, digest, checkpoint, memory, experienceBytes } = event;
        this.#checkpoint = checkpoint;
        this.#keepRows();
        whole = this.#keepCheckpoint(checkpoint, memory);
        this.#update({
          updates,
          environmentSteps,
          checkpointDigest: digest,
          experienceBytes,
          keptBytes: checkpoint.safetensors.byteLength + (memory?.storedBytes ?? 0)
        });
        break;
      }
      case 'state':
        this.#update({
          state: event.state,
          ...(event.error === undefined ? {} : { error: fromWire(event.error).message })
        });
        break;
      case 'notice':
      case 'preparing':
        break;
    }
    this.#tell(event);
    return whole;
  }

  /** With its memory if that can be, else without. */
  #keepCheckpoint(checkpoint: StoredCheckpoint, memory: MemoryToKeep | undefined): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#keep('the checkpoint', async () => {
      let whole = memory !== undefined;
      try {
        await this.#options.data.saveCheckpoint(this.id, checkpoint, memory);
      } catch (thrown) {
        whole = false;
        if (memory === undefined) throw thrown;
        const { message } = asAppError(thrown, 'what the run has experienced');
        this.#tell({
          kind: 'notice',
          text: `Training goes on, but what it has experienced is no longer kept: resumed from here, the run would fill its replay anew. ${message}`
        });
        await this.#options.data.saveCheckpoint(this.id, checkpoint);
      } finally {
        resolve(whole);
      }
    });
    return promise;
  }

  #update(changes: Partial<RunRecord>): void {
    const record: RunRecord = { ...this.#record, ...changes, updatedMillis: this.#options.clock.epochMillis() };
    this.#record = record;
    this.#keep('the run', () => this.#options.data.saveRun(record));
  }

  #keepRows(): void {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = undefined;
    const rows = this.#unkept;
    this.#unkept = [];
    if (rows.length > 0) this.#keep('the metrics', () => this.#options.data.appendMetrics(this.id, rows));
  }

  /** Training goes on when storage does not; the first failure is told. */
  #keep(what: string, write: () => Promise<void>): void {
    const kept = async (before: Promise<void>): Promise<void> => {
      await before;
      try {
        await write();
      } catch (thrown) {
        if (this.#keepFailed) return;
        this.#keepFailed = true;
        const { message } = asAppError(thrown, what);
        this.#tell({ kind: 'notice', text: `Training goes on, but ${what} could not be kept: ${message}` });
      }
    };
    this.#keeping = kept(this.#keeping);
  }

  /** What was kept with the last checkpoint; the run goes on without what cannot be read. */
  async #memory(): Promise<StoredMemory | undefined> {
    // What was told last may still be on its way to the disk.
    await this.#keeping;
    try {
      return await this.#options.data.memory(this.id);
    } catch (thrown) {
      this.#tell({ kind: 'notice', text: asAppError(thrown, 'what the run has experienced').message });
      return undefined;
    }
  }

  #tell(event: TrainEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
