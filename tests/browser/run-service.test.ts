/** Runs as the page has them, on the built-in sample and the real data worker: kept, paused, resumed, shared, told apart. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/lib/config/read-config.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { AppError, toWire } from '../../src/lib/core/errors.ts';
import { compareClaim, makeClaim } from '../../src/lib/research/run-record.ts';
import type { RunRecord } from '../../src/lib/research/types.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createRunService } from '../../src/lib/workers/run-service-impl.ts';
import type { ActiveRun } from '../../src/lib/workers/run-service.ts';
import type { TrainEvent, TrainRequest } from '../../src/lib/workers/train-api.ts';
import { createTrainClient } from '../../src/lib/workers/train-client.ts';
import type { TrainClient } from '../../src/lib/workers/train-client.ts';

const RACING = `
version: 1
name: racing, tiny
seed: 1
data: { dataset: sample }
env: { id: AUPreOffV7TradeCost, environments: 4, slots: 2, startMinutes: 2, decisionSeconds: 10 }
agent:
  { algorithm: sac-lstm, lstmUnits: 8, hiddenUnits: 8, batch: 4, sequence: 4, burnIn: 2, learningStarts: 16, replaySteps: 2000 }
training: { updates: 10, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 2, checkpointSeconds: 1, backend: wasm }
evaluation: { bootstrapSamples: 100 }
`;

const PPO = readConfig(`
version: 1
name: for its agent
env: { id: CartPole-v1 }
agent: { algorithm: ppo, hiddenUnits: 16, rolloutSteps: 64, batch: 64, epochs: 4, normalise: running }
`).agent;

const racing = (change: Partial<RunConfig['training']> = {}): RunConfig => {
  const config = readConfig(RACING);
  return { ...config, training: { ...config.training, ...change } };
};

let data: DataClient;
const trainers: TrainClient[] = [];
const startTrainer = (): TrainClient => {
  const trainer = createTrainClient();
  trainers.push(trainer);
  return trainer;
};

beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
  data = createDataClient();
});
afterEach(() => {
  for (const trainer of trainers.splice(0)) trainer.close();
  data.close();
});

const listen = (run: ActiveRun): TrainEvent[] => {
  const events: TrainEvent[] = [];
  run.subscribe((event) => events.push(event));
  return events;
};

/** Resolves at the first event that the test is looking for. */
const until = (run: ActiveRun, found: (event: TrainEvent) => boolean): Promise<TrainEvent> =>
  new Promise((resolve) => {
    const leave = run.subscribe((event) => {
      if (!found(event)) return;
      leave();
      resolve(event);
    });
  });

describe('a run on the sample', () => {
  it('trains, is evaluated on markets it never saw, and is kept whole', async () => {
    const service = createRunService(data, { startTrainer, locks: new FreshLocks() });
    const run = await service.start(racing());
    expect(service.active()).toBe(run);
    const record = await run.ended;
    expect(record.error).toBeUndefined();
    expect(record.state).toBe('finished');
    expect(record.synthetic).toBe(true);
    expect(record.trainMarkets.length).toBeGreaterThan(0);
    expect(record.heldOutMarkets.filter((id) => record.trainMarkets.includes(id))).toEqual([]);
    expect(record.evaluation?.markets.every((id) => record.heldOutMarkets.includes(id))).toBe(true);
    const policies = record.evaluation?.policies.map((result) => result.policy);
    expect(policies).toEqual(['agent', 'do nothing', 'random', 'fixed rule']);
    const idle = record.evaluation?.policies[1]?.metrics;
    expect(idle?.['traded_rate']?.mean).toBe(0);
    expect(idle?.['mtm_roi_mean']?.mean).toBe(0);
    expect(await data.run(run.id)).toEqual(record);
    expect(await data.metrics(run.id)).toEqual(run.metrics());
    expect(run.metrics().at(-1)?.['updates']).toBe(10);
    expect((await data.checkpoint(run.id))?.json).toContain('"algorithm": "sac-lstm"');
    expect(service.active()).toBeUndefined();
    expect(await service.interrupted()).toEqual([]);
  });

  it('is reproduced bit for bit by whoever trains its claim again', async () => {
    const service = createRunService(data, { startTrainer, locks: new FreshLocks() });
    const first = await (await service.start(racing())).ended;
    const claim = makeClaim(first);
    const second = await (await service.start(racing(), { claim })).ended;
    expect(second.claim).toEqual(claim);
    expect(compareClaim(claim, second).verdict).toBe('reproduced');
  });

  it('goes on from its last checkpoint after its tab is gone', async () => {
    const locks = new FreshLocks();
    const service = createRunService(data, { startTrainer, locks });
    const run = await service.start(racing({ updates: 100000 }));
    await until(run, (event) => event.kind === 'checkpoint' && event.updates > 0);
    await expect(service.start(racing())).rejects.toMatchObject({ code: 'storage.locked' });
    const besides = createRunService(data, { startTrainer, locks });
    await expect(besides.start(racing())).rejects.toMatchObject({ code: 'storage.locked' });
    expect(await besides.interrupted(), 'it is being trained').toEqual([]);

    // A tab that is gone: its workers stop answering and its lock is free. Fresh locks stand in for that.
    for (const trainer of trainers) trainer.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const kept = (await data.run(run.id)) as RunRecord;
    const after = createRunService(data, { startTrainer, locks: new FreshLocks() });
    expect((await after.interrupted()).map((record) => record.id)).toEqual([run.id]);
    const resumed = await after.resume(run.id);
    const events = listen(resumed);
    await until(resumed, (event) => event.kind === 'metrics' && (event.rows[0]?.['updates'] ?? 0) > kept.updates);
    expect(resumed.metrics().length).toBeGreaterThan(2);
    await resumed.stop();
    const record = await resumed.ended;
    expect(record.state).toBe('stopped');
    expect(record.updates).toBeGreaterThan(kept.updates);
    expect(record.name).toBe(kept.name);
    expect(events.some((event) => event.kind === 'notice' && event.text.includes('Going on from'))).toBe(true);
    const steps = resumed.metrics().map((row) => row['environment_steps'] ?? 0);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });

  it.each([
    ['SAC-LSTM on the sample', {}, 150],
    ['PPO on CartPole', { agent: PPO, env: { id: 'CartPole-v1', environments: 4 } as const }, 12_000]
  ])(
    'ends at the weights of one that was never interrupted, bit for bit: %s',
    async (_, change, updates) => {
      const config: RunConfig = { ...racing({ updates, reportEvery: 50 }), ...change };
      const whole = await (await createRunService(data, { startTrainer, locks: new FreshLocks() }).start(config)).ended;
      expect(whole.state, whole.error).toBe('finished');

      let run = await createRunService(data, { startTrainer, locks: new FreshLocks() }).start(config);
      let last = '';
      for (let times = 0; times < 2; times++) {
        await until(run, (event) => event.kind === 'checkpoint' && event.updates > 0);
        expect(run.record().experienceBytes).toBeGreaterThan(1000);
        expect(run.record().keptBytes).toBeGreaterThan(1000);
        // Its worker ends in the midst of whatever it is doing, and what it did since its checkpoint is lost.
        for (const trainer of trainers) trainer.close();
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(run.record().state).toBe('running');
        run = await createRunService(data, { startTrainer, locks: new FreshLocks() }).resume(run.id);
        const going = await until(run, (event) => event.kind === 'notice' && event.text.includes('Going on'));
        expect(going.kind === 'notice' ? going.text : '').toContain('exactly where the run stood');
        last = run.id;
      }
      const resumed = await run.ended;
      expect(resumed.id).toBe(last);
      expect(resumed.state, resumed.error).toBe('finished');
      expect(resumed.updates).toBe(updates);
      expect(resumed.environmentSteps).toBe(whole.environmentSteps);
      expect(resumed.checkpointDigest).toBe(whole.checkpointDigest);
      expect(resumed.evaluation?.digest).toBe(whole.evaluation?.digest);
    },
    120_000
  );

  it('goes on with WebAssembly from the last checkpoint when the device is lost', async () => {
    const asked: TrainRequest[] = [];
    // The first part runs as it does, until a loss of its device is told, which no test can cause on a CPU.
    const losing = (): TrainClient => {
      const trainer = startTrainer();
      return {
        ...trainer,
        start: async (request, onEvent, readSegment) => {
          asked.push(request);
          if (asked.length > 1) {
            await trainer.start(request, onEvent, readSegment);
            return;
          }
          const error = new AppError('device.lost', { subject: 'WebGPU device', got: 'lost (test)', remedy: 'resume' });
          const { promise: saved, resolve: save } = Promise.withResolvers<undefined>();
          void trainer.start(request, (event) => {
            void onEvent(event);
            if (event.kind === 'checkpoint') save(undefined);
          });
          await saved;
          trainer.close();
          onEvent({ kind: 'state', state: 'failed', error: toWire(error) });
        }
      };
    };
    const service = createRunService(data, { startTrainer: losing, locks: new FreshLocks() });
    const run = await service.start(racing({ updates: 60, checkpointSeconds: 1 }));
    const events = listen(run);
    const record = await run.ended;
    expect(record.state).toBe('finished');
    expect(record.updates).toBe(60);
    expect(asked.map((request) => request.backend)).toEqual([undefined, 'wasm']);
    expect(asked[1]?.checkpoint).toBeDefined();
    expect(asked[1]?.memory).toBeDefined();
    expect(events.some((event) => event.kind === 'notice' && event.text.includes('was lost'))).toBe(true);
    expect(events.some((event) => event.kind === 'state' && event.state === 'failed')).toBe(false);
  });

  it('ends as failed, with the reason, when its worker breaks', async () => {
    const broken = (): TrainClient =>
      createTrainClient(() => new Worker('/there-is-no-such-worker.js', { type: 'module' }));
    const service = createRunService(data, { startTrainer: broken, locks: new FreshLocks() });
    const run = await service.start(racing());
    const events = listen(run);
    const record = await run.ended;
    expect(record.state).toBe('failed');
    expect(record.error).toContain('the train worker');
    expect(events.at(-1)).toMatchObject({ kind: 'state', state: 'failed' });
    expect((await data.run(run.id))?.state).toBe('failed');
    expect(service.active()).toBeUndefined();
  });

  it('is refused, with the reason, over a dataset that is not here', async () => {
    const service = createRunService(data, { startTrainer, locks: new FreshLocks() });
    const config = { ...racing(), data: { ...racing().data, dataset: 'elsewhere' } };
    await expect(service.start(config)).rejects.toMatchObject({ code: 'data.missing', subject: 'dataset elsewhere' });
    expect(service.active()).toBeUndefined();
  });
});

/** Locks of another browser, as it were: none is held when it begins. */
class FreshLocks implements LockManager {
  readonly #prefix = `${crypto.randomUUID()}/`;
  async query(): Promise<LockManagerSnapshot> {
    const { held = [] } = await navigator.locks.query();
    const own = held.filter((lock) => lock.name?.startsWith(this.#prefix));
    return { held: own.map((lock) => ({ ...lock, name: (lock.name ?? '').slice(this.#prefix.length) })) };
  }
  request(name: string, ...rest: unknown[]): Promise<never> {
    const request = navigator.locks.request.bind(navigator.locks) as (...all: unknown[]) => Promise<never>;
    return request(this.#prefix + name, ...rest);
  }
}
