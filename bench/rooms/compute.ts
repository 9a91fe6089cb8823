/**
 * The CPU kernels: a training step of an LSTM (forward, backward, Adam) on one thread and on two against tfjs-wasm as it
 * comes, and matrix products of every transposition on one thread.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { Adam } from '../../src/lib/compute/adam.ts';
import { captured } from '../../src/lib/compute/captured.ts';
import { chooseDevice, type DeviceSeams } from '../../src/lib/compute/device.ts';
import { lstmSequence } from '../../src/lib/compute/lstm.ts';
import { mlp } from '../../src/lib/compute/mlp.ts';
import { sizeOf, type NamedArray } from '../../src/lib/compute/named-arrays.ts';
import { fillNormal, normalTensor } from '../../src/lib/compute/random.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import type { Figure } from '../figure.ts';

const [steps, batch, inputs, units, dense, outputs] = [16, 64, 32, 128, 256, 25] as const;
const rows = steps * batch;
/** Milliseconds a step on two threads. Recorded peers on two cores: torch 5.2, JAX 8.0. */
const GOAL_MILLIS = 9;
const products = [
  [64, 512, 160],
  [1024, 512, 128],
  [512, 512, 512]
] as const;

export async function* figures(): AsyncGenerator<Figure> {
  const stock = await onDevice({ kernels: 'stock' }, () => timeSteps('stock', 3, 7));
  const name = `LSTM training step, B${batch} T${steps} I${inputs} H${units}`;
  for (const threads of [1, 2]) {
    for (const precision of ['strict', 'relaxed'] as const) {
      const value = await onDevice({ kernels: { precision }, threads }, () => timeSteps('ours', 5, 40));
      yield {
        name: `${name}, ${precision} SIMD, threads: ${threads}, against stock tfjs-wasm (recorded: JAX 8.0, torch 5.2)`,
        value,
        unit: 'ms',
        baseline: stock,
        ratio: stock / value,
        ...(threads === 2 ? { goal: GOAL_MILLIS, met: value <= GOAL_MILLIS } : {})
      };
    }
  }

  const theirs = await onDevice({ kernels: 'stock' }, () => productRates(3));
  const ours = await onDevice({}, () => productRates(9));
  for (const [i, { label, rate }] of ours.entries()) {
    const baseline = theirs[i]!.rate;
    yield {
      name: `matrix product ${label}, strict SIMD`,
      value: rate,
      unit: 'GFLOP/s',
      baseline,
      ratio: rate / baseline
    };
  }
}

async function onDevice<T>(seams: DeviceSeams, measure: () => T | Promise<T>): Promise<T> {
  const device = await chooseDevice('wasm', { threads: 1, ...seams });
  const wanted = seams.kernels === 'stock' ? 'stock tfjs' : 'own SIMD kernels';
  if (!device.report.kernels.startsWith(wanted) || device.report.kernels.includes(';')) {
    throw new Error(`compute: expected ${wanted}, got ${device.report.kernels}`);
  }
  try {
    return await measure();
  } finally {
    device.dispose();
  }
}

/** Milliseconds of a step: LSTM, two dense layers, squared error, Adam; ours as agents run theirs, recorded and replayed. */
async function timeSteps(optimiser: 'ours' | 'stock', warm: number, repeats: number): Promise<number> {
  const random = new Random(seed(1), 'bench/compute');
  const variable = (shape: number[]): tf.Variable =>
    tf.tidy(() => tf.variable(tf.mul(normalTensor(random, shape), 0.1)));
  const shapes = [[inputs + units, 4 * units], [4 * units], [units, dense], [dense], [dense, outputs], [outputs]];
  const variables = shapes.map(variable);
  const [kernel, bias, w1, b1, w2, b2] = variables as Tensor[] as [
    Tensor2D,
    Tensor1D,
    Tensor2D,
    Tensor1D,
    Tensor2D,
    Tensor1D
  ];
  const normals = (shape: readonly number[]): NamedArray => {
    const values = new Float32Array(sizeOf(shape));
    fillNormal(random, values);
    return { shape, values };
  };
  const given = { x: normals([steps, batch, inputs]), target: normals([rows, outputs]) };
  const loss = (x: Tensor3D, target: Tensor): tf.Scalar => {
    const zeros = tf.zeros<tf.Rank.R2>([batch, units]);
    const { hidden } = lstmSequence({ x, kernel, bias, h0: zeros, c0: zeros });
    const layers = [
      { kernel: w1, bias: b1 },
      { kernel: w2, bias: b2 }
    ];
    const y = mlp({ x: tf.reshape(hidden, [rows, units]), layers, activation: 'relu', last: 'linear' });
    return tf.mean(tf.squaredDifference(y, target));
  };
  const adam = optimiser === 'ours' ? new Adam({ learningRate: 1e-3, variables }) : tf.train.adam(1e-3);
  const update = captured<'x' | 'target'>(({ x, target }) => {
    const { value, grads } = tf.variableGrads(() => loss(x as Tensor3D, target), variables);
    if (adam instanceof Adam) adam.apply(grads);
    else adam.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
    return value;
  });
  let best = Infinity;
  for (let i = 0; i < warm + repeats; i++) {
    const began = performance.now();
    const value = (await update.run(given, true))![0]!;
    if (i >= warm) best = Math.min(best, performance.now() - began);
    if (!Number.isFinite(value)) throw new Error('compute: the loss is not a number');
  }
  update.dispose();
  return best;
}

function productRates(repeats: number): { label: string; rate: number }[] {
  const random = new Random(seed(2), 'bench/products');
  return products.flatMap(([m, n, k]) =>
    (
      [
        ['NN', false, false],
        ['NT', false, true],
        ['TN', true, false]
      ] as const
    ).map(([kind, transposeA, transposeB]) => {
      const a = normalTensor(random, transposeA ? [k, m] : [m, k]);
      const b = normalTensor(random, transposeB ? [n, k] : [k, n]);
      const operations = 2 * m * n * k;
      const inner = Math.max(1, Math.round(1e8 / operations));
      const run = (): void => {
        for (let i = 0; i < inner; i++) tf.matMul(a, b, transposeA, transposeB).dispose();
      };
      const millis = fastest(repeatTimed(run, 1, repeats)) / inner;
      tf.dispose([a, b]);
      return { label: `${kind} ${m}x${n}x${k}`, rate: operations / millis / 1e6 };
    })
  );
}

function repeatTimed(run: () => void, warm: number, repeats: number): number[] {
  for (let i = 0; i < warm; i++) run();
  return Array.from({ length: repeats }, () => {
    const began = performance.now();
    run();
    return performance.now() - began;
  });
}

/** Other processes only ever add to a time: the smallest is the nearest to the work itself. */
const fastest = (values: readonly number[]): number => Math.min(...values);
