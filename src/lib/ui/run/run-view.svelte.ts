/**
 * One run as the page shows it: live when it trains in this tab, else as stored. Changes are gathered and shown at
 * most five times a second, so that training never makes a long task on the page.
 */
import { asAppError, fromWire } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { DeviceReport } from '$lib/compute/device-report.ts';
import type { EvaluationOrders } from '$lib/env/episode-orders.ts';
import type { EvaluationReport, RunRecord } from '$lib/research/types.ts';
import type { Preparing } from '$lib/workers/env-api.ts';
import type { ActiveRun } from '$lib/workers/run-service.ts';
import type { TrainEvent } from '$lib/workers/train-api.ts';
import type { App } from '../app-context.svelte.ts';
import { formatBytes, formatCount, plural } from '../format.ts';
import { checkpointUpdates } from './run-facts.ts';
import { MetricTable } from './metric-table.ts';

const DRAW_EVERY_MILLIS = 200;

export interface Notice {
  readonly millis: number;
  readonly text: string;
}

export class RunView {
  readonly id: string;
  readonly table = new MetricTable();
  /** Counts drawings: charts depend on it. */
  version = $state(0);
  record = $state.raw<RunRecord>();
  evaluation = $state.raw<EvaluationReport>();
  /** Every order of the last evaluation. */
  orders = $state.raw<EvaluationOrders>();
  device = $state.raw<DeviceReport>();
  /** How many markets are ready to play, while they are made so, and the memory that takes. */
  preparing = $state.raw<Preparing>();
  notices = $state.raw<readonly Notice[]>([]);
  error = $state.raw<AppError>();
  /** `undefined` while it is looked up. */
  found = $state<boolean>();
  live = $state(false);
  /** Updates at the last checkpoint seen. */
  checkpointAt = $state<number>();
  checkpointDigest = $state<string>();
  readonly #app: App;
  #run: ActiveRun | undefined;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(app: App, id: string) {
    this.#app = app;
    this.id = id;
  }

  /** Follows the run if it trains here, else reads it from storage. Returns the way to let go. */
  open(): () => void {
    const active = this.#app.runs.active();
    if (active?.id === this.id) this.follow(active);
    else void this.#read();
    return () => this.close();
  }

  follow(run: ActiveRun): void {
    this.close();
    this.#run = run;
    this.live = true;
    this.error = undefined;
    this.found = true;
    this.device = run.device();
    this.#stop = run.subscribe((event) => this.#take(event));
    this.#show();
    if (this.checkpointAt === undefined) void this.#findCheckpoint(run.record());
    void this.#findOrders();
    void run.ended.then(
      () => this.#ended(run),
      (thrown: unknown) => {
        this.error = asAppError(thrown, 'training');
        this.#ended(run);
      }
    );
  }

  close(): void {
    this.#stop?.();
    clearTimeout(this.#timer);
    this.#stop = undefined;
    this.#timer = undefined;
  }

  async #read(): Promise<void> {
    try {
      await this.#app.refresh();
      const [kept, rows] = await Promise.all([
        this.#app.data.run(this.id),
        this.#app.data.metrics(this.id),
        this.#findOrders()
      ]);
      const record = kept === undefined ? undefined : this.#app.asItStands(kept);
      this.found = record !== undefined;
      this.record = record;
      this.evaluation = record?.evaluation;
      await this.#findCheckpoint(record);
      this.table.follow(rows);
      this.version++;
    } catch (thrown) {
      this.error = asAppError(thrown, `run ${this.id}`);
      this.found = false;
    }
  }

  /** Where the kept checkpoint stands: a record counts further than its checkpoint does. */
  async #findCheckpoint(record: RunRecord | undefined): Promise<void> {
    if (record?.checkpointDigest === undefined) return;
    const stored = await this.#app.data.checkpoint(this.id).catch(() => undefined);
    if (stored === undefined || this.checkpointAt !== undefined) return;
    this.checkpointAt = checkpointUpdates(stored.json);
  }

  async #findOrders(): Promise<void> {
    const kept = await this.#app.data.orders(this.id).catch(() => undefined);
    this.orders ??= kept;
  }

  #take(event: TrainEvent): void {
    if (event.kind === 'device') {
      this.device = event.device;
      this.#note(`${event.device.label}: ${event.device.why}`);
    } else if (event.kind === 'notice') {
      this.#note(event.text);
    } else if (event.kind === 'evaluation') {
      this.#note(
        `evaluation at ${formatCount(event.report.updates)} updates on ${plural(event.report.markets.length, 'episode')}`
      );
    } else if (event.kind === 'preparing') {
      this.preparing = event.done < event.of ? event : undefined;
      if (event.done < event.of) return;
      this.#note(`${plural(event.of, 'market')} made ready to play: ${formatBytes(event.bytes)} beside the recordings`);
    } else if (event.kind === 'orders') {
      this.orders = event;
    } else if (event.kind === 'checkpoint') {
      this.checkpointAt = event.updates;
      this.checkpointDigest = event.digest;
    } else if (event.kind === 'state') {
      if (event.error !== undefined) this.error = fromWire(event.error);
      this.#show();
      return;
    }
    this.#timer ??= setTimeout(() => this.#show(), DRAW_EVERY_MILLIS);
  }

  #note(text: string): void {
    this.notices = [{ millis: Date.now(), text }, ...this.notices].slice(0, 100);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const run = this.#run;
    if (run === undefined) return;
    this.table.follow(run.metrics());
    this.record = run.record();
    this.evaluation = this.record.evaluation ?? this.evaluation;
    this.version++;
  }

  #ended(run: ActiveRun): void {
    if (this.#run !== run) return;
    this.#show();
    this.close();
    this.live = false;
  }
}
