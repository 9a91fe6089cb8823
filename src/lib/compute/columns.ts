/** Tensors beside each other, with a gradient cut out only for those that want one: observations and actions do not. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** tfjs' way to make gradients only where they are asked for; `tf.concat` makes all. Private in its types, so named here. */
interface Engine {
  runKernelFunc(call: {
    forwardFunc: () => Tensor;
    backwardsFunc: (dy: Tensor) => Record<string, () => Tensor>;
    inputs: NamedTensorMap;
  }): Tensor;
}

/** `tf.concat` along the last axis. @param tensors of one shape but for the last axis, two at least */
export function joinColumns(tensors: readonly Tensor[]): Tensor {
  const engine = tf.engine() as unknown as Engine;
  const widths = tensors.map(({ shape }) => shape.at(-1) as number);
  return engine.runKernelFunc({
    inputs: Object.fromEntries(tensors.map((tensor, i) => [String(i), tensor])),
    forwardFunc: () => tf.concat([...tensors], -1),
    backwardsFunc: (dy) => {
      const rows = dy.shape.slice(0, -1);
      let first = 0;
      const gradients = widths.map((width, i) => {
        const start = first;
        first += width;
        const cut = (): Tensor => tf.slice(dy, [...rows.map(() => 0), start], [...rows, width]);
        return [String(i), cut] as const;
      });
      return Object.fromEntries(gradients);
    }
  });
}
