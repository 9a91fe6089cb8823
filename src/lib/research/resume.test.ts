/**
 * A run that was stopped, once or after every checkpoint, and gone on with by agents and environments that are made
 * anew from the bytes that were kept: the same weights and the same rows as of one that was never stopped.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../agents/agent.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../agents/checkpoint.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import type { RunConfig } from '../config/run-config.ts';
import { ManualClock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { sampleTape } from '../env/simulator/sample-markets.ts';
import { asRemote } from '../env/vector-env.ts';
import type { Tape } from '../market/tape.ts';
import { RunControl } from './run-control.ts';
import { RunMemory, readState, standingIn } from './run-memory.ts';
import type { MemoryToKeep } from './run-memory.ts';
import { trainRun } from './train-run.ts';
import type { RunStanding } from './train-run.ts';
import type { MetricRow } from './types.ts';

/** What is kept of a run: bytes. */
interface Kept {
  readonly checkpoint: ReturnType<typeof encodeCheckpoint>;
  readonly memory: MemoryToKeep;
}

class Disk {
  readonly segments = new Map<number, Uint8Array>();
  last: Kept | undefined;

  keep(kept: Kept): void {
    const { segment, segments } = kept.memory;
    if (segment !== undefined) this.segments.set(segment.number, segment.bytes);
    for (const number of [...this.segments.keys()]) if (!segments.includes(number)) this.segments.delete(number);
    this.last = kept;
  }
}

const agentFor = (config: RunConfig): Agent => {
  const { spec } = makeVectorEnv({ config: config.env, tapes });
  return makeAgent({
    config: config.agent,
    spaces: { observation: spec.observation, action: spec.action, environments: config.env.environments },
    seed: seed(config.seed),
    schemaHash: 'test',
    reportEvery: config.training.reportEvery,
    totalUpdates: config.training.updates
  });
};

/** One part of a run, on what is on the disk. @param stopAt checkpoints after which it is stopped */
async function part(config: RunConfig, disk: Disk, stopAt: { readonly checkpoint?: number; readonly update?: number }) {
  const clock = new ManualClock();
  const env = makeVectorEnv({ config: config.env, tapes });
  const agent = agentFor(config);
  const keeper = new RunMemory(agent.experience);
  const kept = disk.last;
  const from = kept === undefined ? undefined : decodeCheckpoint(kept.checkpoint);
  const recalled = from === undefined ? undefined : readState(kept!.memory, from.meta.updates);
  if (from !== undefined && recalled !== undefined) {
    await agent.load(from);
    await keeper.recall(recalled, kept!.memory.segments, (number) => Promise.resolve(disk.segments.get(number)!));
    env.restore(standingIn(recalled));
  }
  const control = new RunControl();
  const rows: MetricRow[] = [];
  let checkpoints = 0;
  const remote = asRemote(env);
  const { state } = await trainRun({
    config,
    agent,
    env: {
      ...remote,
      step: () => {
        clock.advance(100);
        return remote.step();
      }
    },
    evaluate: (updates) =>
      Promise.resolve({ updates, heldOut: true, markets: [], confidencePercent: 95, policies: [], digest: '' }),
    control,
    clock,
    breathe: () => Promise.resolve(),
    events: {
      rows: (more) => {
        rows.push(...more);
        if ((more.at(-1)?.['updates'] ?? 0) >= (stopAt.update ?? Infinity)) control.stop();
      },
      evaluation: () => undefined,
      checkpoint: (checkpoint, _, memory) => {
        disk.keep({ checkpoint: encodeCheckpoint(checkpoint), memory: memory! });
        if (++checkpoints === stopAt.checkpoint) control.stop();
        return Promise.resolve();
      },
      paused: () => undefined
    },
    memory: {
      keeper,
      standing: () => Promise.resolve(env.standing()),
      ...(recalled === undefined ? {} : { recalled })
    },
    ...(from === undefined ? {} : { from: from.meta.state['run'] as RunStanding })
  });
  const { tensors, meta } = await agent.save();
  agent.dispose();
  const weights = new Map([...tensors].map(([name, { values }]) => [name, [...values]]));
  return { state, rows, updates: meta.updates, steps: meta.environmentSteps, weights };
}

/** Whether episodes that were stopped in their midst were told of when they ended. */
const tellsOfEpisodes = (rows: readonly MetricRow[]): boolean =>
  rows.some((row) => row['episode_length'] !== undefined);

const read = (name: string, env: string, agent: string, training: string): RunConfig =>
  readConfig(`
version: 1
name: ${name}
seed: 5
env: ${env}
agent: ${agent}
training: { ${training}, evaluateEvery: 0, checkpointSeconds: 2, backend: wasm }
`);

const CASES: readonly RunConfig[] = [
  read(
    'SAC-LSTM on the sample',
    '{ id: AUPreOffV7TradeCost, environments: 4, slots: 2, startMinutes: 3, decisionSeconds: 5 }',
    '{ algorithm: sac-lstm, lstmUnits: 8, hiddenUnits: 8, batch: 4, sequence: 8, burnIn: 4, learningStarts: 60, replaySteps: 400 }',
    'updates: 90, updatesPerStep: 0.75, reportEvery: 3'
  ),
  read(
    'prioritised TQC-LSTM with returns of three steps',
    '{ id: PendulumNoVel-v1, environments: 3 }',
    '{ algorithm: tqc-lstm, lstmUnits: 8, hiddenUnits: 8, quantiles: 5, dropped: 1, batch: 4, sequence: 8, burnIn: 4, nStep: 3, sampling: prioritised, learningStarts: 90, replaySteps: 600 }',
    'updates: 300, updatesPerStep: 0.75, reportEvery: 7'
  ),
  read(
    'SAC on Pendulum',
    '{ id: Pendulum-v1, environments: 2 }',
    '{ algorithm: sac, hiddenUnits: 16, batch: 8, learningStarts: 50, replaySteps: 300 }',
    'updates: 240, updatesPerStep: 1, reportEvery: 7'
  ),
  read(
    'prioritised DQN on CartPole',
    '{ id: CartPole-v1, environments: 3 }',
    '{ algorithm: dqn, hiddenUnits: 16, batch: 8, learningStarts: 60, replaySteps: 300, learnEvery: 4, targetSteps: 90, nStep: 3, sampling: prioritised, explorationSteps: 600 }',
    'updates: 240, updatesPerStep: 1, reportEvery: 7'
  ),
  read(
    'TD3 on Pendulum',
    '{ id: Pendulum-v1, environments: 2 }',
    '{ algorithm: td3, hiddenUnits: 16, secondUnits: 16, batch: 8, learningStarts: 50, replaySteps: 300 }',
    'updates: 240, updatesPerStep: 1, reportEvery: 7'
  ),
  read(
    'QR-SAC-LSTM that scales what it sees',
    '{ id: PendulumNoVel-v1, environments: 3 }',
    '{ algorithm: qr-sac-lstm, lstmUnits: 8, hiddenUnits: 8, quantiles: 5, batch: 4, sequence: 8, burnIn: 4, learningStarts: 90, replaySteps: 600, normalise: observations }',
    'updates: 300, updatesPerStep: 0.75, reportEvery: 7'
  ),
  read(
    'TD3 that scales what it sees',
    '{ id: Pendulum-v1, environments: 2 }',
    '{ algorithm: td3, hiddenUnits: 16, secondUnits: 16, batch: 8, learningStarts: 50, replaySteps: 300, normalise: observations }',
    'updates: 240, updatesPerStep: 1, reportEvery: 7'
  ),
  read(
    'QR-DQN that scales what it sees',
    '{ id: CartPole-v1, environments: 3 }',
    '{ algorithm: qr-dqn, quantiles: 5, hiddenUnits: 16, batch: 8, learningStarts: 60, replaySteps: 300, explorationSteps: 600, normalise: observations }',
    'updates: 240, updatesPerStep: 1, reportEvery: 7'
  ),
  read(
    'PPO on CartPole',
    '{ id: CartPole-v1, environments: 4 }',
    '{ algorithm: ppo, hiddenUnits: 16, rolloutSteps: 32, batch: 32, epochs: 4, normalise: running }',
    'updates: 160, reportEvery: 3'
  ),
  read(
    'PPO with memory on a market',
    '{ id: AUPreOffV7TradeCost, environments: 4, slots: 2, startMinutes: 3, decisionSeconds: 5 }',
    '{ algorithm: ppo-lstm, lstmUnits: 8, hiddenUnits: 8, rolloutSteps: 16, sequence: 8, batch: 32, epochs: 4, normalise: running }',
    'updates: 80, reportEvery: 3'
  )
];

let device: Device;
let tapes: readonly Tape[] = [];
beforeAll(async () => {
  device = await chooseDevice('wasm');
  tapes = await Promise.all([0, 1, 2].map(sampleTape));
}, 60_000);
afterAll(() => {
  device.dispose();
});

describe.each(CASES.map((config) => [config.name, config] as const))('%s', { timeout: 120_000 }, (_, config) => {
  it('ends at the weights of a run that was never stopped, however often it was', async () => {
    const straight = await part(config, new Disk(), {});
    expect(straight.updates).toBe(config.training.updates);
    for (const stopAt of [{ checkpoint: 2 }, { update: Math.floor(config.training.updates / 2) }, { checkpoint: 1 }]) {
      const disk = new Disk();
      const rows: MetricRow[] = [];
      let parts = 0;
      let last: Awaited<ReturnType<typeof part>>;
      do {
        // Stopped once by an update's number, and again and again by checkpoints.
        const stop = 'update' in stopAt && parts > 0 ? {} : stopAt;
        last = await part(config, disk, stop);
        rows.push(...last.rows);
        parts++;
      } while (last.state === 'stopped' && parts < 60);
      expect(parts).toBeGreaterThan(1);
      expect(last.state).toBe('finished');
      expect(last.steps).toBe(straight.steps);
      expect(last.weights).toEqual(straight.weights);
      const steps = rows.map((row) => row['environment_steps'] ?? 0);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect(tellsOfEpisodes(rows)).toBe(true);
    }
  });
});
