/**
 * Whole gradient updates of the soft actor-critics on the CPU kernels, two threads: TQC with LSTM memory on sequences, and
 * SAC without memory. Peers did the same on a machine of two cores: what was recorded of them, the name says. A figure is
 * the fastest of many updates: other programs only ever add to a time.
 */
import { SoftActorCritic } from '../../src/lib/agents/soft-actor-critic.ts';
import { inputWidth, sequenceBatch, type BatchShape } from '../../src/lib/agents/replay/sequence-batch.ts';
import type { CriticKind } from '../../src/lib/agents/critic-kind.ts';
import { sacCritics } from '../../src/lib/agents/sac.ts';
import { tqcCritics } from '../../src/lib/agents/tqc.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { fillNormal } from '../../src/lib/compute/random.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import type { Figure } from '../figure.ts';

const THREADS = 2;

interface Task {
  readonly shape: BatchShape;
  readonly kind: CriticKind;
  readonly lstmUnits: number;
  readonly hidden: readonly number[];
  readonly warm: number;
  readonly updates: number;
}

/** As the peers' own: actor and two critics with an LSTM of 128 each, 25 quantiles of which 2 are dropped. */
const recurrent: Task = {
  shape: { burnIn: 8, sequence: 16, batch: 64, observation: 32, action: 3, state: 256 },
  kind: tqcCritics({ critics: 2, quantiles: 25, dropped: 2, riskLevel: 1 }),
  lstmUnits: 128,
  hidden: [256],
  warm: 10,
  updates: 60
};

/** Stable-Baselines3's and SBX's, on Pendulum. */
const memoryless: Task = {
  shape: { burnIn: 0, sequence: 1, batch: 256, observation: 3, action: 1, state: 0 },
  kind: sacCritics,
  lstmUnits: 0,
  hidden: [256, 256],
  warm: 50,
  updates: 400
};

export async function* figures(): AsyncGenerator<Figure> {
  for (const [precision, goal] of [
    ['strict', 60],
    ['relaxed', 45]
  ] as const) {
    const value = await millisAnUpdate(recurrent, precision);
    const name = `TQC-LSTM update, ${precision} SIMD, ${String(THREADS)} threads`;
    const peer = { unit: 'ms', baseline: 29.6, ratio: 29.6 / value };
    yield { name: `${name}, recorded peer: torch (JAX 56)`, value, ...peer, goal, met: value <= goal };
  }
  for (const precision of ['strict', 'relaxed'] as const) {
    const value = 1000 / (await millisAnUpdate(memoryless, precision));
    const name = `SAC updates, 256x256, batch 256, ${precision} SIMD, ${String(THREADS)} threads`;
    const peer = { unit: 'updates/s', baseline: 128, ratio: value / 128 };
    yield { name: `${name}, recorded peer: SB3 (SBX 341)`, value, ...peer, goal: 150, met: value >= 150 };
  }
}

async function millisAnUpdate(task: Task, precision: 'strict' | 'relaxed'): Promise<number> {
  const device = await chooseDevice('wasm', { kernels: { precision }, threads: THREADS });
  if (!device.report.label.endsWith(`${String(THREADS)} threads`) || device.report.kernels.includes(';')) {
    throw new Error(`compute: expected own kernels on two threads, got ${JSON.stringify(device.report)}`);
  }
  const random = new Random(seed(1), 'bench/updates');
  const { shape, kind, lstmUnits, hidden } = task;
  const { observation, action, sequence, batch: size } = shape;
  const agent = new SoftActorCritic({
    shape: { observation, action, inputs: inputWidth(observation, action), lstmUnits, hidden },
    kind,
    settings: {
      gamma: 0.99,
      tau: 0.005,
      actorLearningRate: 3e-4,
      criticLearningRate: 3e-4,
      temperatureLearningRate: 3e-4,
      initialTemperature: 0.2,
      targetEntropy: -action,
      maxGradientNorm: lstmUnits === 0 ? 0 : 10
    },
    random
  });
  const batch = sequenceBatch(shape);
  for (const values of [batch.inputs, batch.actions, batch.rewards, batch.state]) fillNormal(random, values);
  batch.actions.forEach((value, i) => {
    batch.actions[i] = Math.tanh(value);
  });
  batch.valid.fill(1);
  batch.starts.forEach((_, i) => {
    batch.starts[i] = random.below(50) === 0 ? 1 : 0;
  });
  const count = sequence * size * action;
  const noise = { policy: new Float32Array(count), next: new Float32Array(count) };
  let fastest = Infinity;
  for (let i = 0; i < task.warm + task.updates; i++) {
    const began = performance.now();
    fillNormal(random, noise.policy);
    fillNormal(random, noise.next);
    // The losses are read at the last update alone: they say whether it was still numbers that were computed.
    await agent.update(batch, noise, i === task.warm + task.updates - 1);
    if (i >= task.warm) fastest = Math.min(fastest, performance.now() - began);
  }
  agent.dispose();
  device.dispose();
  return fastest;
}
