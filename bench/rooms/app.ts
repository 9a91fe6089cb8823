/** The agent that users train first, at its small preset: gradient updates and acting, on the CPU path in Node. */
import { readFileSync } from 'node:fs';
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import type { Agent } from '../../src/lib/agents/agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import { Random } from '../../src/lib/core/random.ts';
import { actionSize } from '../../src/lib/core/spaces.ts';
import { seed } from '../../src/lib/core/units.ts';
import { envSpec } from '../../src/lib/env/make-env.ts';
import type { Figure } from '../figure.ts';

const PRESET = 'au-preoff.sac-lstm.small';
const WARM_UP = 10;
const UPDATES = 60;

/** Fills the replay with noise of the environment's shape: an update's time does not depend on its numbers. */
async function experience(agent: Agent, config: RunConfig): Promise<{ actMillis: number }> {
  const spec = envSpec(config.env);
  const n = config.env.environments;
  const random = new Random(seed(1), 'bench');
  const noise = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const actions = new Float32Array(n * actionSize(spec.action));
  const starts = new Uint8Array(n).fill(1);
  const none = new Uint8Array(n);
  const rewards = new Float32Array(n);
  const steps = 2 * Math.ceil(('learningStarts' in config.agent ? config.agent.learningStarts : 0) / n);
  let millis = 0;
  for (let step = 0; step < steps || !agent.ready; step++) {
    const observations = noise(n * spec.observation.size);
    const before = performance.now();
    await agent.act(observations, actions, 'explore', starts, rewards);
    if (step >= steps / 2) millis += performance.now() - before;
    starts.fill(0);
    agent.observe({
      observations,
      actions,
      rewards: noise(n),
      nextObservations: noise(n * spec.observation.size),
      terminated: none,
      truncated: none
    });
  }
  return { actMillis: millis / (steps / 2) };
}

export async function* figures(): AsyncGenerator<Figure> {
  const file = new URL(`../../configs/${PRESET}.yaml`, import.meta.url);
  const config = readConfig(readFileSync(file, 'utf8'), `configs/${PRESET}.yaml`);
  const device = await chooseDevice('wasm');
  try {
    const spec = envSpec(config.env);
    const agent = makeAgent({
      config: config.agent,
      spaces: { observation: spec.observation, action: spec.action, environments: config.env.environments },
      seed: seed(0),
      schemaHash: 'bench',
      reportEvery: config.training.reportEvery,
      totalUpdates: config.training.updates
    });
    const { actMillis } = await experience(agent, config);
    for (let i = 0; i < WARM_UP; i++) await agent.update();
    const start = performance.now();
    for (let i = 0; i < UPDATES; i++) await agent.update();
    const seconds = (performance.now() - start) / 1000;
    const mebibytes = agent.experience.bytes / 2 ** 20;
    agent.dispose();
    const label = `SAC-LSTM, ${PRESET}, ${device.report.label}`;
    yield { name: `${label}: updates`, value: UPDATES / seconds, unit: 'updates/s' };
    yield {
      name: `${label}: acting for ${String(config.env.environments)} environments`,
      value: actMillis,
      unit: 'ms'
    };
    yield { name: `${label}: replay`, value: mebibytes, unit: 'MiB' };
  } finally {
    device.dispose();
  }
}
