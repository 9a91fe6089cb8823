/**
 * The TQC update with memory that `compute-gpu.ts` measures, recorded or as tfjs runs it, on the WebGPU device in use: for
 * Node and for a page.
 */
import { sequenceBatch } from '../src/lib/agents/replay/sequence-batch.ts';
import { SoftActorCritic } from '../src/lib/agents/soft-actor-critic.ts';
import { tqcCritics } from '../src/lib/agents/tqc.ts';
import { setCapture } from '../src/lib/compute/captured.ts';
import { counterNoise } from '../src/lib/compute/counter-noise.ts';
import { fillNormal } from '../src/lib/compute/random.ts';
import { flush, webgpuBackend } from '../src/lib/compute/webgpu/backend.ts';
import { captureOn, type CapturedUpdate } from '../src/lib/compute/webgpu/capture.ts';
import { Random } from '../src/lib/core/random.ts';
import { seed } from '../src/lib/core/units.ts';

export interface Size {
  readonly batch: number;
  readonly units: number;
  readonly hidden: number;
}

/** Of the table in the README: separate actor and two critics, all with an LSTM. */
const [observation, action] = [32, 3] as const;
const [burnIn, sequence, quantiles, dropped] = [8, 16, 25, 2] as const;
export const WHOLE: Size = { batch: 64, units: 128, hidden: 256 };
/** For software adapters: the same update with less for the device to do, and with next to nothing. */
export const MEDIUM: Size = { batch: 8, units: 32, hidden: 64 };
export const SMALL: Size = { batch: 2, units: 8, hidden: 8 };

export const nameOf = ({ batch, units }: Size): string => {
  const inputs = String(observation + action + 1);
  return `TQC-LSTM update, B${String(batch)} T${String(burnIn)}+${String(sequence)} I${inputs} H${String(units)}`;
};

export interface Learner {
  readonly update: () => Promise<unknown>;
  readonly dispose: () => void;
}

/** With updates recorded and replayed; a replay that cannot be is an error. */
export async function recorded<T>(
  size: Size,
  measure: (learner: Learner, update: () => CapturedUpdate) => Promise<T>
): Promise<{ result: T; update: { launches: number } }> {
  let made: CapturedUpdate | undefined;
  const capture = captureOn(webgpuBackend(), (notice) => {
    throw new Error(notice);
  });
  setCapture('webgpu', (step) => (made = capture(step)));
  const learner = makeLearner(size);
  const update = (): CapturedUpdate => {
    if (made?.graph === undefined) throw new Error('the update was not recorded');
    return made;
  };
  await learner.update();
  const result = await measure(learner, update);
  const launches = update().graph?.dispatches ?? 0;
  learner.dispose();
  return { result, update: { launches } };
}

export async function written<T>(size: Size, measure: (learner: Learner) => Promise<T>): Promise<T> {
  setCapture('webgpu', undefined);
  const learner = makeLearner(size);
  const result = await measure(learner);
  learner.dispose();
  return result;
}

function makeLearner({ batch: size, units, hidden }: Size): Learner {
  const random = new Random(seed(1), 'bench/gpu');
  const noise = counterNoise(random.split('noise'));
  if (noise === undefined) throw new Error('the device draws no noise');
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
    random,
    noise
  });
  const batch = sequenceBatch({ burnIn, sequence, batch: size, observation, action, state: 2 * units });
  for (const values of [batch.inputs, batch.actions, batch.rewards]) fillNormal(random, values);
  batch.valid.fill(1);
  return {
    update: () => sac.update(batch, undefined, false),
    dispose: () => {
      sac.dispose();
      noise.dispose();
    }
  };
}

export async function untilIdle(): Promise<void> {
  const backend = webgpuBackend();
  flush(backend);
  await backend.queue.onSubmittedWorkDone();
}

// Other work on the machine only ever adds to a time: the least of several is told.

/** Milliseconds of JavaScript an update; the first updates teach the engine. */
export async function leastScript({ update }: Learner, count: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const done = update();
    const scripted = performance.now() - began;
    await done;
    await untilIdle();
    least = Math.min(least, scripted);
  }
  return least;
}
