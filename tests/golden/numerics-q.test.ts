/** What DQN and QR-DQN are made of against PyTorch's and Stable-Baselines3's figures: goldens/rl-numerics.json. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duel } from '../../src/lib/agents/nets/q-net.ts';
import { QLearning } from '../../src/lib/agents/q-learning.ts';
import { absoluteErrors, bestChoice, bootstrapped, quantileSumLoss, valuesAt } from '../../src/lib/agents/q-losses.ts';
import { Priorities } from '../../src/lib/agents/replay/priorities.ts';
import { TransitionReplay } from '../../src/lib/agents/replay/transition-replay.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { Device } from '../../src/lib/compute/device.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { entry, expectClose, tensor } from '../support/numerics.ts';
import type { Golden, Layer } from '../support/numerics.ts';
import { goldens } from '../support/recordings.ts';
import { hasWebgpu, read, webgpuDevice } from '../support/webgpu-device.ts';

const backends = hasWebgpu ? (['wasm', 'cpu', 'webgpu'] as const) : (['wasm', 'cpu'] as const);
const floats = ({ data }: Golden): Float32Array => Float32Array.from(data);

describe.skipIf(!goldens.present)('plain arithmetic', () => {
  it('n_step_returns: from every start, over terminations, truncations and the newest transition', () => {
    type Inputs = Record<'reward' | 'terminated' | 'truncated' | 'next_value', Golden> & { n: number; gamma: number };
    type Outputs = Record<'n_step_reward' | 'bootstrap_discount' | 'last_index' | 'done' | 'target', Golden>;
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('n_step_returns');
    const count = inputs.reward.data.length;
    const replay = new TransitionReplay({
      observation: 1,
      action: 1,
      environments: 1,
      capacity: 100,
      steps: inputs.n,
      gamma: inputs.gamma,
      priorities: undefined
    });
    // What is seen says which transition it is before (its number) or after (its number and a half).
    for (let t = 0; t < count; t++) {
      replay.add({
        observations: Float32Array.of(t),
        actions: [t],
        rewards: Float32Array.of(inputs.reward.data[t]!),
        nextObservations: Float32Array.of(t + 0.5),
        terminated: Uint8Array.of(inputs.terminated.data[t]!),
        truncated: Uint8Array.of(inputs.truncated.data[t]!)
      });
    }
    const batch = replay.batch(1000);
    replay.sample(batch, new Random(seed(1)));
    const at = Array.from({ length: count }, (_, start) => batch.observations.indexOf(start));
    expect(Math.min(...at)).toBeGreaterThanOrEqual(0);
    const of = (values: ArrayLike<number>): number[] => at.map((b) => values[b]!);
    // Within an episode what follows is what is seen before the next transition.
    const last = of(batch.nextObservations).map((seen) => (Number.isInteger(seen) ? seen - 1 : seen - 0.5));
    expect(last).toEqual(outputs.last_index.data);
    expectClose(of(batch.rewards), outputs.n_step_reward, f32_error, 'n_step_reward');
    const discounts = outputs.bootstrap_discount.data.map((d, i) => d * (1 - outputs.done.data[i]!));
    expectClose(of(batch.discounts), { shape: [count], data: discounts }, f32_error, 'discount');
    const targets = at.map((b, i) => batch.rewards[b]! + batch.discounts[b]! * inputs.next_value.data[last[i]!]!);
    expectClose(targets, outputs.target, f32_error, 'target');
  });

  it('per: probabilities, stratified draws, importance weights and new priorities', () => {
    type Inputs = Record<'priority' | 'uniform' | 'td_error', Golden> & {
      alpha: number;
      beta: number;
      priority_eps: number;
    };
    type Outputs = Record<
      'probability' | 'weight' | 'stratified_index' | 'weight_of_batch_by_batch_max' | 'new_priority',
      Golden
    >;
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('per');
    const { alpha: exponent, beta } = inputs;
    const size = inputs.priority.data.length;
    const all = Int32Array.from({ length: size }, (_, i) => i);
    const priorities = new Priorities(size, { exponent, least: 0 });
    inputs.priority.data.forEach((priority, row) => {
      priorities.set(row, priority);
    });
    const probabilities = (of: Priorities, rows: Int32Array): number[] => [...rows].map((row) => of.probability(row));
    expectClose(probabilities(priorities, all), outputs.probability, f32_error, 'probability');
    const weights = new Float32Array(size);
    priorities.weigh(all, beta, weights);
    expectClose(weights, outputs.weight, f32_error, 'weight');

    const points = [...inputs.uniform.data];
    const rows = new Int32Array(points.length);
    priorities.draw(rows, { uniform: () => points.shift() ?? Number.NaN });
    expect([...rows]).toEqual(outputs.stratified_index.data);
    const own = new Float32Array(rows.length);
    priorities.weigh(rows, beta, own);
    expectClose(own, outputs.weight_of_batch_by_batch_max, f32_error, 'weight of batch');

    // Errors as they come from an update give the mass that the golden's new priorities give.
    const learnt = new Priorities(size, { exponent, least: inputs.priority_eps });
    const given = new Priorities(size, { exponent, least: 0 });
    inputs.td_error.data.forEach((error, row) => {
      learnt.set(row, error);
      given.set(row, outputs.new_priority.data[row]!);
    });
    const data = probabilities(given, all);
    expectClose(probabilities(learnt, all), { shape: [size], data }, f32_error, 'new priority');
  });
});

describe.skipIf(!goldens.present).each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  it('quantile_huber_qrdqn: summed over quantiles, loss and gradient', () => {
    interface Outputs {
      sum_over_quantiles: { loss: number; grad: Golden };
    }
    const { inputs, outputs, f32_error } = entry<Record<'current' | 'target', Golden>, Outputs>('quantile_huber_qrdqn');
    tf.tidy(() => {
      const target = tensor(inputs.target);
      const weights = tf.ones([inputs.current.shape[0] ?? 0]);
      const loss = (x: tf.Tensor): tf.Scalar => quantileSumLoss(x, target, weights);
      const { value, grad } = tf.valueAndGrad(loss)(tensor(inputs.current));
      expectClose(value.dataSync(), outputs.sum_over_quantiles.loss, f32_error, 'loss');
      expectClose(grad.dataSync(), outputs.sum_over_quantiles.grad, f32_error, 'grad');
    });
  });

  it('dueling: values and gradients', () => {
    type Outputs = { q: Golden; grad: Record<'value' | 'advantage', Golden> };
    const { inputs, outputs, f32_error } = entry<Record<'value' | 'advantage' | 'out_weights', Golden>, Outputs>(
      'dueling'
    );
    tf.tidy(() => {
      const [value, advantage] = [tensor(inputs.value), tensor(inputs.advantage)];
      expectClose(duel(value, advantage).dataSync(), outputs.q, f32_error, 'q');
      const grads = tf.grads((v: tf.Tensor, a: tf.Tensor) => tf.sum(tf.mul(duel(v, a), tensor(inputs.out_weights))))([
        value,
        advantage
      ]);
      expectClose((grads[0] as tf.Tensor).dataSync(), outputs.grad.value, f32_error, 'grad value');
      expectClose((grads[1] as tf.Tensor).dataSync(), outputs.grad.advantage, f32_error, 'grad advantage');
    });
  });

  it('branching_dueling: values, choices, one target for all branches, errors and gradients', () => {
    type Inputs = Record<
      'value' | 'advantage' | 'action' | 'next_online_q' | 'next_target_q' | 'reward' | 'done',
      Golden
    > & { gamma: number };
    type Outputs = Record<'q' | 'greedy_action' | 'next_greedy_action' | 'target' | 'td_error' | 'priority', Golden> & {
      loss: number;
      grad: Record<'value' | 'advantage', Golden>;
    };
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('branching_dueling');
    const [size = 0, branches = 0, choices = 0] = inputs.advantage.shape;
    tf.tidy(() => {
      /** A branch each, [batch, 1, choices]. */
      const split = (all: tf.Tensor): tf.Tensor[] => tf.split(tf.reshape(all, [size, branches, choices]), branches, 1);
      const valued = (v: tf.Tensor, a: tf.Tensor): tf.Tensor[] =>
        split(a).map((advantages) => duel(tf.reshape(v, [size, 1, 1]), advantages));
      const numbers = (oneHots: tf.Tensor[]): number[] => {
        const each = oneHots.map((one) => tf.argMax(one, 2).dataSync());
        return Array.from({ length: size * branches }, (_, i) => each[i % branches]![Math.floor(i / branches)]!);
      };
      const [value, advantage] = [tensor(inputs.value), tensor(inputs.advantage)];
      const q = valued(value, advantage);
      expectClose(tf.concat(q, 1).dataSync(), outputs.q, f32_error, 'q');
      expect(numbers(q.map(bestChoice))).toEqual(outputs.greedy_action.data);
      const judged = split(tensor(inputs.next_online_q));
      expect(numbers(judged.map(bestChoice))).toEqual(outputs.next_greedy_action.data);
      const target = bootstrapped({
        rewards: tensor(inputs.reward),
        discounts: tf.mul(inputs.gamma, tf.sub(1, tensor(inputs.done))),
        future: split(tensor(inputs.next_target_q)),
        judged
      });
      expectClose(target.dataSync(), outputs.target, f32_error, 'target');
      const taken = split(tf.oneHot(tf.cast(tensor(inputs.action), 'int32'), choices));
      const chosenOf = (v: tf.Tensor, a: tf.Tensor): tf.Tensor[] =>
        valued(v, a).map((all, i) => valuesAt(all, taken[i] as tf.Tensor));
      const errors = tf.sub(target, tf.concat(chosenOf(value, advantage), 1));
      expectClose(errors.dataSync(), outputs.td_error, f32_error, 'td_error');
      expectClose(
        absoluteErrors(chosenOf(value, advantage), target).dataSync(),
        outputs.priority,
        f32_error,
        'priority'
      );
      const squares = (v: tf.Tensor, a: tf.Tensor): tf.Scalar =>
        tf.mean(tf.square(tf.sub(target, tf.concat(chosenOf(v, a), 1))));
      expectClose(squares(value, advantage).dataSync(), outputs.loss, f32_error, 'loss');
      const grads = tf.grads(squares)([value, advantage]);
      expectClose((grads[0] as tf.Tensor).dataSync(), outputs.grad.value, f32_error, 'grad value');
      expectClose((grads[1] as tf.Tensor).dataSync(), outputs.grad.advantage, f32_error, 'grad advantage');
    });
  });
});

describe.skipIf(!goldens.present).each(backends)('a whole update on %s', { timeout: 300_000 }, (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = backend === 'webgpu' ? await webgpuDevice() : await chooseDevice(backend);
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it('qrdqn_update: values, loss and every weight after one update', async () => {
    type Inputs = Record<'obs' | 'next_obs' | 'action' | 'reward' | 'done', Golden> & {
      net: Layer[];
      target_net: Layer[];
      n_quantiles: number;
      n_actions: number;
      gamma: number;
      lr: number;
      adam_eps: number;
    };
    type Outputs = Record<'next_greedy_action' | 'target_quantiles' | 'current_quantiles', Golden> & {
      loss: number;
      net_after: Layer[];
    };
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('qrdqn_update');
    const [size = 0, observation = 0] = inputs.obs.shape;
    const hidden = inputs.net.slice(0, -1).map((layer) => layer.b.data.length);
    const learner = new QLearning({
      observation,
      branches: [inputs.n_actions],
      config: {
        algorithm: 'qr-dqn',
        quantiles: inputs.n_quantiles,
        hiddenUnits: hidden[0] ?? 0,
        hiddenLayers: hidden.length,
        gamma: inputs.gamma,
        learningRate: inputs.lr,
        batch: size,
        replaySteps: 100,
        learningStarts: 0,
        learnEvery: 1,
        targetSteps: 1,
        explorationSteps: 0,
        explorationEnd: 0,
        maxGradientNorm: 0,
        bootstrap: 'single',
        head: 'plain',
        nStep: 1,
        sampling: 'uniform',
        normalise: 'none',
        anneal: 'constant'
      },
      random: new Random(seed(0))
    });
    expect(0.01 / size).toBe(inputs.adam_eps);
    const write = (variables: tf.Variable[], layers: Layer[]): void => {
      expect(variables.length).toBe(2 * layers.length);
      layers.forEach((layer, i) => {
        tf.tidy(() => {
          variables[2 * i]?.assign(tf.transpose(tensor(layer.w)));
          variables[2 * i + 1]?.assign(tensor(layer.b));
        });
      });
    };
    write(learner.net.parameters.variables, inputs.net);
    write(learner.target.parameters.variables, inputs.target_net);
    const discounts = floats(inputs.done).map((done) => inputs.gamma * (1 - done));
    const [greedy, target, current] = tf.tidy((): [tf.Tensor, tf.Tensor, tf.Tensor] => {
      const future = learner.target.run(tensor(inputs.next_obs) as tf.Tensor2D);
      const best = bestChoice(future[0] as tf.Tensor);
      const taken = tf.oneHot(tf.cast(tensor(inputs.action), 'int32'), inputs.n_actions);
      const [all] = learner.net.run(tensor(inputs.obs) as tf.Tensor2D);
      return [
        tf.argMax(tf.squeeze(best, [1]), 1),
        bootstrapped({
          rewards: tensor(inputs.reward),
          discounts: tf.tensor1d(discounts),
          future,
          judged: future
        }),
        valuesAt(all as tf.Tensor, tf.expandDims(taken, 1))
      ];
    });
    expect([...(await read(greedy))]).toEqual(outputs.next_greedy_action.data);
    expectClose(await read(target), outputs.target_quantiles, f32_error, 'target');
    expectClose(await read(current), outputs.current_quantiles, f32_error, 'current');
    tf.dispose([greedy, target, current]);
    const { losses } = await learner.update(
      {
        size,
        observations: floats(inputs.obs),
        actions: Int32Array.from(inputs.action.data),
        rewards: floats(inputs.reward),
        discounts,
        nextObservations: floats(inputs.next_obs),
        weights: new Float32Array(size).fill(1),
        rows: new Int32Array(size)
      },
      { remaining: 1, readBack: true }
    );
    expectClose([losses?.loss ?? Number.NaN], outputs.loss, f32_error, 'loss');
    const { variables } = learner.net.parameters;
    for (const [i, layer] of outputs.net_after.entries()) {
      const kernel = tf.tidy(() => tf.transpose(variables[2 * i] as tf.Tensor2D));
      expectClose(await read(kernel), layer.w, f32_error, `layer ${String(i)} w`);
      expectClose(await read(variables[2 * i + 1]!), layer.b, f32_error, `layer ${String(i)} b`);
      kernel.dispose();
    }
    learner.dispose();
  });
});
