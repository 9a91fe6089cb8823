/** Agents of which one weight is spoilt: what they say when it comes out, and what they refuse to save. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import { readConfig } from '../config/read-config.ts';
import { Random } from '../core/random.ts';
import type { ActionSpace } from '../core/spaces.ts';
import { seed } from '../core/units.ts';
import type { Agent } from './agent.ts';
import { makeAgent } from './make-agent.ts';

const environments = 2;
const box: ActionSpace = { kind: 'box', size: 1, low: -1, high: 1 };
const choice: ActionSpace = { kind: 'discrete', n: 2 };

interface Case {
  readonly agent: string;
  readonly action: ActionSpace;
  /** Filled with numbers that are finite, and too large to go on with. */
  readonly spoilt: string;
  readonly says: RegExp;
}
const offPolicy = 'hiddenUnits: 4, batch: 4, learningStarts: 10, replaySteps: 200';
const onPolicy = 'hiddenUnits: 4, rolloutSteps: 16';
const leftBy = (loss: string, taken: string, weight: string): RegExp =>
  new RegExp(`^${loss}: .*in update \\d+, from finite ${taken}.*; of the weights it left, ${weight} is the first`);
const cases: readonly Case[] = [
  {
    agent: `algorithm: sac, ${offPolicy}`,
    action: box,
    spoilt: 'critic0.dense.0.kernel',
    says: leftBy('critic_loss', 'recurrent state of the batch, rewards of the batch', '\\S+')
  },
  {
    agent: `algorithm: td3, secondUnits: 4, ${offPolicy}`,
    action: box,
    spoilt: 'critic1.dense.0.kernel',
    says: leftBy('critic_loss', 'rewards of the batch, actions of the batch', '\\S+')
  },
  {
    agent: `algorithm: dqn, ${offPolicy}`,
    action: choice,
    spoilt: 'target.dense.0.kernel',
    says: leftBy('loss', 'rewards of the batch, observations of the batch', 'net.dense.0.kernel')
  },
  {
    agent: `algorithm: qr-dqn, ${offPolicy}, sampling: prioritised`,
    action: choice,
    spoilt: 'target.dense.0.kernel',
    // Its slopes are differences of ranks: they stay finite, and so do the weights.
    says: /^loss: .*in update \d+, from finite rewards of the batch, observations of the batch/
  },
  {
    agent: `algorithm: dqn, ${offPolicy}, explorationSteps: 1, explorationEnd: 0`,
    action: choice,
    spoilt: 'net.dense.0.kernel',
    says: /^value of a choice: .*in update \d+, from finite observations of the environment/
  },
  {
    agent: `algorithm: ppo, batch: 8, ${onPolicy}`,
    action: box,
    spoilt: 'net.policy.logStd',
    says: /^action of the policy: .* from finite observations of the environment, rewards of the environment/
  },
  {
    agent: `algorithm: a2c, ${onPolicy}`,
    action: choice,
    spoilt: 'net.value.dense.0.kernel',
    says: /^(loss: .*in update 1, from finite rewards|values of the rollout: .*in update 1, and loss with it).*; of the weights it left, net\.\S+ is the first/
  },
  {
    agent: `algorithm: ppo-lstm, lstmUnits: 4, batch: 8, ${onPolicy}`,
    action: box,
    spoilt: 'net.policy.head.kernel',
    says: /^action of the policy: .* from finite observations of the environment, rewards of the environment/
  }
];

function make({ agent, action }: Case): Agent {
  const env = action.kind === 'box' ? 'Pendulum-v1' : 'CartPole-v1';
  const config = readConfig(`{ version: 1, name: x, env: { id: ${env} }, agent: { ${agent} } }`);
  return makeAgent({
    config: config.agent,
    spaces: { observation: { kind: 'box', size: 3, low: -1, high: 1 }, action, environments },
    seed: seed(3),
    schemaHash: 'test',
    // Losses are due long after things have gone wrong.
    reportEvery: 1000,
    totalUpdates: 1000
  });
}

/** Lives in a world of noise until something goes wrong. */
async function live(agent: Agent, action: ActionSpace, steps: number): Promise<void> {
  const random = new Random(seed(5), 'world');
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const flags = new Uint8Array(environments);
  const actions = action.kind === 'box' ? new Float32Array(environments) : new Int32Array(environments);
  let observations = draw(3 * environments);
  let rewards: Float32Array = new Float32Array(environments);
  for (let step = 0; step < steps; step++) {
    const starts = new Uint8Array(environments).fill(step === 0 ? 1 : 0);
    await agent.act(observations, actions, 'explore', starts, rewards);
    rewards = draw(environments);
    const next = draw(3 * environments);
    agent.observe({ observations, actions, rewards, nextObservations: next, terminated: flags, truncated: flags });
    observations = next;
    if (agent.ready) await agent.update();
  }
}

describe('an agent with a spoilt weight', () => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)('$agent: says so of $spoilt at once, though no losses are due', async (one) => {
    const { numTensors } = device.tf.memory();
    const agent = make(one);
    await live(agent, one.action, 9);
    const { tensors, meta } = await agent.save();
    const { values } = tensors.get(one.spoilt)!;
    values.fill(3e38);
    await agent.load({ tensors, meta });
    await expect(live(agent, one.action, 30)).rejects.toThrow(one.says);
    agent.dispose();
    expect(device.tf.memory().numTensors).toBe(numTensors);
  });

  it.each(cases)('$agent: does not save a weight that is no number, and names it', async (one) => {
    const agent = make(one);
    const { tensors, meta } = await agent.save();
    tensors.get(one.spoilt)!.values[0] = Number.NaN;
    await agent.load({ tensors, meta });
    await expect(agent.save()).rejects.toMatchObject({ code: 'training.diverged', subject: one.spoilt });
    agent.dispose();
  });
});
