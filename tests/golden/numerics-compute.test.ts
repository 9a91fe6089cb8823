/** LSTM, Adam, AdamW and Polyak averaging against the reference values of `rl-numerics.json`, on the CPU backends. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Adam } from '../../src/lib/compute/adam.ts';
import { chooseDevice, type Device } from '../../src/lib/compute/device.ts';
import { lstmSequence, referenceLstmSequence, type LstmSequenceArgs } from '../../src/lib/compute/lstm.ts';
import { polyakUpdate } from '../../src/lib/compute/polyak.ts';
import { goldens, readGolden } from '../support/recordings.ts';
import { hasWebgpu, read, webgpuDevice } from '../support/webgpu-device.ts';

interface GoldenTensor {
  readonly shape: number[];
  readonly data: number[];
}
interface Entry<I, O> {
  readonly inputs: I;
  readonly outputs: O;
}
interface LstmInputs {
  readonly x: GoldenTensor;
  readonly h0: GoldenTensor;
  readonly c0: GoldenTensor;
  readonly w_ih: GoldenTensor;
  readonly w_hh: GoldenTensor;
  readonly b_ih: GoldenTensor;
  readonly b_hh: GoldenTensor;
  readonly out_weights: GoldenTensor;
  readonly episode_start?: GoldenTensor;
}
interface LstmOutputs {
  readonly y: GoldenTensor;
  readonly h_n: GoldenTensor;
  readonly c_n: GoldenTensor;
  readonly loss: number;
  readonly grad: Readonly<Record<'x' | 'h0' | 'c0' | 'w_ih' | 'w_hh' | 'b_ih', GoldenTensor>>;
}
interface AdamInputs {
  readonly param: GoldenTensor;
  readonly grads: GoldenTensor;
  readonly lr: number;
  readonly betas: [number, number];
  readonly eps: number;
}
interface AdamRun {
  readonly param_after_each_step: GoldenTensor;
  readonly exp_avg: GoldenTensor;
  readonly exp_avg_sq: GoldenTensor;
}
interface PolyakInputs {
  readonly target: GoldenTensor;
  readonly source: GoldenTensor;
  readonly tau: number;
  readonly steps: number;
}
interface Numerics {
  readonly entries: {
    readonly lstm: Entry<LstmInputs, LstmOutputs>;
    readonly lstm_reset: Entry<LstmInputs, LstmOutputs>;
    readonly adam: Entry<AdamInputs, { readonly adam: AdamRun; readonly 'adamw_0.01': AdamRun }>;
    readonly polyak: Entry<PolyakInputs, { readonly target_after_each_step: GoldenTensor }>;
  };
}

const tensor = ({ data, shape }: GoldenTensor): Tensor => tf.tensor(data, shape, 'float32');

/** The rule of the golden file: |a − b| ≤ 1e-5 max |b| a tensor; 1e-4 on WebGPU. */
async function expectClose(
  name: string,
  actual: Tensor | ArrayLike<number>,
  golden: { readonly data: readonly number[] }
): Promise<void> {
  const values = actual instanceof tf.Tensor ? await read(actual) : actual;
  const tolerance = tf.getBackend() === 'webgpu' ? 1e-4 : 1e-5;
  expect(values.length, name).toBe(golden.data.length);
  const largest = golden.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  golden.data.forEach((value, i) => {
    const error = Math.abs(values[i]! - value);
    expect(error <= tolerance * largest, `${name}[${i}]: expected ${value}, got ${values[i]!}`).toBe(true);
  });
}

const backends = hasWebgpu ? (['wasm', 'cpu', 'webgpu'] as const) : (['wasm', 'cpu'] as const);

describe.skipIf(!goldens.present).each(backends)('numerics on %s', { timeout: 300_000 }, (backend) => {
  const { entries } = goldens.present ? (readGolden('rl-numerics.json') as Numerics) : { entries: undefined as never };
  let device: Device;
  beforeAll(async () => {
    device = backend === 'webgpu' ? await webgpuDevice() : await chooseDevice(backend);
  }, 300_000);
  afterAll(() => device.dispose());

  describe.each(['lstm', 'lstm_reset'] as const)('%s', (name) => {
    it.each([
      ['lstmSequence', lstmSequence],
      ['the plain reference', referenceLstmSequence]
    ])('%s gives the values and gradients of PyTorch', async (_, sequence) => {
      const { inputs, outputs } = entries[name];
      const found = tf.tidy(() => {
        const kernel = tf.concat([tf.transpose(tensor(inputs.w_ih)), tf.transpose(tensor(inputs.w_hh))], 0);
        const bias = tf.add(tensor(inputs.b_ih), tensor(inputs.b_hh));
        const weights = tensor(inputs.out_weights);
        const resets = inputs.episode_start && (tensor(inputs.episode_start) as Tensor2D);
        const args = (x: Tensor, h0: Tensor, c0: Tensor, k: Tensor, b: Tensor): LstmSequenceArgs => ({
          x: x as Tensor3D,
          h0: h0 as Tensor2D,
          c0: c0 as Tensor2D,
          kernel: k as Tensor2D,
          bias: b as Tensor1D,
          resets
        });
        const starts = [tensor(inputs.x), tensor(inputs.h0), tensor(inputs.c0), kernel, bias] as const;
        const { hidden, h, c } = sequence(args(...starts));
        const loss = (x: Tensor, h0: Tensor, c0: Tensor, k: Tensor, b: Tensor): Tensor =>
          tf.sum(tf.mul(sequence(args(x, h0, c0, k, b)).hidden, weights));
        const { value, grads } = tf.valueAndGrads(loss)([...starts]);
        const [dx, dh0, dc0, dKernel, dBias] = grads as [Tensor, Tensor, Tensor, Tensor2D, Tensor];
        const size = inputs.x.shape[2]!;
        const units = inputs.h0.shape[1]!;
        const rows = (first: number, count: number): Tensor =>
          tf.transpose(tf.slice(dKernel, [first, 0], [count, 4 * units]));
        return { hidden, h, c, value, dx, dh0, dc0, dBias, dInput: rows(0, size), dState: rows(size, units) };
      });
      await expectClose('y', found.hidden, outputs.y);
      await expectClose('h_n', found.h, outputs.h_n);
      await expectClose('c_n', found.c, outputs.c_n);
      await expectClose('loss', found.value, { data: [outputs.loss] });
      await expectClose('grad x', found.dx, outputs.grad.x);
      await expectClose('grad h0', found.dh0, outputs.grad.h0);
      await expectClose('grad c0', found.dc0, outputs.grad.c0);
      await expectClose('grad w_ih', found.dInput, outputs.grad.w_ih);
      await expectClose('grad w_hh', found.dState, outputs.grad.w_hh);
      await expectClose('grad b', found.dBias, outputs.grad.b_ih);
      tf.dispose(found);
    });
  });

  it.each([
    ['Adam', 'adam', 0],
    ['AdamW', 'adamw_0.01', 0.01]
  ] as const)('%s takes the steps of PyTorch', async (_, run, weightDecay) => {
    const { inputs, outputs } = entries.adam;
    const [steps, size] = inputs.grads.shape as [number, number];
    const parameter = tf.tidy(() => tf.variable(tensor(inputs.param)));
    const [beta1, beta2] = inputs.betas;
    const adam = new Adam({
      learningRate: inputs.lr,
      variables: [parameter],
      beta1,
      beta2,
      epsilon: inputs.eps,
      weightDecay
    });
    for (let t = 0; t < steps; t++) {
      tf.tidy(() => adam.apply([tf.tensor1d(inputs.grads.data.slice(t * size, (t + 1) * size))]));
      const data = outputs[run].param_after_each_step.data.slice(t * size, (t + 1) * size);
      await expectClose(`step ${t + 1}`, parameter, { data });
    }
    const saved = await adam.save();
    await expectClose('exp_avg', saved.get('0.m')!.values, outputs[run].exp_avg);
    await expectClose('exp_avg_sq', saved.get('0.v')!.values, outputs[run].exp_avg_sq);
    adam.dispose();
    parameter.dispose();
  });

  it('Polyak averaging moves targets as Stable-Baselines3 does', async () => {
    const { inputs, outputs } = entries.polyak;
    const target = tf.tidy(() => tf.variable(tensor(inputs.target)));
    const source = tensor(inputs.source);
    const size = target.size;
    for (let t = 0; t < inputs.steps; t++) {
      polyakUpdate([target], [source], inputs.tau);
      const data = outputs.target_after_each_step.data.slice(t * size, (t + 1) * size);
      await expectClose(`step ${t + 1}`, target, { data });
    }
    target.dispose();
    source.dispose();
  });
});
