/**
 * What every page shares: the data worker, the runs, the device, the storage. Held in Svelte's context, made once by
 * the layout; pages call `useApp()`. Must not know markup.
 */
import { getContext, setContext } from 'svelte';
import type { DeviceReport } from '$lib/compute/device-report.ts';
import type { RunConfig } from '$lib/config/run-config.ts';
import { asAppError } from '$lib/core/errors.ts';
import type { AppError } from '$lib/core/errors.ts';
import type { DatasetRecord, StorageStatus } from '$lib/data/records.ts';
import type { RunClaim, RunRecord } from '$lib/research/types.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import type { ActiveRun, RunService } from '$lib/workers/run-service.ts';
import type { Services } from './open-services.ts';
import type { Offered } from './import/dropped-files.ts';
import { previewDevice } from './device-preview.ts';
import { DrawQueue } from './charts/draw-queue.ts';
import { Theme } from './theme.svelte.ts';

const KEY = Symbol('furlong app');

export class App {
  readonly theme = new Theme();
  /** All charts of the app draw through it. */
  readonly drawing = new DrawQueue();
  /** Why the app could not open; pages are not rendered then. */
  failure = $state.raw<AppError>();
  /** True once `data` and `runs` may be used. */
  ready = $state(false);
  storage = $state.raw<StorageStatus>();
  device = $state.raw<DeviceReport>();
  /** The catalogue's datasets, the sample first; `refresh` brings them up to date. */
  datasets = $state.raw<readonly DatasetRecord[]>([]);
  /** Every kept run, newest first. */
  records = $state.raw<readonly RunRecord[]>([]);
  /** Whether `datasets` and `records` have been read once. */
  loaded = $state(false);
  /** The run that trains in this tab. */
  active = $state.raw<ActiveRun>();
  /** Last measured time of an update, in milliseconds. */
  updateMillis = $state<number>();
  /** Ids of runs that a closed tab left behind. */
  interrupted = $state.raw<readonly string[]>([]);
  paletteOpen = $state(false);
  /** Files chosen or dropped anywhere; the import panel takes them. */
  offered = $state.raw<readonly File[]>([]);
  /** What their dataset is to be called, and handles of them. */
  #offeredAbout: Omit<Offered, 'files'> = {};
  #services: Services | undefined;
  #refreshing: Promise<void> | undefined;

  get data(): DataApi {
    return this.#open().data;
  }

  get runs(): RunService {
    return this.#open().runs;
  }

  /** Called once by the layout. */
  async open(opening: () => Services): Promise<void> {
    try {
      this.#services = opening();
      this.ready = true;
      const active = this.#services.runs.active();
      if (active !== undefined) this.#follow(active);
      else void this.#preview();
      await this.refresh();
    } catch (thrown) {
      this.failure = asAppError(thrown, 'opening the app');
    }
  }

  /** Reads catalogue, runs and storage again; calls that overlap share one reading. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async startRun(config: RunConfig, claim?: RunClaim): Promise<ActiveRun> {
    const run = await this.runs.start(config, claim === undefined ? {} : { claim });
    this.#follow(run);
    return run;
  }

  async resumeRun(id: string): Promise<ActiveRun> {
    const run = await this.runs.resume(id);
    this.#follow(run);
    return run;
  }

  /** Hands files to the import, which shows itself over whatever page is open. */
  offerFiles({ files, ...about }: Offered): void {
    if (files.length === 0) return;
    this.#offeredAbout = about;
    this.offered = files;
  }

  /** What was offered, once. */
  takeFiles(): Offered {
    const files = this.offered;
    this.offered = [];
    return { files, ...this.#offeredAbout };
  }

  /** A run that says it trains, but that no tab is training, was interrupted. */
  asItStands(record: RunRecord): RunRecord {
    return this.interrupted.includes(record.id) ? { ...record, state: 'interrupted' } : record;
  }

  async #read(): Promise<void> {
    const [datasets, records, left, storage] = await Promise.all([
      this.data.datasets(),
      this.data.runs(),
      this.runs.interrupted(),
      this.data.status()
    ]);
    this.datasets = datasets;
    this.interrupted = left.map((record) => record.id);
    this.records = records.map((record) => this.asItStands(record)).sort((a, b) => b.createdMillis - a.createdMillis);
    this.storage = storage;
    this.loaded = true;
  }

  async #preview(): Promise<void> {
    const device = await previewDevice((navigator as { gpu?: GPU }).gpu);
    this.device ??= device;
  }

  #follow(run: ActiveRun): void {
    this.interrupted = this.interrupted.filter((id) => id !== run.id);
    this.active = run;
    this.device = run.device() ?? this.device;
    const stop = run.subscribe((event) => {
      if (event.kind === 'device') this.device = event.device;
      if (event.kind === 'metrics') {
        const rate = event.rows.at(-1)?.['updates_per_second'];
        if (rate !== undefined && rate > 0) this.updateMillis = 1000 / rate;
      }
      if (event.kind === 'state') this.#replace(run.record());
    });
    this.#replace(run.record());
    void run.ended.then(
      (record) => {
        stop();
        if (this.active === run) this.active = undefined;
        this.#replace(record);
        void this.refresh().catch(() => undefined);
      },
      () => {
        stop();
        if (this.active === run) this.active = undefined;
      }
    );
  }

  #replace(record: RunRecord): void {
    this.records = [record, ...this.records.filter((other) => other.id !== record.id)].sort(
      (a, b) => b.createdMillis - a.createdMillis
    );
  }

  #open(): Services {
    if (this.#services === undefined) throw new Error('the app is not open yet: render pages only when app.ready');
    return this.#services;
  }
}

export function provideApp(): App {
  return setContext(KEY, new App());
}

export function useApp(): App {
  return getContext<App>(KEY);
}
