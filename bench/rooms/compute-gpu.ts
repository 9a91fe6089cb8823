/**
 * `npm run bench -- compute --gpu`: the TQC update with memory on WebGPU in Node (Dawn), on whatever adapter the machine
 * has: its kernel launches, the JavaScript of a replay, its whole time until the GPU is idle against the same update by
 * tfjs and against PyTorch on the same GPU, and the time of each family of kernels. On a software adapter, where an
 * update takes seconds, few are run and all of them smaller: the names say so.
 */
import { sequenceBatch } from '../../src/lib/agents/replay/sequence-batch.ts';
import { SoftActorCritic } from '../../src/lib/agents/soft-actor-critic.ts';
import { tqcCritics } from '../../src/lib/agents/tqc.ts';
import { setCapture } from '../../src/lib/compute/captured.ts';
import { counterNoise } from '../../src/lib/compute/counter-noise.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import { fillNormal } from '../../src/lib/compute/random.ts';
import { flush, webgpuBackend } from '../../src/lib/compute/webgpu/backend.ts';
import { captureOn, type CapturedUpdate } from '../../src/lib/compute/webgpu/capture.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { openDawn } from '../../tests/support/dawn.ts';
import type { Figure } from '../figure.ts';
import { familyTimes } from '../kernel-times.ts';
import { torchTimes, type TorchTimes } from '../torch-peer.ts';

interface Size {
  readonly batch: number;
  readonly units: number;
  readonly hidden: number;
}

/** Of the table in the README: separate actor and two critics, all with an LSTM. */
const [observation, action] = [32, 3] as const;
const [burnIn, sequence, quantiles, dropped] = [8, 16, 25, 2] as const;
const WHOLE: Size = { batch: 64, units: 128, hidden: 256 };
/** For software adapters: the same update with less for the device to do, and with next to nothing. */
const MEDIUM: Size = { batch: 8, units: 32, hidden: 64 };
const SMALL: Size = { batch: 2, units: 8, hidden: 8 };

const GOAL_SCRIPT_MILLIS = 0.5;
const GOAL_LAUNCHES = 150;
/** Two CPU cores; of a GPU none is on record. */
const RECORDED_TORCH_MILLIS = 29.6;

/** How many updates are timed: by replays, by tfjs, for JavaScript alone, and in rows. */
const ON_HARDWARE = { replays: 100, written: 10, scripts: 200, rows: 5, inRow: 50, profiled: 30 };
const ON_SOFTWARE = { replays: 1, written: 1, scripts: 40, rows: 0, inRow: 0, profiled: 1 };

const nameOf = ({ batch, units }: Size): string => {
  const inputs = String(observation + action + 1);
  return `TQC-LSTM update, B${String(batch)} T${String(burnIn)}+${String(sequence)} I${inputs} H${String(units)}`;
};

export async function* figures(): AsyncGenerator<Figure> {
  const gpu = await openDawn();
  if (gpu === undefined) return;
  const device = await chooseDevice('webgpu', { gpu });
  const on = device.report.label;
  console.warn(`${on}: ${device.report.kernels}`);
  device.onNotice((notice) => {
    console.warn(notice);
  });
  const software = on.endsWith('(software)');
  const counts = software ? ON_SOFTWARE : ON_HARDWARE;
  const whole = software ? MEDIUM : WHOLE;
  const name = nameOf(whole);
  const few = software ? ', one replay' : '';

  const small = software ? SMALL : WHOLE;
  const replay = await recorded(small, (learner) => leastScript(learner, counts.scripts));
  const byTfjs = await written(small, (learner) => leastScript(learner, software ? 3 : counts.written));
  yield {
    name: `${nameOf(small)}: JavaScript of a replay, against tfjs with the same kernels`,
    value: replay.result,
    unit: 'ms',
    baseline: byTfjs,
    ratio: byTfjs / replay.result,
    goal: GOAL_SCRIPT_MILLIS,
    met: replay.result <= GOAL_SCRIPT_MILLIS
  };

  const { result, update } = await recorded(whole, async (learner, update) => ({
    idle: await leastIdle(learner, counts.replays),
    row: await leastRow(learner, counts.rows, counts.inRow),
    families: await familyTimes(webgpuBackend(), update().graph?.recording.commands ?? [], counts.profiled)
  }));
  yield {
    name: `${name}: kernel launches`,
    value: update.launches,
    unit: 'launches',
    goal: GOAL_LAUNCHES,
    met: update.launches <= GOAL_LAUNCHES
  };
  const writtenIdle = await written(whole, (learner) => leastIdle(learner, counts.written));
  yield {
    name: `${name}: until the GPU is idle, against tfjs with the same kernels, on ${on}${few}`,
    value: result.idle,
    unit: 'ms',
    baseline: writtenIdle,
    ratio: writtenIdle / result.idle
  };
  for (const { family, launches, millis } of result.families) {
    const what = `${family}, ${String(launches)} launches apart from one another, on ${on}${few}`;
    yield { name: `${name}: ${what}`, value: millis, unit: 'ms' };
  }
  device.dispose();
  yield* againstTorch(name, result, await torchTimes());
}

/** PyTorch's two ways in this run, or its figure on record. */
function* againstTorch(
  name: string,
  ours: { readonly idle: number; readonly row: number | undefined },
  peers: readonly TorchTimes[] | string
): Generator<Figure> {
  if (typeof peers === 'string') {
    const why = `recorded peer: torch at B64 H128 on two CPU cores (${peers})`;
    yield {
      name: `${name}: until the GPU is idle, ${why}`,
      value: ours.idle,
      unit: 'ms',
      baseline: RECORDED_TORCH_MILLIS,
      ratio: RECORDED_TORCH_MILLIS / ours.idle
    };
    return;
  }
  for (const { way, idle, row } of peers) {
    const pairs = [
      ['until the GPU is idle', ours.idle, idle],
      ['one of many in a row', ours.row, row]
    ] as const;
    for (const [what, value, baseline] of pairs) {
      if (value === undefined) continue;
      const figure = { name: `${name}: ${what}, against PyTorch ${way} on the same GPU`, value, unit: 'ms', baseline };
      const compared = { ...figure, ratio: baseline / value };
      yield way === 'eager' ? { ...compared, goal: baseline, met: value <= baseline } : compared;
    }
  }
}

/** With updates recorded and replayed; a replay that cannot be is an error. */
async function recorded<T>(
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

async function written<T>(size: Size, measure: (learner: Learner) => Promise<T>): Promise<T> {
  setCapture('webgpu', undefined);
  const learner = makeLearner(size);
  const result = await measure(learner);
  learner.dispose();
  return result;
}

interface Learner {
  readonly update: () => Promise<unknown>;
  readonly dispose: () => void;
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

async function untilIdle(): Promise<void> {
  const backend = webgpuBackend();
  flush(backend);
  await backend.queue.onSubmittedWorkDone();
}

// Other work on the machine only ever adds to a time: the least of several is told.

/** Milliseconds of JavaScript an update; the first updates teach the engine. */
async function leastScript({ update }: Learner, count: number): Promise<number> {
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

/** Milliseconds of an update until the GPU is idle. */
async function leastIdle({ update }: Learner, count: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await update();
    await untilIdle();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** Milliseconds of an update that many others follow; undefined without rows. */
async function leastRow({ update }: Learner, rows: number, inRow: number): Promise<number | undefined> {
  let least: number | undefined;
  for (let row = 0; row < rows; row++) {
    const began = performance.now();
    for (let i = 0; i < inRow; i++) await update();
    await untilIdle();
    least = Math.min(least ?? Infinity, (performance.now() - began) / inRow);
  }
  return least;
}
