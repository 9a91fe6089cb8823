/** Each of our kernels against tfjs on small odd shapes, values and gradients, on the device at hand: at start-up. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import { CounterNoise, type NoiseKernel } from '../counter-noise.ts';
import type { AdamListStep, ListKernels } from '../list-kernels.ts';
import { referenceLstmSequence, type FusedLstm } from '../lstm.ts';
import { referenceMlp, type FusedMlp } from '../mlp.ts';
import { difference, valuesAndGradients } from '../loss-checks.ts';
import { philoxNormals, type PhiloxKey } from '../philox.ts';
import { normalTensor } from '../random.ts';

/** Of a tensor's largest value. Sums of float32 in another order differ by some 1e-6. */
export const TOLERANCE = 1e-4;

export function checkLstm(lstm: FusedLstm): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const [steps, batch, inputs, units] = [3, 5, 2, 7];
    const x = normalTensor(random, [steps, batch, inputs]);
    const weights = [normalTensor(random, [inputs + units, 4 * units]), normalTensor(random, [4 * units])];
    const state = [normalTensor(random, [batch, units]), normalTensor(random, [batch, units])];
    const resets = tf.tensor2d([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1], [steps, batch]);
    const sequence = which === 'ours' ? lstm : referenceLstmSequence;
    return valuesAndGradients([x, ...weights, ...state], ([x, kernel, bias, h0, c0]) => {
      const args = { x: x as Tensor3D, kernel: kernel as Tensor2D, bias: bias as Tensor1D };
      const { hidden, h, c } = sequence({ ...args, h0: h0 as Tensor2D, c0: c0 as Tensor2D, resets });
      return h === undefined ? [hidden, c] : [hidden, h, c];
    });
  });
}

export function checkMlp(mlp: FusedMlp): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const tensors = [[37, 5], [5, 35], [35], [35, 3], [3]].map((shape) => normalTensor(random, shape));
    const layers = which === 'ours' ? mlp : referenceMlp;
    return valuesAndGradients(tensors, ([x, k1, b1, k2, b2]) => {
      const each = [
        { kernel: k1!, bias: b1! },
        { kernel: k2!, bias: b2! }
      ];
      return [
        layers({ x: x as Tensor2D, layers: each, activation: 'relu', last: 'linear' }),
        layers({ x: x as Tensor2D, layers: each, activation: 'tanh', last: 'activated' })
      ];
    });
  });
}

/** Three steps of Adam with a limit on the norm, and of targets that follow, over more tensors than a launch takes. */
export function checkLists(lists: ListKernels): Promise<number> {
  return difference(['ours', 'tfjs'], (which, random) => {
    const shapes = [[3, 5], [7], [1], [2, 2, 2], [300], [6], [9], [2], [4]];
    // In a tidy, or the tensor it starts from would share its storage.
    const variable = (make: () => Tensor): Variable => tf.tidy(() => tf.variable(make(), false));
    const slots = shapes.map((shape) => ({
      parameter: variable(() => normalTensor(random, shape)),
      m: variable(() => tf.zeros(shape)),
      v: variable(() => tf.zeros(shape))
    }));
    const targets = shapes.map((shape) => variable(() => normalTensor(random, shape)));
    const parameters = slots.map(({ parameter }) => parameter);
    const constants = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, maxGradientNorm: 3 };
    for (let t = 1; t <= 3; t++) {
      const gradients = shapes.map((shape) => normalTensor(random, shape));
      const numbers = tf.tensor1d([0.01 / (1 - 0.9 ** t), 1 / Math.sqrt(1 - 0.99 ** t), 0.999]);
      const step = { slots, gradients, numbers, ...constants };
      const done = which === 'ours' && lists.adam(step) && lists.polyak(targets, parameters, 0.1);
      if (which === 'ours' && !done) throw new Error('it refuses variables of their own storage');
      if (which === 'tfjs') {
        plainAdam(step);
        targets.forEach((target, i) => {
          target.assign(tf.add(tf.mul(target, 0.9), tf.mul(parameters[i]!, 0.1)));
        });
      }
    }
    const all = [...slots.flatMap(({ parameter, m, v }) => [parameter, m, v]), ...targets];
    const values = all.map((each) => tf.add(each, 0));
    tf.dispose(all);
    return values;
  });
}

/** Two draws, of more numbers than a workgroup makes at once; the counter passes from its lower word to the upper. */
export function checkNoise(kernel: NoiseKernel): Promise<number> {
  const key: PhiloxKey = [0xa4093822, 0x299f31d0];
  const shapes = [[7], [100, 13]];
  const first = 2 ** 32 - 1;
  return difference(['ours', 'tfjs'], (which) => {
    if (which === 'tfjs') {
      return [first, first + 1].flatMap((draw) => {
        const values = new Float32Array(7 + 1300);
        philoxNormals(key, draw, values);
        return [tf.tensor(values.slice(0, 7)), tf.tensor(values.slice(7), shapes[1])];
      });
    }
    const noise = new CounterNoise(kernel, key);
    noise.goOn(first);
    const drawn = [...noise.normals(shapes), ...noise.normals(shapes)];
    noise.dispose();
    return drawn;
  });
}

function plainAdam({ slots, gradients, numbers, beta1, beta2, epsilon, maxGradientNorm }: AdamListStep): void {
  const [stepSize, secondScale, decay] = tf.split(numbers, 3) as [Tensor, Tensor, Tensor];
  const norm = tf.sqrt(gradients.reduce<Tensor>((sum, each) => tf.add(sum, tf.sum(tf.square(each))), tf.scalar(0)));
  const scale = tf.minimum(1, tf.div(maxGradientNorm, tf.add(norm, 1e-6)));
  slots.forEach(({ parameter, m, v }, i) => {
    const gradient = tf.mul(gradients[i]!, scale);
    m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1)));
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    const denominator = tf.add(tf.mul(tf.sqrt(v), secondScale), epsilon);
    parameter.assign(tf.sub(tf.mul(parameter, decay), tf.div(tf.mul(m, stepSize), denominator)));
  });
}
