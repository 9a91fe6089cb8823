import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Adam } from '../adam.ts';
import { captured, runAsWritten, type UpdateInputs, type UpdateStep } from '../captured.ts';
import { chooseDevice, type Device } from '../device.ts';
import { fresh } from '../fresh.ts';
import { polyakUpdate } from '../polyak.ts';
import { fillNormal } from '../random.ts';
import { RmsProp } from '../rms-prop.ts';
import type { CapturedOnCpu } from './capture.ts';

const [inputs, hidden] = [3, 5] as const;

interface Net {
  readonly variables: tf.Variable[];
  readonly target: tf.Variable;
  readonly optimiser: Adam | RmsProp;
  readonly step: UpdateStep;
}

/** A small regression with a limit on the gradient, and a target that follows its first layer. */
function makeNet(rule: 'adam' | 'rmsProp' = 'adam'): Net {
  const random = new Random(seed(3), 'capture');
  const variables = [[inputs, hidden], [hidden], [hidden, 1]].map((shape) => {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
    fillNormal(random, values);
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  });
  const target = tf.tidy(() => tf.variable(tf.zeros([inputs, hidden]), false));
  const options = { learningRate: 0.01, variables, maxGradientNorm: 1 };
  const optimiser = rule === 'adam' ? new Adam(options) : new RmsProp(options);
  const [w1, b1, w2] = variables as unknown as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
  const step: UpdateStep = ({ x, y }) => {
    const loss = (): tf.Scalar => {
      const layer = tf.tanh(tf.add(tf.matMul<tf.Tensor2D>(x as tf.Tensor2D, w1), b1));
      const near = tf.maximum<tf.Tensor2D>(tf.minimum(layer, 0.5), -0.5);
      const error = tf.sub(tf.matMul(near, w2), y!);
      return tf.mean(tf.square(error));
    };
    const { value, grads } = tf.variableGrads(loss, variables);
    optimiser.apply(grads);
    polyakUpdate([target], [variables[0]!], 0.1);
    const [left, right] = tf.split(w1, [1, 2], 0) as [tf.Tensor, tf.Tensor];
    return tf.stack([value, tf.sum(left), tf.sum(right)]);
  };
  return { variables, target, optimiser, step };
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

const floats = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

async function stateOf({ variables, target, optimiser }: Net): Promise<number[][]> {
  const moments = [...(await optimiser.save()).values()].map(({ values }) => [...values]);
  return [...[...variables, target].map(floats), ...moments];
}

const none: UpdateInputs = {};

describe.each([1, 2])('an update recorded on the CPU kernels, %i threads', (threads) => {
  let device: Device;
  let notices: string[];
  const capture = (step: UpdateStep): CapturedOnCpu => captured(step) as unknown as CapturedOnCpu;

  beforeEach(async () => {
    device = await chooseDevice('wasm', { threads });
    notices = [];
    device.onNotice((notice) => notices.push(notice));
  });
  afterEach(() => {
    tf.disposeVariables();
    device.dispose();
  });

  it.each(['adam', 'rmsProp'] as const)(
    'replayed ten times leaves the bits of ten updates by tfjs: %s',
    async (rule) => {
      const written = makeNet(rule);
      const replayed = makeNet(rule);
      const update = capture(replayed.step);
      for (let k = 0; k < 10; k++) {
        const wanted = await runAsWritten(written.step, batch(k), true);
        expect(await update.run(batch(k), true)).toEqual(wanted);
      }
      expect(await stateOf(replayed)).toEqual(await stateOf(written));
      expect(update.recording?.calls).toBeGreaterThan(10);
      expect(notices).toEqual([]);
    }
  );

  it('asks for a learning rate anew', async () => {
    const [written, replayed] = [makeNet(), makeNet()];
    const update = capture(replayed.step);
    for (let k = 0; k < 4; k++) {
      for (const { optimiser } of [written, replayed]) optimiser.learningRate = 0.1 / (k + 1);
      await runAsWritten(written.step, batch(k), false);
      await update.run(batch(k), false);
    }
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
  });

  it('goes on rightly when the batch changes its size, and when a variable is loaded', async () => {
    const [written, replayed] = [makeNet(), makeNet()];
    const update = capture(replayed.step);
    const both = async (k: number, rows: number): Promise<void> => {
      const wanted = await runAsWritten(written.step, batch(k, rows), true);
      expect(await update.run(batch(k, rows), true)).toEqual(wanted);
    };
    await both(0, 4);
    await both(1, 4);
    const first = update.recording;
    await both(2, 7);
    await both(3, 7);
    expect(update.recording).not.toBe(first);
    const second = update.recording;
    for (const { variables } of [written, replayed]) {
      tf.tidy(() => (variables[1] as tf.Variable).assign(tf.ones([hidden])));
    }
    await both(4, 7);
    expect(update.recording).not.toBe(second);
    await both(5, 7);
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
  });

  it('writes into no storage that a clone has come to share', async () => {
    const { variables, step } = makeNet();
    const update = capture(step);
    await update.run(batch(0), false);
    await update.run(batch(1), false);
    const clone = tf.clone(variables[0]!);
    const before = floats(clone);
    await update.run(batch(2), false);
    expect(floats(clone)).toEqual(before);
    expect(floats(variables[0]!)).not.toEqual(before);
    clone.dispose();
    await update.run(batch(3), false);
    expect(update.recording).toBeDefined();
  });

  it('brings a variable that is assigned back to where it lies', async () => {
    const total = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), false));
    const update = capture(({ x }) => {
      total.assign(tf.add(total, x as tf.Tensor));
      total.assign(tf.mul(total, 2));
      return tf.sum(total);
    });
    const one = (value: number): UpdateInputs => ({ x: { shape: [2], values: Float32Array.of(value, 1) } });
    expect(await update.run(one(1), true)).toEqual(Float32Array.of(10));
    expect(await update.run(one(2), true)).toEqual(Float32Array.of(26));
    expect(floats(total)).toEqual([12, 14]);
    const { recording } = update;
    expect(await update.run(one(-12), true)).toEqual(Float32Array.of(30));
    expect(update.recording).toBe(recording);
    expect(notices).toEqual([]);
  });

  it('knows a variable that was assigned until it lay where it had lain before', async () => {
    // What lies before and after keeps a block that comes free from being joined with another.
    const around = (): tf.Tensor[] => Array.from({ length: 1000 }, () => tf.tensor1d([0, 0]));
    const kept = around();
    const total = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), false));
    kept.push(...around());
    const update = capture(({ x }) => {
      total.assign(tf.add(tf.sin(total), x as tf.Tensor));
      return tf.sum(tf.sin(total));
    });
    const x: UpdateInputs = { x: { shape: [2], values: Float32Array.of(1, 2) } };
    await update.run(x, true);
    const [home] = update.recording!.homes;
    const backend = tf.backend() as unknown as { dataIdMap: { get(id: object): { memoryOffset: number } } };
    const addressOf = ({ dataId }: tf.Tensor): number => backend.dataIdMap.get(dataId).memoryOffset;
    tf.tidy(() => total.assign(tf.tensor1d([7, 8])));
    // Takes free memory until the block that came free is taken again.
    const taken: tf.Tensor1D[] = [];
    do taken.push(tf.tensor1d([5, 6]));
    while (addressOf(taken.at(-1)!) !== home!.address && taken.length < 100_000);
    total.assign(taken.at(-1)!);
    tf.dispose([...kept, ...taken]);
    expect(addressOf(total)).toBe(home!.address);
    const next = [Math.fround(Math.sin(5) + 1), Math.fround(Math.sin(6) + 2)];
    const result = await update.run(x, true);
    floats(total).forEach((value, i) => {
      expect(value).toBeCloseTo(next[i]!, 6);
    });
    expect(result![0]).toBeCloseTo(Math.sin(next[0]!) + Math.sin(next[1]!), 6);
  });

  it('leaves alone what a variable shares its storage with at the first update', async () => {
    const start = tf.tensor1d([1, 2]);
    const total = tf.variable(start, false);
    const update = capture(({ x }) => {
      total.assign(tf.add(total, x as tf.Tensor));
      return tf.sum(total);
    });
    const one: UpdateInputs = { x: { shape: [2], values: Float32Array.of(1, 1) } };
    for (const sum of [5, 7, 9]) expect(await update.run(one, true)).toEqual(Float32Array.of(sum));
    expect(floats(start)).toEqual([1, 2]);
    expect(notices).toEqual([expect.stringMatching(/storage another tensor shares/)]);
    start.dispose();
    tf.tidy(() => tf.fill([2], 100));
    expect(floats(total)).toEqual([4, 5]);
  });

  it('is right where a variable takes over what another one held', async () => {
    const [now, last] = [
      [1, 2],
      [0, 0]
    ].map((values) => tf.tidy(() => tf.variable(tf.tensor1d(values), false))) as [tf.Variable, tf.Variable];
    const update = capture(({ x }) => {
      last.assign(tf.clone(now));
      now.assign(tf.add(now, x as tf.Tensor));
      return tf.sum(last);
    });
    const one: UpdateInputs = { x: { shape: [2], values: Float32Array.of(1, 1) } };
    for (const sum of [3, 5, 7]) expect(await update.run(one, true)).toEqual(Float32Array.of(sum));
    expect([floats(now), floats(last)]).toEqual([
      [4, 5],
      [3, 4]
    ]);
  });

  it('that throws leaves neither tensors nor memory behind', async () => {
    const total = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), false));
    const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
    let broken = true;
    const update = capture(({ x }) => {
      const sum = tf.add<tf.Tensor1D>(tf.mul(total, 2), tf.neg(x!));
      if (broken) throw new Error('the step broke');
      total.assign(sum);
      return tf.sum(sum);
    });
    const one: UpdateInputs = { x: { shape: [1 << 17, 2], values: new Float32Array(1 << 18).fill(1) } };
    const { numTensors } = tf.memory();
    const { length } = wasm.HEAPU8;
    for (let k = 0; k < 50; k++) await expect(update.run(one, true)).rejects.toThrow('the step broke');
    expect(tf.memory().numTensors).toBe(numTensors);
    // A megabyte each time for what it was given, and as much for what it made.
    expect(wasm.HEAPU8.length - length).toBeLessThan(20e6);
    broken = false;
    const two: UpdateInputs = { x: { shape: [2], values: Float32Array.of(1, 1) } };
    expect(await update.run(two, true)).toEqual(Float32Array.of(4));
    expect(floats(total)).toEqual([1, 3]);
  });

  it('gives numbers that are fresh at every update, each once', async () => {
    let asked = 0;
    const sum = tf.tidy(() => tf.variable(tf.tensor1d([0]), false));
    const update = capture(() => {
      sum.assign(
        tf.add(
          sum,
          fresh(() => Float32Array.of(++asked), [1])
        )
      );
      return tf.mul(sum, 1);
    });
    const results: number[] = [];
    for (let k = 0; k < 4; k++) results.push((await update.run(none, true))![0]!);
    expect(results).toEqual([1, 3, 6, 10]);
    expect(asked).toBe(4);
  });

  it('leaves no tensors and no memory behind over 1,000 updates, and gives back what it held', async () => {
    const net = makeNet();
    const { wasm } = tf.backend() as unknown as {
      wasm: { _malloc: (n: number) => number; _free: (at: number) => void };
    };
    const update = capture(net.step);
    await update.run(batch(0), false);
    const { numTensors, numBytes } = tf.memory();
    let blocks = 0;
    const { _malloc } = wasm;
    wasm._malloc = (bytes) => {
      blocks++;
      return _malloc(bytes);
    };
    for (let k = 1; k <= 1000; k++) await update.run(batch(k), false);
    expect(blocks).toBe(0);
    wasm._malloc = _malloc;
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(tf.memory().numBytes).toBe(numBytes);
    const held = update.recording!.bytes;
    expect(held).toBeGreaterThan(0);
    const without = tf.memory().numTensors;
    update.dispose();
    // Two inputs and what it gave.
    expect(tf.memory().numTensors).toBe(without - 3);
  });

  it.each<[string, RegExp, () => UpdateStep]>([
    [
      'reads a tensor',
      /reads a tensor/,
      () =>
        ({ x }) =>
          tf.add(x!, x!.dataSync()[0]!)
    ],
    [
      'does an operation that tfjs does in JavaScript',
      /JavaScript/,
      () =>
        ({ x }) =>
          tf.cast(tf.sum(tf.cast(x!, 'int32')), 'float32')
    ],
    [
      'leaves tensors behind',
      /leaves tensors behind/,
      () =>
        ({ x }) => {
          tf.keep(tf.mul(x!, 2));
          return tf.sum(x!);
        }
    ],
    [
      'gives back what it was given',
      /what it was given/,
      () =>
        ({ x }) =>
          x!
    ],
    [
      'disposes of what was there before',
      /made before it/,
      () => {
        const before = tf.tensor1d([1]);
        return ({ x }) => {
          if (!before.isDisposed) before.dispose();
          return tf.sum(x!);
        };
      }
    ]
  ])('that %s is run as written, with a notice', async (_, why, make) => {
    const step = make();
    const update = capture(step);
    const x = (k: number): UpdateInputs => ({ x: { shape: [2, 2], values: Float32Array.of(k, 2, 3, 4) } });
    for (const k of [1, 5]) {
      const result = await update.run(x(k), true);
      expect(result).toEqual(await runAsWritten(step, x(k), true));
    }
    expect(update.recording).toBeUndefined();
    expect(notices).toEqual([expect.stringMatching(why)]);
  });

  it('whose replay would differ stays with tfjs, from the state tfjs left', async () => {
    let runs = 0;
    const total = tf.variable(tf.tensor1d([0]), false);
    // Counts what it does in the tensor's own storage, behind the recorder's back.
    const { wasm } = tf.backend() as unknown as { wasm: { HEAPF32: Float32Array } };
    const data = (): { memoryOffset: number } =>
      (tf.backend() as unknown as { dataIdMap: { get(id: object): { memoryOffset: number } } }).dataIdMap.get(
        total.dataId
      );
    const step: UpdateStep = () => {
      runs++;
      wasm.HEAPF32[data().memoryOffset / 4]! += 1;
      return tf.mul(total, 1);
    };
    const update = capture(step);
    expect(await update.run(none, true)).toEqual(Float32Array.of(1));
    expect(floats(total)).toEqual([1]);
    expect(notices).toEqual([expect.stringMatching(/a replay differs from tfjs in/)]);
    expect(await update.run(none, true)).toEqual(Float32Array.of(2));
    expect(runs).toBe(2);
  });

  it('survives scratch space that is outgrown by others', async () => {
    const [written, replayed] = [makeNet(), makeNet()];
    const update = capture(replayed.step);
    for (let k = 0; k < 3; k++) {
      await runAsWritten(written.step, batch(k), false);
      await update.run(batch(k), false);
      tf.tidy(() => tf.matMul(tf.ones([64, 300 * (k + 1)]), tf.ones([300 * (k + 1), 400])).dataSync());
    }
    expect(await stateOf(replayed)).toEqual(await stateOf(written));
  });
});

describe.each([1, 2])('memory of the CPU kernels, %i threads', (threads) => {
  it('that has no room for a tensor says so, instead of giving it the address 0', async () => {
    const device = await chooseDevice('wasm', { threads });
    const backend = tf.backend() as unknown as { makeOutput(shape: number[], type: 'float32'): unknown };
    const most = 4 * 2 ** 30;
    const each = 2 ** 29;
    // Taken, not written: the machine gives nothing for it.
    const fill = (): void => {
      for (let taken = 0; taken <= most; taken += each) backend.makeOutput([each / 4], 'float32');
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'data.limit' }));
    device.dispose();
  });
});
