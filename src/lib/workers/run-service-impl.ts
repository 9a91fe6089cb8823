/**
 * Runs for the page: started, resumed, kept. Each run being trained holds a Web Lock of its own, so that any tab can
 * tell a run that goes on elsewhere from one whose tab is gone. On every page, so the reader of YAML is loaded when a
 * run begins.
 */
import { hashConfig } from '../config/hash-config.ts';
import type { RunConfig } from '../config/run-config.ts';
import { AppError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Clock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import { continueHistory } from '../research/metric-history.ts';
import { runId, runName } from '../research/run-name.ts';
import type { MetricRow, RunClaim, RunRecord } from '../research/types.ts';
import { browserClock } from './browser-clock.ts';
import type { DataApi } from './data-api.ts';
import { chooseData, loadTapes, recallData } from './run-data.ts';
import type { RunDataFacts } from './run-data.ts';
import type { ActiveRun, RunService } from './run-service.ts';
import { createTrainClient } from './train-client.ts';
import type { TrainClient } from './train-client.ts';
import { TrainingRun } from './training-run.ts';

export interface RunServiceParts {
  readonly clock: Clock;
  readonly codeVersion: string;
  readonly locks: LockManager;
  readonly startTrainer: () => TrainClient;
}

const LOCK = 'furlong-run-';

export function createRunService(data: DataApi, parts: Partial<RunServiceParts> = {}): RunService {
  return new Service(data, {
    clock: parts.clock ?? browserClock,
    codeVersion: parts.codeVersion ?? __CODE_VERSION__,
    locks: parts.locks ?? navigator.locks,
    startTrainer: parts.startTrainer ?? (() => createTrainClient())
  });
}

class Service implements RunService {
  readonly #data: DataApi;
  readonly #parts: RunServiceParts;
  #active: TrainingRun | undefined;
  #starting = false;

  constructor(data: DataApi, parts: RunServiceParts) {
    this.#data = data;
    this.#parts = parts;
  }

  active(): ActiveRun | undefined {
    return this.#active;
  }

  start(config: RunConfig, options: { readonly claim?: RunClaim } = {}): Promise<ActiveRun> {
    return this.#alone(async () => {
      const facts = await chooseData(this.#data, config);
      const id = runId(new Random(seed(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0), crypto.randomUUID()));
      const now = this.#parts.clock.epochMillis();
      const { writeConfig } = await import('../config/write-config.ts');
      const record: RunRecord = {
        id,
        name: runName(id),
        configHash: await hashConfig(config),
        configYaml: writeConfig(config),
        dataFingerprint: facts.dataFingerprint,
        dataset: facts.dataset,
        synthetic: facts.synthetic,
        codeVersion: this.#parts.codeVersion,
        createdMillis: now,
        updatedMillis: now,
        state: 'running',
        updates: 0,
        environmentSteps: 0,
        device: '',
        trainMarkets: facts.trainMarkets,
        heldOutMarkets: facts.heldOutMarkets,
        ...(options.claim === undefined ? {} : { claim: options.claim })
      };
      await this.#data.saveRun(record);
      return await this.#launch({ config, record, facts, metrics: [] });
    });
  }

  resume(id: string): Promise<ActiveRun> {
    return this.#alone(async () => {
      const kept = await this.#data.run(id);
      if (kept === undefined) {
        throw new AppError('data.missing', {
          subject: `run ${id}`,
          got: 'it is not in this browser',
          remedy: 'choose one that the Runs page lists'
        });
      }
      const { readConfig } = await import('../config/read-config.ts');
      const config = readConfig(kept.configYaml, `the configuration of run ${kept.name}`);
      const facts = await recallData(this.#data, config, kept);
      const metrics: MetricRow[] = [];
      continueHistory(metrics, await this.#data.metrics(id));
      const { error: _error, ...rest } = kept;
      return await this.#launch({ config, record: { ...rest, state: 'running' }, facts, metrics });
    });
  }

  async interrupted(): Promise<readonly RunRecord[]> {
    const [runs, training] = await Promise.all([this.#data.runs(), this.#trainingAnywhere()]);
    const says = (run: RunRecord): boolean =>
      run.state === 'running' || run.state === 'paused' || run.state === 'interrupted';
    return runs.filter((run) => says(run) && !training.includes(run.id));
  }

  async #launch(options: {
    readonly config: RunConfig;
    readonly record: RunRecord;
    readonly facts: RunDataFacts;
    readonly metrics: readonly MetricRow[];
  }): Promise<ActiveRun> {
    const { config, record, facts, metrics } = options;
    const release = await this.#lock(record);
    try {
      const [tapes, checkpoint, storage] = await Promise.all([
        loadTapes(this.#data, facts),
        this.#data.checkpoint(record.id),
        this.#data.status()
      ]);
      // What would not outlive the tab would only take its memory twice.
      const keepMemory = storage.kind === 'opfs';
      const run = new TrainingRun({
        data: this.#data,
        clock: this.#parts.clock,
        startTrainer: this.#parts.startTrainer,
        config,
        record,
        metrics,
        request: {
          ...tapes,
          isHeldOut: facts.isHeldOut,
          keepMemory,
          ...(checkpoint === undefined ? {} : { checkpoint })
        },
        release: async () => {
          await release();
          this.#active = undefined;
        }
      });
      this.#active = run;
      return run;
    } catch (thrown) {
      await release();
      throw thrown;
    }
  }

  /** One run at a time in a browser: two would only take each other's time. */
  async #alone<T>(start: () => Promise<T>): Promise<T> {
    if (this.#starting || this.#active !== undefined) throw busy(this.#active?.record().name, 'this tab');
    this.#starting = true;
    try {
      const [elsewhere] = await this.#trainingAnywhere();
      if (elsewhere !== undefined) throw busy((await this.#data.run(elsewhere))?.name, 'another tab');
      return await start();
    } finally {
      this.#starting = false;
    }
  }

  async #trainingAnywhere(): Promise<readonly string[]> {
    const { held = [] } = await this.#parts.locks.query();
    return held.flatMap(({ name }) => (name?.startsWith(LOCK) === true ? [name.slice(LOCK.length)] : []));
  }

  /** @returns the way to let go of it; a tab that is closed or crashes lets go by itself */
  async #lock(record: RunRecord): Promise<() => Promise<void>> {
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const taken = Promise.withResolvers<undefined>();
    const holding = this.#parts.locks.request(`${LOCK}${record.id}`, { ifAvailable: true }, async (lock) => {
      if (lock === null) throw busy(record.name, 'another tab');
      taken.resolve(undefined);
      await released;
    });
    holding.catch((thrown: unknown) => {
      taken.reject(thrown);
    });
    await taken.promise;
    return async () => {
      release(undefined);
      await holding;
    };
  }
}

function busy(name: string | undefined, where: string): AppError {
  return new AppError('storage.locked', {
    subject: 'training',
    expected: 'one run at a time',
    got: `${name === undefined ? 'a run' : `run ${name}`} training in ${where}`,
    remedy: 'let it end or stop it first'
  });
}
