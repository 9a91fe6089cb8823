import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasWebgpu, read, webgpuDevice, type WatchedDevice } from '../../../../tests/support/webgpu-device.ts';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Adam } from '../adam.ts';
import { runAsWritten, type UpdateInputs, type UpdateStep } from '../captured.ts';
import { fillNormal } from '../random.ts';
import { webgpuBackend } from './backend.ts';
import { CapturedUpdate } from './capture.ts';

const [inputs, hidden] = [3, 5] as const;

interface Net {
  readonly variables: tf.Variable[];
  readonly adam: Adam;
  readonly step: UpdateStep;
}

/** A small regression by Adam with a limit on the gradient. */
function makeNet(): Net {
  const random = new Random(seed(3), 'capture');
  const variables = [[inputs, hidden], [hidden], [hidden, 1]].map((shape) => {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    fillNormal(random, values);
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  });
  const adam = new Adam({ learningRate: 0.01, variables, maxGradientNorm: 1 });
  const [w1, b1, w2] = variables as tf.Tensor[] as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
  const step: UpdateStep = ({ x, y }) => {
    const loss = (): tf.Scalar => {
      const layer = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w1), b1));
      return tf.mean(tf.squaredDifference(tf.matMul(layer as tf.Tensor2D, w2), y as tf.Tensor));
    };
    const { value, grads } = tf.variableGrads(loss, variables);
    adam.apply(grads);
    return value;
  };
  return { variables, adam, step };
}

function batch(k: number, rows = 4): UpdateInputs<'x' | 'y'> {
  const random = new Random(seed(100 + k), 'batch');
  const values = (n: number): Float32Array => {
    const array = new Float32Array(n);
    fillNormal(random, array);
    return array;
  };
  return {
    x: { shape: [rows, inputs], values: values(rows * inputs) },
    y: { shape: [rows, 1], values: values(rows) }
  };
}

async function stateOf({ variables, adam }: Net): Promise<number[][]> {
  const moments = [...(await adam.save()).values()].map(({ values }) => [...values]);
  return [...(await Promise.all(variables.map(async (variable) => [...(await read(variable))]))), ...moments];
}

const drop = ({ variables, adam }: Net): void => {
  tf.dispose(variables);
  adam.dispose();
};

describe.skipIf(!hasWebgpu)('an update recorded on WebGPU', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  let notices: string[];
  const capture = (step: UpdateStep): CapturedUpdate =>
    new CapturedUpdate(webgpuBackend(), step, (notice) => notices.push(notice));

  beforeAll(async () => {
    device = await webgpuDevice();
  }, 300_000);
  beforeEach(() => {
    notices = [];
  });
  afterEach(() => {
    tf.disposeVariables();
    expect(device.refused).toEqual([]);
  });
  afterAll(() => {
    device.dispose();
  });

  it('replayed ten times leaves the same bits as ten updates by tfjs', async () => {
    const written = makeNet();
    const replayed = makeNet();
    const update = capture(replayed.step);
    for (let k = 0; k < 10; k++) {
      const wanted = await runAsWritten(written.step, batch(k), true);
      expect(await update.run(batch(k), true)).toEqual(wanted);
    }
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
    expect(replayed.adam.steps).toBe(10);
    expect(update.graph?.dispatches).toBeGreaterThan(10);
    expect(notices).toEqual([]);
  });

  it('goes on rightly when the batch changes its size, and when a variable is loaded', async () => {
    const written = makeNet();
    const replayed = makeNet();
    const update = capture(replayed.step);
    const both = async (k: number, rows: number): Promise<void> => {
      const wanted = await runAsWritten(written.step, batch(k, rows), true);
      expect(await update.run(batch(k, rows), true)).toEqual(wanted);
    };
    await both(0, 4);
    await both(1, 4);
    const first = update.graph;
    await both(2, 7);
    await both(3, 7);
    expect(update.graph).not.toBe(first);
    const second = update.graph;
    for (const { variables } of [written, replayed]) {
      tf.tidy(() => (variables[1] as tf.Variable).assign(tf.ones([hidden])));
    }
    await both(4, 7);
    expect(update.graph).not.toBe(second);
    await both(5, 7);
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
  });

  it('writes into no storage that a clone has come to share', async () => {
    const net = makeNet();
    const update = capture(net.step);
    await update.run(batch(0), false);
    await update.run(batch(1), false);
    const clone = tf.clone(net.variables[0]!);
    const before = await read(net.variables[0]!);
    await update.run(batch(2), false);
    // Not read before, which would keep a copy.
    expect(await read(clone)).toEqual(before);
    expect(await read(net.variables[0]!)).not.toEqual(before);
    clone.dispose();
    await update.run(batch(3), false);
    await update.run(batch(4), true);
    expect(update.graph).toBeDefined();
    expect(notices).toEqual([]);
    update.dispose();
    drop(net);
  });

  it('shows a variable that it assigns as it is after the replays, however often it was read before', async () => {
    const sum = tf.tidy(() => tf.variable(tf.ones([hidden]), false));
    const update = capture(({ x }) => {
      sum.assign(tf.add(sum, tf.sum(x!)));
      return tf.sum(sum);
    });
    const ones = { x: { shape: [2], values: Float32Array.of(1, 1) } };
    for (let k = 1; k <= 4; k++) {
      expect(await update.run(ones, true)).toEqual(Float32Array.of(hidden * (1 + 2 * k)));
      expect([...(await read(sum))]).toEqual(Array.from({ length: hidden }, () => 1 + 2 * k));
    }
    expect(update.graph).toBeDefined();
    expect(notices).toEqual([]);
    update.dispose();
  });

  it('is not recorded where the step reads a tensor: tfjs goes on, and a notice says why', async () => {
    const written = makeNet();
    const reading = makeNet();
    const update = capture((tensors) => {
      const loss = reading.step(tensors);
      if (update.graph === undefined && notices.length === 0) loss.dataSync();
      return loss;
    });
    for (let k = 0; k < 2; k++) {
      expect(await update.run(batch(k), true)).toEqual(await runAsWritten(written.step, batch(k), true));
    }
    expect(await stateOf(reading)).toEqual(await stateOf(written));
    expect(notices).toEqual([expect.stringMatching(/not recorded .* reads a tensor of the GPU/)]);
  });

  it('is given up at the first update where the step hides state from it', async () => {
    const net = makeNet();
    let calls = 0;
    const update = capture((tensors) => tf.mul(net.step(tensors), ++calls));
    const once = await update.run(batch(0), true);
    expect(update.graph).toBeUndefined();
    expect(notices).toEqual([expect.stringMatching(/a replay differs from tfjs in its result/)]);
    // Recorded as the first call, done as the second: what tfjs did stands.
    const written = makeNet();
    const [loss] = (await runAsWritten(written.step, batch(0), true)) as Float32Array;
    expect(once?.[0]).toBe(Math.fround(2 * (loss as number)));
    expect(await stateOf(net)).toEqual(await stateOf(written));
    expect(net.adam.steps).toBe(1);
  });

  it('keeps what it needs from being written over by other work, and gives all of it back', async () => {
    const memory = (): number[] => {
      const { numTensors, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number };
      return [numTensors, numBytesInGPU];
    };
    const [atStart] = memory();
    const written = makeNet();
    const replayed = makeNet();
    await runAsWritten(written.step, batch(0), true);
    const before = memory();
    const update = capture(replayed.step);
    await update.run(batch(0), true);
    const held = memory();
    for (let k = 1; k < 12; k++) {
      await runAsWritten(written.step, batch(k), false);
      const others = tf.tidy(() => [hidden, 4 * hidden, 4, 1].map((n) => tf.add(tf.ones([n]), k)));
      await update.run(batch(k), false);
      expect((await read(others[1] as tf.Tensor)).every((value) => value === 1 + k)).toBe(true);
      tf.dispose(others);
    }
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
    expect(memory()).toEqual(held);
    update.dispose();
    expect(memory()[0]).toBe(before[0]);
    drop(written);
    drop(replayed);
    expect(memory()[0]).toBe(atStart);
  });
});
