/** The browser's side of `bench/rooms/compute-gpu.ts`: the JavaScript of updates on the page's WebGPU. */
import { chooseDevice } from '../src/lib/compute/device.ts';
import { leastScript, recorded, written } from './gpu-learner.ts';
import type { Size } from './gpu-learner.ts';

/** Milliseconds of an update by replays, and by tfjs with the same kernels; on which adapter. */
export async function scriptMillis(
  size: Size,
  replays: number,
  writtenUpdates: number
): Promise<{ readonly replayed: number; readonly written: number; readonly on: string }> {
  const device = await chooseDevice('webgpu');
  const replay = await recorded(size, (learner) => leastScript(learner, replays));
  const byTfjs = await written(size, (learner) => leastScript(learner, writtenUpdates));
  device.dispose();
  return { replayed: replay.result, written: byTfjs, on: device.report.label };
}
