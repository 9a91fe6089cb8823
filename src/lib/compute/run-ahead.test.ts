/** A pass run ahead has the gradient it would have had in the function itself, and leaves nothing behind. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { chooseDevice, type Device } from './device.ts';
import { lstmSequence } from './lstm.ts';
import { mlp } from './mlp.ts';
import { normalTensor } from './random.ts';
import { runAhead } from './run-ahead.ts';

describe.each(['cpu', 'wasm'] as const)('a pass run ahead on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(backend, { threads: 1 });
  });
  afterAll(() => {
    device.dispose();
  });

  const random = new Random(seed(70), 'ahead');
  const [steps, batch, inputs, units] = [3, 4, 5, 8] as const;
  function network(): { variables: tf.Variable[]; forward: () => { hidden: tf.Tensor; y: tf.Tensor } } {
    const shapes = [[inputs + units, 4 * units], [4 * units], [units, 2], [2]];
    const variables = shapes.map((shape) => tf.tidy(() => tf.variable(normalTensor(random, shape))));
    const [kernel, bias, w, b] = variables as tf.Tensor[] as [tf.Tensor2D, tf.Tensor1D, tf.Tensor, tf.Tensor];
    const x = tf.keep(normalTensor(random, [steps, batch, inputs])) as tf.Tensor3D;
    const zeros = tf.keep(tf.zeros<tf.Rank.R2>([batch, units]));
    const forward = (): { hidden: tf.Tensor; y: tf.Tensor } => {
      const { hidden } = lstmSequence({ x, kernel, bias, h0: zeros, c0: zeros });
      return { hidden, y: mlp({ x: hidden, layers: [{ kernel: w, bias: b }], activation: 'relu', last: 'activated' }) };
    };
    return { variables, forward };
  }
  const loss = ({ hidden, y }: { hidden: tf.Tensor; y: tf.Tensor }): tf.Scalar =>
    tf.add(tf.sum(tf.square(y)), tf.mul(0.5, tf.sum(hidden)));
  const gradients = (variables: tf.Variable[], value: () => tf.Scalar): number[][] => {
    const { grads } = tf.variableGrads(value, variables);
    return variables.map(({ name }) => Array.from(grads[name]!.dataSync()));
  };

  it('has the same gradient bit for bit, whatever was differentiated in between', () => {
    tf.tidy(() => {
      const { variables, forward } = network();
      const wanted = gradients(variables, () => loss(forward()));
      const ahead = runAhead(forward);
      // Something that learns from the result first.
      const scale = tf.variable(tf.scalar(2));
      const other = tf.variableGrads(() => tf.mul(scale, loss(ahead.result)), [scale]);
      expect(other.grads[scale.name]!.dataSync()[0]).toBe(loss(ahead.result).dataSync()[0]);
      expect(gradients(variables, () => loss(ahead.resume()))).toEqual(wanted);
      expect(wanted.flat().some((x) => x !== 0)).toBe(true);
    });
  });

  it('leaves no tensor behind', () => {
    const { variables, forward } = network();
    const once = (): void =>
      tf.tidy(() => {
        const ahead = runAhead(forward);
        gradients(variables, () => loss(ahead.resume()));
      });
    once();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) once();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('can be resumed once, and only where a gradient is taken', () => {
    tf.tidy(() => {
      const { variables, forward } = network();
      const ahead = runAhead(forward);
      expect(() => ahead.resume()).toThrow('no gradient taken');
      gradients(variables, () => loss(ahead.resume()));
      expect(() => gradients(variables, () => loss(ahead.resume()))).toThrow('nothing to resume');
    });
  });
});
