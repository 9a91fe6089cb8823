/** Every kind of agent over a thousand updates of a life: not a tensor, nor a byte of one, is left behind. */
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
const width = 3;
const box: ActionSpace = { kind: 'box', size: 1, low: -1, high: 1 };
const choice: ActionSpace = { kind: 'discrete', n: 3 };
const offPolicy = 'hiddenUnits: 4, batch: 4, learningStarts: 20, replaySteps: 200';
const onPolicy = 'hiddenUnits: 4, rolloutSteps: 8';
const memory = 'lstmUnits: 4, sequence: 4';
const cases: readonly (readonly [string, ActionSpace])[] = [
  [`algorithm: sac, ${offPolicy}, normalise: observations`, box],
  [`algorithm: sac-lstm, ${memory}, burnIn: 2, ${offPolicy}`, box],
  [`algorithm: tqc, quantiles: 4, dropped: 1, ${offPolicy}`, box],
  [`algorithm: tqc-lstm, quantiles: 4, dropped: 1, ${memory}, burnIn: 2, ${offPolicy}, sampling: prioritised`, box],
  [`algorithm: qr-sac, quantiles: 4, ${offPolicy}`, box],
  [`algorithm: qr-sac-lstm, quantiles: 4, ${memory}, burnIn: 2, ${offPolicy}`, box],
  [`algorithm: td3, secondUnits: 4, ${offPolicy}`, box],
  [`algorithm: dqn, ${offPolicy}, targetSteps: 30`, choice],
  [`algorithm: qr-dqn, quantiles: 4, ${offPolicy}, targetSteps: 30, sampling: prioritised, head: duelling`, choice],
  [`algorithm: ppo, batch: 8, epochs: 4, ${onPolicy}, normalise: running`, box],
  [`algorithm: ppo-lstm, ${memory}, batch: 8, epochs: 4, ${onPolicy}`, choice],
  [`algorithm: a2c, ${onPolicy}`, choice],
  [`algorithm: a2c-lstm, ${memory}, ${onPolicy}`, box]
];

/** Lives until it has learnt so often. */
async function live(agent: Agent, action: ActionSpace, updates: number): Promise<void> {
  const random = new Random(seed(5), 'world');
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const actions = action.kind === 'box' ? new Float32Array(environments) : new Int32Array(environments);
  const ready = (): boolean => agent.ready;
  let starts = new Uint8Array(environments).fill(1);
  for (let step = 1, done = 0; done < updates; step++) {
    const ended = new Uint8Array(environments).fill(step % 9 === 0 ? 1 : 0);
    await agent.act(draw(environments * width), actions, 'explore', starts, draw(environments));
    agent.observe({
      observations: draw(environments * width),
      actions,
      rewards: draw(environments),
      nextObservations: draw(environments * width),
      terminated: ended,
      truncated: new Uint8Array(environments)
    });
    starts = ended;
    do {
      if (!ready() || done === updates) break;
      await agent.update();
      done++;
    } while (agent.pace === 'rollout');
  }
}

describe('an agent', () => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it.each(cases)('{ %s } leaves nothing behind over a thousand updates', { timeout: 120_000 }, async (text, action) => {
    const id = action.kind === 'box' ? 'Pendulum-v1' : 'CartPole-v1';
    const config = readConfig(`{ version: 1, name: x, env: { id: ${id}, environments: 2 }, agent: { ${text} } }`);
    const start = device.tf.memory().numTensors;
    const agent = makeAgent({
      config: config.agent,
      spaces: { observation: { kind: 'box', size: width, low: -1, high: 1 }, action, environments },
      seed: seed(3),
      schemaHash: 'test',
      reportEvery: 7,
      totalUpdates: 2000
    });
    // A multiple of the updates of a rollout, so that it stands where it stood.
    await live(agent, action, 24);
    const { numTensors, numBytes } = device.tf.memory();
    await live(agent, action, 1000);
    expect(device.tf.memory()).toMatchObject({ numTensors, numBytes });
    agent.dispose();
    expect(device.tf.memory().numTensors).toBe(start);
  });
});
