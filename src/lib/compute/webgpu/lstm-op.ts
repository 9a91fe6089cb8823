/**
 * The LSTM sequence of lstm.ts in WGSL: one dispatch forward, three backward. Gradients of kernel and bias come of one
 * product, made only where they are asked for; that of the input is tfjs' own product.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { referenceLstmSequence, type FusedLstm } from '../lstm.ts';
import { once, runOp, type KernelRunner } from './kernel-runner.ts';

/** Storage buffers of the largest of the kernels. */
const BUFFERS = 10;
const THREADS = 256;

/** Undefined where the device has too few buffers or too little memory for it. */
export function webgpuLstm(runner: KernelRunner): FusedLstm | undefined {
  if (runner.buffers < BUFFERS) return undefined;
  return (args) => {
    const { x, kernel, bias, h0, c0, resets } = args;
    const [steps, batch, inputs] = x.shape;
    const units = h0.shape[1];
    const shared = shareOf(runner, { batch, inputs, units });
    if (shared === undefined) return referenceLstmSequence(args);
    const { share, workgroups } = shared;
    const sizes = {
      STEPS: steps,
      BATCH: batch,
      INPUTS: inputs,
      UNITS: units,
      WITH_RESETS: resets === undefined ? 0 : 1
    };
    const mask = resets ?? h0;
    const [hidden, hLast, cLast] = runOp({
      inputs: { x, kernel, bias, h0, c0 },
      forward: () => {
        const hidden = runner.output([steps, batch, units]);
        const hLast = runner.output([batch, units]);
        const cLast = runner.output([batch, units]);
        const saved = runner.output([steps, batch, 5 * units]);
        runner.launch({
          kernel: 'lstm-forward',
          sizes: { ...sizes, ...share },
          tensors: [x, kernel, bias, h0, c0, mask, hidden, hLast, cLast, saved],
          workgroups: [workgroups]
        });
        return { outputs: [hidden, hLast, cLast], kept: [x, kernel, h0, c0, mask, hidden, saved] };
      },
      gradients: ([dHidden, dhLast, dcLast], kept) => {
        const [x, kernel, h0, c0, mask, hidden, saved] = kept as [
          Tensor3D,
          Tensor2D,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor
        ];
        const dGates = runner.output([steps, batch, 4 * units]) as Tensor3D;
        const dh0 = runner.output([batch, units]);
        const dc0 = runner.output([batch, units]);
        const transposed = runner.output([4 * units, units]);
        runner.launch({
          kernel: 'lstm-transpose',
          shape: [inputs, units],
          tensors: [kernel, transposed],
          workgroups: [Math.ceil((4 * units * units) / 64)]
        });
        runner.launch({
          kernel: 'lstm-backward',
          sizes: { ...sizes, ...share },
          tensors: [transposed, c0, mask, saved, dHidden!, dhLast!, dcLast!, dGates, dh0, dc0],
          workgroups: [workgroups]
        });
        // Made here, in tfjs' scope of the whole backward pass; filled when first asked for.
        const dKernel = runner.output([inputs + units, 4 * units]);
        const dBias = runner.output([4 * units]);
        const fill = once(() => {
          runner.launch({
            kernel: 'lstm-weights',
            shape: [steps, batch, inputs, units, resets === undefined ? 0 : 1],
            tensors: [x, h0, hidden, mask, dGates, dKernel, dBias],
            workgroups: [Math.ceil((4 * units) / 32), Math.ceil((inputs + units + 1) / 32)]
          });
        });
        const filled = (gradient: Tensor) => (): Tensor => {
          fill();
          return gradient;
        };
        return {
          x: () => inputGradient(dGates, kernel, inputs),
          kernel: filled(dKernel),
          bias: filled(dBias),
          h0: () => dh0,
          c0: () => dc0
        };
      }
    }) as [Tensor3D, Tensor2D, Tensor2D];
    return { hidden, h: hLast, c: cLast };
  };
}

function inputGradient(dGates: Tensor3D, kernel: Tensor2D, inputs: number): Tensor {
  const [steps, batch, gates] = dGates.shape;
  const own = tf.slice(kernel, [0, 0], [inputs, gates]);
  const dx = tf.matMul(tf.reshape<tf.Rank.R2>(dGates, [steps * batch, gates]), own, false, true);
  return tf.reshape(dx, [steps, batch, inputs]);
}

/**
 * How a workgroup's threads share rows and units. More rows a thread spare reads of the weights; fewer keep more of a GPU
 * busy, which counts more as soon as the batch is small. Undefined where a row does not fit a workgroup's memory.
 */
function shareOf(
  runner: KernelRunner,
  { batch, inputs, units }: Readonly<Record<'batch' | 'inputs' | 'units', number>>
): { share: Readonly<Record<'LANES' | 'GROUPS' | 'ROWS', number>>; workgroups: number } | undefined {
  const lanes = Math.min(THREADS, 32 * Math.ceil(units / 32));
  const groups = Math.max(1, Math.min(batch, Math.floor(THREADS / lanes)));
  const fits = (rows: number): boolean =>
    4 * rows * groups * Math.max(inputs + 3 * units, 6 * units) <= runner.workgroupBytes;
  if (!fits(1)) return undefined;
  const rows = batch >= 64 && fits(2) ? 2 : 1;
  return { share: { LANES: lanes, GROUPS: groups, ROWS: rows }, workgroups: Math.ceil(batch / (groups * rows)) };
}
