/** Runs through the real train and env workers in a browser: shared memory or messages, CPU or WebGPU, pause and stop. */
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/lib/config/read-config.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { openRemoteEnv } from '../../src/lib/workers/remote-env.ts';
import type { TrainEvent, TrainRequest } from '../../src/lib/workers/train-api.ts';
import { createTrainClient } from '../../src/lib/workers/train-client.ts';
import type { TrainClient } from '../../src/lib/workers/train-client.ts';
import { seed } from '../../src/lib/core/units.ts';
import * as v from 'valibot';
import { EnvSchema } from '../../src/lib/config/run-config.ts';
import { tapeToWire } from '../../src/lib/market/tape-wire.ts';
import { miniTape } from '../support/mini-tape.ts';

const PENDULUM = `
version: 1
name: pendulum in a worker
seed: 3
env: { id: PendulumNoVel-v1, environments: 4 }
agent:
  { algorithm: sac-lstm, lstmUnits: 8, hiddenUnits: 8, batch: 4, sequence: 4, burnIn: 2, learningStarts: 40, replaySteps: 2000 }
training: { updates: 12, updatesPerStep: 1, evaluateEvery: 0, reportEvery: 4, backend: wasm }
evaluation: { bootstrapSamples: 100 }
`;

const config = (change: Partial<RunConfig['training']> = {}): RunConfig => {
  const read = readConfig(PENDULUM);
  return { ...read, training: { ...read.training, ...change } };
};

const request = (rest: Partial<TrainRequest> = {}): TrainRequest => ({
  runId: 'test',
  config: config(),
  train: [],
  heldOut: [],
  isHeldOut: true,
  ...rest
});

let client: TrainClient | undefined;
afterEach(() => {
  client?.close();
  client = undefined;
});

async function train(
  what: TrainRequest,
  onEvent: (event: TrainEvent) => void = () => undefined
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  client?.close();
  client = createTrainClient();
  await client.start(what, (event) => {
    events.push(event);
    onEvent(event);
  });
  return events;
}

const ofKind = <K extends TrainEvent['kind']>(events: readonly TrainEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainEvent, { kind: K }> => event.kind === kind);

describe('a run in the train worker', () => {
  it('tells its device, points, checkpoint, evaluation and end, in that order', async () => {
    expect(globalThis.crossOriginIsolated, 'tests are served isolated').toBe(true);
    const events = await train(request());
    expect(ofKind(events, 'state').map((event) => event.state)).toEqual(['running', 'finished']);
    expect(ofKind(events, 'device')[0]?.device.backend).toBe('wasm');
    const rows = ofKind(events, 'metrics').flatMap((event) => event.rows);
    expect(rows.at(-1)?.['updates']).toBe(12);
    expect(rows.some((row) => Number.isFinite(row['critic_loss']))).toBe(true);
    const [checkpoint] = ofKind(events, 'checkpoint');
    expect(checkpoint?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(checkpoint?.checkpoint.safetensors.length).toBeGreaterThan(1000);
    const [evaluation] = ofKind(events, 'evaluation');
    expect(evaluation?.report.policies.map((result) => result.policy)).toEqual(['agent', 'do nothing', 'random']);
    expect(evaluation?.report.policies[0]?.episodes).toBeGreaterThan(1);
  });

  it('comes to the same weights and actions without shared memory, and says what is missing', async () => {
    const shared = await train(request());
    const alone = await train(request({ shared: false }));
    expect(ofKind(alone, 'checkpoint')[0]?.digest).toBe(ofKind(shared, 'checkpoint')[0]?.digest);
    expect(ofKind(alone, 'evaluation')[0]?.report.digest).toBe(ofKind(shared, 'evaluation')[0]?.report.digest);
    expect(ofKind(alone, 'notice').map((event) => event.text)).toEqual([
      expect.stringContaining('cross-origin isolated')
    ]);
    expect(ofKind(shared, 'notice')).toEqual([]);
  });

  it('makes an update on a WebGPU adapter when that is asked for', async () => {
    // Up to the checkpoint after the update: an evaluation on a software adapter would take a minute.
    const { promise: saved, resolve: save } = Promise.withResolvers<TrainEvent[]>();
    const seen: TrainEvent[] = [];
    const what = request({ config: config({ updates: 1, reportEvery: 1, backend: 'webgpu' }) });
    client = createTrainClient();
    void client.start(what, (event) => {
      seen.push(event);
      if (event.kind === 'checkpoint' || (event.kind === 'state' && event.state === 'failed')) save(seen);
    });
    const events = await saved;
    expect(ofKind(events, 'device')[0]?.device.backend).toBe('webgpu');
    expect(ofKind(events, 'checkpoint')[0]?.updates).toBe(1);
    const rows = ofKind(events, 'metrics').flatMap((event) => event.rows);
    expect(rows.find((row) => row['updates'] === 1)?.['critic_loss']).toBeGreaterThan(0);
  });

  it('pauses with a checkpoint, goes on, and stops before its updates are done', async () => {
    let afterPause = 0;
    const events = await train(request({ config: config({ updates: 100000 }) }), (event) => {
      if (event.kind === 'metrics' && (event.rows[0]?.['updates'] ?? 0) > 0) {
        if (afterPause === 0) void client?.pause();
        else void client?.stop();
      }
      if (event.kind === 'state' && event.state === 'paused') {
        afterPause = 1;
        void client?.resume();
      }
    });
    expect(ofKind(events, 'state').map((event) => event.state)).toEqual(['running', 'paused', 'running', 'stopped']);
    expect(ofKind(events, 'checkpoint').length).toBeGreaterThanOrEqual(2);
    expect(ofKind(events, 'evaluation').length).toBe(1);
  });

  it('goes on from a checkpoint, and the same twice over', async () => {
    const first = await train(request());
    const checkpoint = ofKind(first, 'checkpoint')[0]?.checkpoint;
    expect(checkpoint).toBeDefined();
    const longer = { config: config({ updates: 20 }), ...(checkpoint === undefined ? {} : { checkpoint }) };
    const again = await train(request(longer));
    const twice = await train(request(longer));
    expect(ofKind(again, 'metrics').at(-1)?.rows.at(-1)?.['updates']).toBe(20);
    expect(ofKind(again, 'checkpoint').at(-1)?.digest).toBe(ofKind(twice, 'checkpoint').at(-1)?.digest);
    expect(ofKind(again, 'notice')[0]?.text).toContain('update 12');
  });

  it('ends as failed, with the reason, when its checkpoint is cut short', async () => {
    const events = await train(request({ checkpoint: { safetensors: new Uint8Array(3), json: '{}' } }));
    const last = ofKind(events, 'state').at(-1);
    expect(last?.state).toBe('failed');
    expect(last?.error?.code).toBe('data.truncated');
  });
});

describe('an environment in a worker', () => {
  it('plays the same episode over shared memory and over messages', async () => {
    const play = async (shared: boolean): Promise<number[]> => {
      const env = await openRemoteEnv({ config: { id: 'Pendulum-v1', environments: 3 }, tapes: [], shared });
      await env.reset({ seed: seed(5), schedule: 'shuffle' });
      const seen: number[] = [];
      for (let step = 0; step < 30; step++) {
        env.buffers.actions.fill(Math.sin(step));
        await env.step();
        seen.push(...env.buffers.observations, ...env.buffers.rewards);
      }
      env.dispose();
      return seen;
    };
    const shared = await play(true);
    expect(shared).toEqual(await play(false));
    expect(new Set(shared).size).toBeGreaterThan(100);
  });

  it('goes on in another worker where it stood in one, over shared memory and over messages', async () => {
    const play = async (env: Awaited<ReturnType<typeof openRemoteEnv>>, from: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let step = from; step < from + 30; step++) {
        env.buffers.actions.fill(Math.sin(step));
        await env.step();
        seen.push(...env.buffers.observations, ...env.buffers.rewards, ...env.buffers.episode);
      }
      return seen;
    };
    const tapes = [1, 2, 3].map((n) => tapeToWire(miniTape({ seed: n, id: `1.${String(n)}` })));
    const market = { id: 'AUPreOffV7TradeCost', environments: 2, slots: 3, startMinutes: 1, decisionSeconds: 2 };
    for (const [config, given] of [
      [v.parse(EnvSchema, market), tapes],
      [v.parse(EnvSchema, { id: 'Pendulum-v1', environments: 3 }), []]
    ] as const) {
      for (const shared of [true, false]) {
        const one = await openRemoteEnv({ config, tapes: given, shared });
        await one.reset({ seed: seed(5), schedule: 'shuffle' });
        await play(one, 0);
        const from = await one.standing();
        const other = await openRemoteEnv({ config, tapes: given, shared, from });
        expect(other.buffers.observations).toEqual(one.buffers.observations);
        expect(await play(other, 30)).toEqual(await play(one, 30));
        for (const env of [one, other]) env.dispose();
        const counts = new Float64Array(2);
        await expect(openRemoteEnv({ config, tapes: given, shared, from: { ...from, counts } })).rejects.toMatchObject({
          code: 'data.drift'
        });
      }
    }
  });

  it('hands over the orders of the recorded episodes alone, over shared memory and over messages alike', async () => {
    const env = v.parse(EnvSchema, {
      id: 'AUPreOffV7TradeCost',
      environments: 2,
      slots: 3,
      startMinutes: 1,
      decisionSeconds: 2
    });
    const tapes = [1, 2, 3].map((n) => tapeToWire(miniTape({ seed: n, id: `1.${String(n)}` })));
    const play = async (shared: boolean) => {
      const remote = await openRemoteEnv({ config: env, tapes, shared, keepOrders: true });
      const taken = [];
      for (const trace of [true, false]) {
        await remote.reset({ seed: seed(5), schedule: 'once', trace });
        for (let step = 0; remote.buffers.episode.some((episode) => episode >= 0); step++) {
          // Stake, price and green-up of every slot: a quote on each side in turn.
          remote.buffers.actions.set(
            remote.buffers.actions.map((_, i) => [step % 2 === 0 ? 1 : -1, 0.2, 0][i % 3] ?? 0)
          );
          await remote.step();
        }
        taken.push(await remote.takeOrders());
      }
      remote.dispose();
      return taken;
    };
    const [recorded, unrecorded] = await play(true);
    expect(recorded?.map((episode) => episode.market).sort()).toEqual(['1.1', '1.2', '1.3']);
    for (const { orders } of recorded ?? []) {
      expect(orders.length).toBeGreaterThan(0);
      for (const order of orders)
        expect(order.sentence).toMatch(/^(?:Filled|Part filled|Not filled|Waiting|On its way): /u);
    }
    expect(unrecorded).toEqual([]);
    expect(await play(false)).toEqual([recorded, unrecorded]);
  });

  it('rejects when its worker cannot be loaded', async () => {
    const start = (): Worker => new Worker('/there-is-no-such-worker.js', { type: 'module' });
    await expect(
      openRemoteEnv({ config: { id: 'Pendulum-v1', environments: 1 }, tapes: [], start })
    ).rejects.toMatchObject({ code: 'unexpected', subject: 'the env worker' });
  });
});
