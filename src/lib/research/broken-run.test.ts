/**
 * A run in which a number goes wrong, of every kind of agent: it stops, names the array that was the first to, and leaves
 * a checkpoint of finite weights that a run without the fault goes on from.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../agents/agent.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../agents/checkpoint.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import { ManualClock } from '../core/time.ts';
import { seed } from '../core/units.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { asRemote } from '../env/vector-env.ts';
import type { RemoteVectorEnv } from '../env/vector-env.ts';
import { RunControl } from './run-control.ts';
import { trainRun } from './train-run.ts';
import type { RunStanding } from './train-run.ts';

const UPDATES = 400;

interface Case {
  readonly agent: string;
  /** What is named when a reward is no number, and when an observation is. */
  readonly reward: string;
  readonly observation: string;
}
const offPolicy = 'hiddenUnits: 8, batch: 8, learningStarts: 60, replaySteps: 300';
const onPolicy = 'hiddenUnits: 8, rolloutSteps: 16';
const [batch, seen] = ['rewards of the batch', 'observations of the environment'] as const;
const rollout = 'rewards of the rollout';
const remembered = 'rewards of the environment';
const cases: readonly Case[] = [
  { agent: `algorithm: sac, ${offPolicy}`, reward: batch, observation: seen },
  { agent: `algorithm: tqc, ${offPolicy}, sampling: prioritised`, reward: batch, observation: seen },
  { agent: `algorithm: td3, secondUnits: 8, ${offPolicy}`, reward: batch, observation: seen },
  { agent: `algorithm: dqn, ${offPolicy}, explorationSteps: 60`, reward: batch, observation: seen },
  // While it chooses at random it does not look at what it sees.
  {
    agent: `algorithm: qr-dqn, ${offPolicy}, sampling: prioritised`,
    reward: batch,
    observation: 'observations of the batch'
  },
  { agent: `algorithm: ppo, batch: 16, ${onPolicy}`, reward: rollout, observation: seen },
  { agent: `algorithm: a2c, ${onPolicy}`, reward: rollout, observation: seen },
  // A memory takes in what the step before gave, so that it goes wrong with the next action.
  { agent: `algorithm: ppo-lstm, lstmUnits: 4, batch: 16, ${onPolicy}`, reward: remembered, observation: seen },
  { agent: `algorithm: a2c-lstm, lstmUnits: 4, ${onPolicy}`, reward: remembered, observation: seen }
];

/** @param spoil after so many vector steps; never where it is undefined */
async function run(
  agent: string,
  spoil: ((env: RemoteVectorEnv) => void) | undefined,
  saved: Checkpoint[],
  from?: Checkpoint
): Promise<Awaited<ReturnType<typeof trainRun>>> {
  const id = agent.includes('dqn') ? 'CartPole-v1' : 'Pendulum-v1';
  const config = readConfig(`
version: 1
name: broken
seed: 4
env: { id: ${id}, environments: 3 }
agent: { ${agent} }
training: { updates: ${String(UPDATES)}, evaluateEvery: 0, reportEvery: 50, checkpointSeconds: 1, backend: wasm }
`);
  const clock = new ManualClock();
  const env = asRemote(makeVectorEnv({ config: config.env, tapes: [] }));
  const { observation, action } = env.spec;
  const made = makeAgent({
    config: config.agent,
    spaces: { observation, action, environments: env.size },
    seed: seed(config.seed),
    schemaHash: 'test',
    reportEvery: config.training.reportEvery,
    totalUpdates: UPDATES
  });
  if (from !== undefined) await made.load(from);
  let steps = 0;
  try {
    return await trainRun({
      config,
      env: {
        ...env,
        step: async () => {
          clock.advance(100);
          await env.step();
          if (++steps === 70) spoil?.(env);
        }
      },
      agent: made,
      evaluate: (updates) =>
        Promise.resolve({ updates, heldOut: true, markets: [], confidencePercent: 95, policies: [], digest: '' }),
      control: new RunControl(),
      clock,
      breathe: () => Promise.resolve(),
      events: {
        rows: () => undefined,
        evaluation: () => undefined,
        checkpoint: (checkpoint) => {
          saved.push(checkpoint);
          return Promise.resolve();
        },
        paused: () => undefined
      },
      ...(from === undefined ? {} : { from: from.meta.state['run'] as RunStanding })
    });
  } finally {
    made.dispose();
  }
}

describe('a run in which a number goes wrong', { timeout: 60_000 }, () => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases.flatMap((one) => (['reward', 'observation'] as const).map((kind) => [one.agent, kind, one] as const)))(
    '%s: stops where its %s is no number, and goes on from its last checkpoint without',
    async (agent, kind, names) => {
      const saved: Checkpoint[] = [];
      const spoil = ({ buffers }: RemoteVectorEnv): void => {
        if (kind === 'reward') buffers.rewards[1] = Number.NaN;
        else buffers.observations[1] = Number.NaN;
      };
      const { numTensors } = device.tf.memory();
      await expect(run(agent, spoil, saved)).rejects.toMatchObject({
        code: 'training.diverged',
        subject: names[kind],
        got: expect.stringMatching(/^NaN in update \d+, and .+ with it/) as string
      });
      expect(device.tf.memory().numTensors).toBe(numTensors);
      const last = saved.at(-1)!;
      expect(last.meta.updates).toBeLessThan(UPDATES);
      expect(saved.length).toBeGreaterThan(3);
      for (const { values } of last.tensors.values()) expect(values.every(Number.isFinite)).toBe(true);
      const { state, progress } = await run(agent, undefined, saved, decodeCheckpoint(encodeCheckpoint(last)));
      expect(state).toBe('finished');
      expect(progress.updates).toBe(UPDATES);
    }
  );
});
