/**
 * Adam and Polyak averaging over lists of variables in WGSL, in the variables' own buffers. A launch takes as many tensors
 * as the device gives a kernel buffers: the shader's block for one tensor is repeated for each.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ListKernels } from '../list-kernels.ts';
import type { KernelRunner, Launch } from './kernel-runner.ts';

/** Workgroups, and so parts, of a sum of squares. */
const PARTS = 64;
const THREADS = 256;
/** Workgroups along the first axis of a launch. */
const ACROSS = 1024;

export function webgpuLists(runner: KernelRunner): ListKernels {
  // A clone or a reshape elsewhere must not change under whoever holds it.
  const isOwn = (variable: Variable): boolean =>
    variable.dtype === 'float32' && runner.backend.refCount(variable.dataId) === 1;
  return {
    adam({ slots, gradients, numbers, beta1, beta2, epsilon, maxGradientNorm }) {
      if (!slots.every((slot) => isOwn(slot.parameter) && isOwn(slot.m) && isOwn(slot.v))) return false;
      const squares = maxGradientNorm > 0 ? sumOfSquares(runner, gradients) : undefined;
      const each = Math.floor((runner.buffers - 2) / 4);
      for (const [first, part] of chunks(slots, each)) {
        runner.launch({
          kernel: 'adam-list',
          numbers: {
            BETA1: beta1,
            ONE_LESS_BETA1: 1 - beta1,
            BETA2: beta2,
            ONE_LESS_BETA2: 1 - beta2,
            EPSILON: epsilon,
            LIMIT: maxGradientNorm
          },
          tensors: [
            numbers,
            squares ?? numbers,
            ...part.flatMap(({ parameter, m, v }, i) => [gradients[first + i]!, parameter, m, v])
          ],
          ...overLists(
            part.map(({ parameter }) => parameter.size),
            { PARTS: squares?.size ?? 0 }
          )
        });
      }
      squares?.dispose();
      for (const { parameter, m, v } of slots) for (const variable of [parameter, m, v]) runner.written(variable);
      return true;
    },
    polyak(targets, sources, tau) {
      if (!targets.every(isOwn)) return false;
      for (const [first, part] of chunks(targets, Math.floor(runner.buffers / 2))) {
        runner.launch({
          kernel: 'polyak-list',
          numbers: { TAU: tau, ONE_LESS_TAU: 1 - tau },
          tensors: part.flatMap((target, i) => [sources[first + i]!, target]),
          ...overLists(
            part.map(({ size }) => size),
            {}
          )
        });
      }
      for (const target of targets) runner.written(target);
      return true;
    }
  };
}

/** Its parts, [PARTS for each launch]. */
function sumOfSquares(runner: KernelRunner, tensors: readonly Tensor[]): Tensor {
  const lists = chunks(tensors, runner.buffers - 1);
  const squares = tf.keep(runner.output([lists.length * PARTS]));
  lists.forEach(([, part], i) => {
    runner.launch({
      kernel: 'squares-list',
      tensors: [squares, ...part],
      ...overLists(
        part.map(({ size }) => size),
        { PARTS, FIRST: i * PARTS }
      ),
      workgroups: [PARTS]
    });
  });
  return squares;
}

/** What a launch over several tensors of these sizes takes. */
export function overLists(
  counts: readonly number[],
  sizes: Readonly<Record<string, number>>
): Pick<Launch, 'sizes' | 'assemble' | 'workgroups'> {
  const all: Record<string, number> = { ...sizes };
  let start = 0;
  counts.forEach((size, i) => {
    all[`INDEX_${String(i)}`] = i;
    all[`START_${String(i)}`] = start;
    all[`SIZE_${String(i)}`] = size;
    start += size;
  });
  const workgroups = Math.ceil(start / THREADS);
  return {
    sizes: all,
    assemble: { key: String(counts.length), source: (own) => repeated(own, counts.length) },
    workgroups: [Math.min(ACROSS, workgroups), Math.ceil(workgroups / ACROSS)]
  };
}

/** The blocks between the marks, once for each tensor: names that end in `_0` get its number. */
const repeated = (source: string, times: number): string =>
  source.replaceAll(/^ *\/\/ repeat\n(.*?)^ *\/\/ end\n/gms, (_, block: string) =>
    Array.from({ length: times }, (_, i) => block.replaceAll(/_0\b/g, `_${String(i)}`)).join('')
  );

/** In runs of at most so many, each with where it begins. */
function chunks<T>(items: readonly T[], most: number): (readonly [number, readonly T[]])[] {
  const found: (readonly [number, readonly T[]])[] = [];
  for (let i = 0; i < items.length; i += most) found.push([i, items.slice(i, i + most)]);
  return found;
}
