/** Counter-based noise in WGSL, one launch a draw: see counter-noise.ts. */
import type { NoiseKernel } from '../counter-noise.ts';
import type { KernelRunner } from './kernel-runner.ts';
import { overLists } from './list-ops.ts';

export const webgpuNoise =
  (runner: KernelRunner): NoiseKernel =>
  (counter, key, shapes) => {
    const tensors = shapes.map((shape) => runner.output(shape));
    const sizes = tensors.map(({ size }) => size);
    runner.launch({
      kernel: 'philox-normals',
      library: 'philox',
      shape: key,
      integers: true,
      tensors: [counter, ...tensors],
      ...overLists(sizes, { TENSORS: tensors.length, TOTAL: sizes.reduce((sum, size) => sum + size, 0) }),
      workgroups: [1]
    });
    runner.written(counter);
    return tensors;
  };
