/**
 * `npm run bench -- compute --gpu`: the TQC update with memory on WebGPU in Node (Dawn), on whatever adapter the machine
 * has: its kernel launches, the JavaScript of a replay against the same update by tfjs, and its whole time until the GPU
 * is idle. On a software adapter the whole time is that of the CPU it runs on; launches and JavaScript are the same
 * everywhere.
 */
import { sequenceBatch } from '../../src/lib/agents/replay/sequence-batch.ts';
import { SoftActorCritic } from '../../src/lib/agents/soft-actor-critic.ts';
import { tqcCritics } from '../../src/lib/agents/tqc.ts';
import { setCapture } from '../../src/lib/compute/captured.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { fillNormal } from '../../src/lib/compute/random.ts';
import { flush, webgpuBackend } from '../../src/lib/compute/webgpu/backend.ts';
import { captureOn, type CapturedUpdate } from '../../src/lib/compute/webgpu/capture.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { openDawn } from '../../tests/support/dawn.ts';
import type { Figure } from '../figure.ts';

/** Of the table in the README: separate actor and two critics, all with an LSTM. */
const [observation, action, units, hidden] = [32, 3, 128, 256] as const;
const [size, burnIn, sequence, quantiles, dropped] = [64, 8, 16, 25, 2] as const;
const name = `TQC-LSTM update, B${size} T${burnIn}+${sequence} I${observation + action + 1} H${units}`;
const GOAL_SCRIPT_MILLIS = 0.5;
const GOAL_LAUNCHES = 150;

export async function* figures(): AsyncGenerator<Figure> {
  const gpu = await openDawn();
  if (gpu === undefined) return;
  const device = await chooseDevice('webgpu', { gpu });
  const on = device.report.label;
  console.warn(`${on}: ${device.report.kernels}`);
  device.onNotice((notice) => {
    console.warn(notice);
  });
  const replayed = await timeReplays();
  const written = await timeAsWritten();
  device.dispose();

  yield {
    name: `${name}: kernel launches`,
    value: replayed.launches,
    unit: 'launches',
    goal: GOAL_LAUNCHES,
    met: replayed.launches <= GOAL_LAUNCHES
  };
  yield {
    name: `${name}: JavaScript of a replay, against tfjs with the same kernels`,
    value: replayed.script,
    unit: 'ms',
    baseline: written.script,
    ratio: written.script / replayed.script,
    goal: GOAL_SCRIPT_MILLIS,
    met: replayed.script <= GOAL_SCRIPT_MILLIS
  };
  yield {
    name: `${name}: until the GPU is idle, on ${on}`,
    value: replayed.whole,
    unit: 'ms',
    baseline: written.whole,
    ratio: written.whole / replayed.whole
  };
}

interface Times {
  /** Milliseconds of JavaScript an update. */
  readonly script: number;
  /** Milliseconds until the GPU is idle. */
  readonly whole: number;
}

async function timeReplays(): Promise<Times & { launches: number }> {
  let update: CapturedUpdate | undefined;
  const capture = captureOn(webgpuBackend(), (notice) => {
    throw new Error(notice);
  });
  setCapture('webgpu', (step) => (update = capture(step)));
  const learner = makeLearner();
  const times = await timeUpdates(learner, 10);
  const launches = update?.graph?.dispatches;
  learner.dispose();
  if (launches === undefined) throw new Error('the update was not recorded');
  return { ...times, launches };
}

async function timeAsWritten(): Promise<Times> {
  setCapture('webgpu', undefined);
  const learner = makeLearner();
  const times = await timeUpdates(learner, 3);
  learner.dispose();
  return times;
}

interface Learner {
  readonly update: () => Promise<unknown>;
  readonly dispose: () => void;
}

function makeLearner(): Learner {
  const random = new Random(seed(1), 'bench/gpu');
  const sac = new SoftActorCritic({
    shape: { observation, action, inputs: observation + action + 1, lstmUnits: units, hidden: [hidden] },
    kind: tqcCritics({ critics: 2, quantiles, dropped, riskLevel: 1 }),
    settings: {
      gamma: 0.99,
      tau: 0.005,
      actorLearningRate: 3e-4,
      criticLearningRate: 3e-4,
      temperatureLearningRate: 3e-4,
      initialTemperature: 0.2,
      targetEntropy: -action,
      maxGradientNorm: 10
    },
    random
  });
  const batch = sequenceBatch({ burnIn, sequence, batch: size, observation, action, state: 2 * units });
  const noise = {
    policy: new Float32Array(sequence * size * action),
    next: new Float32Array(sequence * size * action)
  };
  for (const values of [batch.inputs, batch.actions, batch.rewards, noise.policy, noise.next]) {
    fillNormal(random, values);
  }
  batch.valid.fill(1);
  return {
    update: () => sac.update(batch, noise, false),
    dispose: () => {
      sac.dispose();
    }
  };
}

/** The least of so many updates, after two that compile what they need. */
async function timeUpdates({ update }: Learner, count: number): Promise<Times> {
  const backend = webgpuBackend();
  const scripts: number[] = [];
  const wholes: number[] = [];
  for (let i = -2; i < count; i++) {
    const began = performance.now();
    const done = update();
    const scripted = performance.now();
    await done;
    flush(backend);
    await backend.queue.onSubmittedWorkDone();
    if (i < 0) continue;
    scripts.push(scripted - began);
    wholes.push(performance.now() - began);
  }
  // Other work on the machine only ever adds to a time.
  return { script: Math.min(...scripts), whole: Math.min(...wholes) };
}
