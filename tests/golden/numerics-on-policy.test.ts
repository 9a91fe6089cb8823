/** What on-policy agents are made of against PyTorch's and Stable-Baselines3's figures: goldens/rl-numerics.json. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHead } from '../../src/lib/agents/action-head.ts';
import { PolicyGradient } from '../../src/lib/agents/policy-gradient.ts';
import { normaliseAdvantages, ppoLoss } from '../../src/lib/agents/policy-losses.ts';
import { gae } from '../../src/lib/agents/rollout/gae.ts';
import { RunningStats } from '../../src/lib/agents/running-stats.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { Device } from '../../src/lib/compute/device.ts';
import { RmsProp } from '../../src/lib/compute/rms-prop.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { entry, expectClose, tensor } from '../support/numerics.ts';
import type { Golden, Layer } from '../support/numerics.ts';
import { goldens } from '../support/recordings.ts';
import { hasWebgpu, read, webgpuDevice } from '../support/webgpu-device.ts';

const backends = hasWebgpu ? (['wasm', 'cpu', 'webgpu'] as const) : (['wasm', 'cpu'] as const);
const floats = ({ data }: Golden): Float32Array => Float32Array.from(data);

describe.skipIf(!goldens.present)('plain arithmetic', () => {
  it('gae: advantages and returns, ended and cut off episodes told apart', () => {
    type Inputs = Record<'reward' | 'value' | 'terminated' | 'truncated' | 'terminal_value' | 'last_value', Golden> & {
      gamma: number;
      gae_lambda: number;
    };
    type Outputs = Record<'advantage' | 'returns', Golden>;
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('gae');
    const [steps = 0, environments = 0] = inputs.reward.shape;
    const advantages = new Float32Array(steps * environments);
    const returns = new Float32Array(steps * environments);
    gae(
      {
        steps,
        environments,
        rewards: floats(inputs.reward),
        values: floats(inputs.value),
        terminated: Uint8Array.from(inputs.terminated.data),
        truncated: Uint8Array.from(inputs.truncated.data),
        truncatedValues: floats(inputs.terminal_value),
        lastValues: floats(inputs.last_value),
        gamma: inputs.gamma,
        lambda: inputs.gae_lambda
      },
      advantages,
      returns
    );
    expectClose(advantages, outputs.advantage, f32_error, 'advantage');
    expectClose(returns, outputs.returns, f32_error, 'returns');
  });

  it('running_mean_std: mean, variance and count after each batch', () => {
    interface Outputs {
      after_each_batch: { mean: Golden; var: Golden; count: number }[];
    }
    const { inputs, outputs } = entry<{ batches: Golden[]; epsilon_count: number }, Outputs>('running_mean_std');
    const stats = new RunningStats(inputs.batches[0]?.shape[1] ?? 0, inputs.epsilon_count);
    inputs.batches.forEach((batch, i) => {
      stats.update(batch.data);
      const wanted = outputs.after_each_batch[i];
      if (wanted === undefined) throw new Error('no figure');
      expectClose(stats.mean, wanted.mean, 1e-9, 'mean');
      expectClose(stats.variance, wanted.var, 1e-9, 'variance');
      expect(stats.count).toBeCloseTo(wanted.count, 9);
    });
  });

  it('vec_normalize: observations by their statistics, rewards by the spread of the return', () => {
    interface Inputs {
      obs: Golden;
      reward: Golden;
      done: Golden;
      gamma: number;
      epsilon: number;
      clip_obs: number;
      clip_reward: number;
    }
    const { inputs, outputs } = entry<Inputs, Record<'normalized_obs' | 'normalized_reward', Golden>>('vec_normalize');
    const [rows = 0, n = 0, width = 0] = inputs.obs.shape;
    const seen = new RunningStats(width);
    const scored = new RunningStats(1);
    const discounted = new Float64Array(n);
    const observations: number[] = [];
    const rewards: number[] = [];
    for (let t = 0; t < rows; t++) {
      const row = inputs.obs.data.slice(t * n * width, (t + 1) * n * width);
      seen.update(row);
      const normal = new Float32Array(n * width);
      seen.normalise(row, normal, inputs.clip_obs, inputs.epsilon);
      observations.push(...normal);
      if (t === 0) continue;
      const given = inputs.reward.data.slice((t - 1) * n, t * n);
      for (let e = 0; e < n; e++) discounted[e] = discounted[e]! * inputs.gamma + given[e]!;
      scored.update(discounted);
      const scale = 1 / Math.sqrt(scored.variance[0]! + inputs.epsilon);
      rewards.push(...given.map((r) => Math.min(inputs.clip_reward, Math.max(-inputs.clip_reward, r * scale))));
      for (let e = 0; e < n; e++) if (inputs.done.data[(t - 1) * n + e] === 1) discounted[e] = 0;
    }
    expectClose(observations, outputs.normalized_obs, 1e-7, 'observations');
    expectClose(rewards, outputs.normalized_reward, 1e-7, 'rewards');
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

  it('rmsprop_tf_like: the parameter after each step', async () => {
    type Inputs = Record<'param' | 'grads', Golden> & { lr: number; alpha: number; eps: number };
    const { inputs, outputs, f32_error } = entry<Inputs, { param_after_each_step: Golden }>('rmsprop_tf_like');
    const [steps = 0, width = 0] = inputs.grads.shape;
    const parameter = tf.tidy(() => tf.variable(tensor(inputs.param)));
    const optimiser = new RmsProp({
      learningRate: inputs.lr,
      variables: [parameter],
      decay: inputs.alpha,
      epsilon: inputs.eps
    });
    const after: number[] = [];
    for (let k = 0; k < steps; k++) {
      const gradient = tf.tensor1d([...inputs.grads.data.slice(k * width, (k + 1) * width)]);
      optimiser.apply({ [parameter.name]: gradient });
      gradient.dispose();
      after.push(...(await parameter.data()));
    }
    expectClose(after, outputs.param_after_each_step, f32_error, 'param');
    optimiser.dispose();
    parameter.dispose();
  });

  it.each(['ppo_loss_categorical', 'ppo_loss_gaussian'])('%s: loss, its parts and gradients', (name) => {
    type Inputs = Record<'old_value' | 'value' | 'returns' | 'advantage' | 'old_log_prob' | 'action', Golden> & {
      logits?: Golden;
      mean?: Golden;
      log_std?: Golden;
      clip_range: number;
      clip_range_vf: number;
      ent_coef: number;
      vf_coef: number;
    };
    interface Part {
      value_loss: number;
      loss: number;
      grad: Record<string, Golden>;
    }
    interface Outputs {
      policy_loss: number;
      clip_fraction: number;
      approx_kl: number;
      entropy_loss: number;
      no_value_clip: Part;
      value_clip: Part;
    }
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>(name);
    const policy = inputs.logits ?? inputs.mean;
    if (policy === undefined) throw new Error(`${name}: neither logits nor mean`);
    const [size = 0, width = 0] = policy.shape;
    const choice = inputs.logits !== undefined;
    const head = actionHead(choice ? { kind: 'discrete', n: width } : { kind: 'box', size: width, low: -1, high: 1 });
    const advantages = floats(inputs.advantage);
    normaliseAdvantages(advantages);
    for (const [valueClip, wanted] of [
      [0, outputs.no_value_clip],
      [inputs.clip_range_vf, outputs.value_clip]
    ] as const) {
      tf.tidy(() => {
        const action = tensor(inputs.action);
        const actions = choice ? tf.oneHot(tf.cast(action, 'int32'), width) : tf.reshape(action, [size, width]);
        const spread = inputs.log_std === undefined ? tf.zeros([width]) : tensor(inputs.log_std);
        const lossOf = (outs: tf.Tensor, values: tf.Tensor, logStd: tf.Tensor) =>
          ppoLoss(
            {
              ...head.judge(outs, choice ? undefined : logStd, actions),
              values,
              advantages: tf.tensor1d(advantages),
              returns: tensor(inputs.returns),
              oldLogProb: tensor(inputs.old_log_prob),
              oldValues: tensor(inputs.old_value)
            },
            { clip: inputs.clip_range, valueClip, entropy: inputs.ent_coef, value: inputs.vf_coef }
          );
        const loss = lossOf(tensor(policy), tensor(inputs.value), spread);
        expectClose(loss.policy.dataSync(), outputs.policy_loss, f32_error, 'policy_loss');
        expectClose(loss.clipFraction.dataSync(), outputs.clip_fraction, f32_error, 'clip_fraction');
        expectClose(loss.approximateKl.dataSync(), outputs.approx_kl, 1e-5, 'approx_kl');
        expectClose(tf.neg(loss.entropy).dataSync(), outputs.entropy_loss, f32_error, 'entropy_loss');
        expectClose(loss.value.dataSync(), wanted.value_loss, f32_error, 'value_loss');
        expectClose(loss.total.dataSync(), wanted.loss, f32_error, 'loss');
        const grads = tf.grads((o: tf.Tensor, x: tf.Tensor, s: tf.Tensor) =>
          choice ? tf.add(lossOf(o, x, s).total, tf.mul(0, tf.sum(s))) : lossOf(o, x, s).total
        )([tensor(policy), tensor(inputs.value), spread]);
        const names = [choice ? 'logits' : 'mean', 'value', 'log_std'];
        grads.forEach((grad, i) => {
          const golden = wanted.grad[names[i] as string];
          if (golden !== undefined) expectClose(grad.dataSync(), golden, f32_error, `grad ${names[i] as string}`);
        });
      });
    }
  });
});

describe.skipIf(!goldens.present).each(backends)('whole updates on %s', { timeout: 300_000 }, (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = backend === 'webgpu' ? await webgpuDevice() : await chooseDevice(backend);
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it('ppo_3_epochs: losses and every weight after three passes over one batch', async () => {
    type Inputs = Record<'obs' | 'action' | 'old_log_prob' | 'old_value' | 'returns' | 'advantage', Golden> & {
      policy_net: Layer[];
      value_net: Layer[];
      clip_range: number;
      ent_coef: number;
      vf_coef: number;
      max_grad_norm: number;
      lr: number;
      epochs: number;
    };
    interface Outputs {
      epochs: { policy_loss: number; value_loss: number; loss: number }[];
      final: { policy_net: Layer[]; value_net: Layer[] };
    }
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>('ppo_3_epochs');
    const [size = 0, observation = 0] = inputs.obs.shape;
    const choices = inputs.policy_net.at(-1)?.b.data.length ?? 0;
    const hidden = inputs.policy_net.slice(0, -1).map((layer) => layer.b.data.length);
    const width = observation + choices + 1;
    const learner = new PolicyGradient({
      shape: { observation, action: choices, inputs: width, lstmUnits: 0, hidden },
      head: actionHead({ kind: 'discrete', n: choices }),
      config: {
        algorithm: 'ppo',
        hiddenUnits: hidden[0] ?? 0,
        hiddenLayers: hidden.length,
        learningRate: inputs.lr,
        rolloutSteps: size,
        batch: size,
        epochs: inputs.epochs,
        clip: inputs.clip_range,
        valueClip: 0,
        lambda: 1,
        gamma: 1,
        entropyWeight: inputs.ent_coef,
        valueWeight: inputs.vf_coef,
        maxGradientNorm: inputs.max_grad_norm,
        anneal: 'constant',
        normalise: 'none',
        normaliseAdvantages: 'batch'
      },
      random: new Random(seed(0))
    });
    const { variables } = learner.nets.parameters;
    const layers = (nets: { policy_net: Layer[]; value_net: Layer[] }): Layer[] => [
      ...nets.policy_net,
      ...nets.value_net
    ];
    layers(inputs).forEach((layer, i) => {
      tf.tidy(() => {
        variables[2 * i]?.assign(tf.transpose(tensor(layer.w)));
        variables[2 * i + 1]?.assign(tensor(layer.b));
      });
    });
    const advantages = floats(inputs.advantage);
    normaliseAdvantages(advantages);
    const batch = {
      chunks: size,
      inputs: new Float32Array(size * width),
      starts: new Float32Array(size),
      state: new Float32Array(0),
      actions: new Float32Array(size * choices),
      logProbs: floats(inputs.old_log_prob),
      values: floats(inputs.old_value),
      advantages,
      returns: floats(inputs.returns)
    };
    for (let b = 0; b < size; b++) {
      for (let i = 0; i < observation; i++) batch.inputs[b * width + i] = inputs.obs.data[b * observation + i]!;
      batch.actions[b * choices + inputs.action.data[b]!] = 1;
    }
    const shape = { environments: 1, steps: size, sequence: 1, inputs: width, action: choices, state: 0 };
    for (const [k, wanted] of outputs.epochs.entries()) {
      const losses = await learner.update(batch, shape, { remaining: 1, readBack: true });
      expectClose([losses?.['policy_loss'] ?? Number.NaN], wanted.policy_loss, 1e-5, `epoch ${String(k)} policy_loss`);
      expectClose(
        [losses?.['value_loss'] ?? Number.NaN],
        wanted.value_loss,
        f32_error,
        `epoch ${String(k)} value_loss`
      );
      expectClose([losses?.['loss'] ?? Number.NaN], wanted.loss, 1e-5, `epoch ${String(k)} loss`);
    }
    for (const [i, layer] of layers(outputs.final).entries()) {
      const kernel = tf.tidy(() => tf.transpose(variables[2 * i] as tf.Tensor2D));
      expectClose(await read(kernel), layer.w, f32_error, `layer ${String(i)} w`);
      expectClose(await read(variables[2 * i + 1]!), layer.b, f32_error, `layer ${String(i)} b`);
      kernel.dispose();
    }
    learner.dispose();
  });
});
