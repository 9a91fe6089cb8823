/** The agents' own mathematics against PyTorch's and Stable-Baselines3's figures: goldens/rl-numerics.json. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { squashedSample } from '../../src/lib/agents/nets/squashed-gaussian.ts';
import { sequenceBatch, windowRows } from '../../src/lib/agents/replay/sequence-batch.ts';
import { sacCritics } from '../../src/lib/agents/sac.ts';
import { SoftActorCritic } from '../../src/lib/agents/soft-actor-critic.ts';
import { tqcCritics } from '../../src/lib/agents/tqc.ts';
import { quantileHuberLoss } from '../../src/lib/agents/quantile-huber.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { Device } from '../../src/lib/compute/device.ts';
import { Random } from '../../src/lib/core/random.ts';
import { seed } from '../../src/lib/core/units.ts';
import { entry, expectClose, tensor } from '../support/numerics.ts';
import type { Golden, Layer } from '../support/numerics.ts';
import { goldens } from '../support/recordings.ts';
import { hasWebgpu, read, webgpuDevice } from '../support/webgpu-device.ts';

const backends = hasWebgpu ? (['wasm', 'cpu', 'webgpu'] as const) : (['wasm', 'cpu'] as const);

describe.skipIf(!goldens.present).each(backends)('on %s', { timeout: 300_000 }, (backend) => {
  let device: Device;
  beforeAll(async () => {
    device = backend === 'webgpu' ? await webgpuDevice() : await chooseDevice(backend);
  }, 300_000);
  afterAll(() => {
    device.dispose();
  });

  it.each(['squashed_gaussian', 'squashed_gaussian_saturated'])(
    '%s: action, log-probability and gradients',
    async (name) => {
      interface Inputs {
        mean: Golden;
        log_std: Golden;
        noise: Golden;
        w_action: Golden;
        w_log_prob: Golden;
      }
      interface Outputs {
        action: Golden;
        log_prob: Golden;
        grad: { mean: Golden; log_std: Golden };
      }
      const { inputs, outputs, f32_error } = entry<Inputs, Outputs>(name);
      const [action, logProb, dMean, dLogStd] = tf.tidy(() => {
        const [mean, logStd, noise] = [tensor(inputs.mean), tensor(inputs.log_std), tensor(inputs.noise)];
        const { action, logProb } = squashedSample({ mean, logStd }, noise);
        const grads = tf.grads((m: tf.Tensor, s: tf.Tensor) => {
          const sample = squashedSample({ mean: m, logStd: s }, noise);
          return tf.add(
            tf.sum(tf.mul(sample.action, tensor(inputs.w_action))),
            tf.sum(tf.mul(sample.logProb, tensor(inputs.w_log_prob)))
          );
        })([mean, logStd]) as [tf.Tensor, tf.Tensor];
        return [action, logProb, ...grads] as const;
      });
      expectClose(await read(action), outputs.action, f32_error, 'action');
      expectClose(await read(logProb), outputs.log_prob, f32_error, 'log_prob');
      expectClose(await read(dMean), outputs.grad.mean, f32_error, 'grad mean');
      expectClose(await read(dLogStd), outputs.grad.log_std, f32_error, 'grad log_std');
      tf.dispose([action, logProb, dMean, dLogStd]);
    }
  );

  it.each(['quantile_huber_qrdqn', 'quantile_huber_tqc'])('%s: loss and gradient', async (name) => {
    interface Inputs {
      current: Golden;
      target: Golden;
    }
    interface Outputs {
      mean_over_quantiles: { loss: number; grad: Golden };
    }
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>(name);
    const { value, grad } = tf.tidy(() => {
      // [batch, critics, quantiles] against the same atoms for each critic: rows are the batch, columns the critics.
      const [size = 0] = inputs.current.shape;
      const quantiles = inputs.current.shape.at(-1) ?? 0;
      const atoms = inputs.target.shape.at(-1) ?? 0;
      const critics = inputs.current.data.length / size / quantiles;
      const current = tf.reshape(tensor(inputs.current), [size, critics, quantiles]);
      const target = tf.tile(tf.reshape(tensor(inputs.target), [size, 1, atoms]), [1, critics, 1]);
      const mask = tf.ones([size, critics]);
      return tf.valueAndGrad((x: tf.Tensor) => quantileHuberLoss(x, target, mask))(current);
    });
    const wanted = outputs.mean_over_quantiles;
    expectClose(await read(value), wanted.loss, f32_error, 'loss');
    expectClose(await read(grad), wanted.grad, f32_error, 'grad');
    tf.dispose([value, grad]);
  });

  it.each(['sac', 'tqc'] as const)('%s_3_updates: losses, temperature and all weights', async (name) => {
    interface Inputs {
      n_quantiles: number;
      drop_per_net: number;
      actor: { latent: Layer[]; mu: Layer; log_std: Layer };
      critics: Layer[][];
      target_critics: Layer[][];
      log_ent_coef: number;
      batches: Record<'obs' | 'action' | 'reward' | 'next_obs' | 'done', Golden>[];
      noise_pi: Golden[];
      noise_next: Golden[];
      gamma: number;
      tau: number;
      lr: number;
      target_entropy: number;
    }
    interface Outputs {
      updates: {
        ent_coef: number;
        ent_coef_loss: number;
        critic_loss: number;
        actor_loss: number;
        log_prob_pi: Golden;
      }[];
      final: {
        actor: { latent: Layer[]; mu: Layer; log_std: Layer };
        critics: Layer[][];
        target_critics: Layer[][];
        log_ent_coef: number;
      };
    }
    const { inputs, outputs, f32_error } = entry<Inputs, Outputs>(`${name}_3_updates`);
    const [size = 0, observation = 0] = inputs.batches[0]?.obs.shape ?? [];
    const action = inputs.batches[0]?.action.shape[1] ?? 0;
    const hidden = inputs.actor.latent.map((layer) => layer.b.data.length);
    const kind =
      name === 'sac'
        ? sacCritics
        : tqcCritics({
            critics: inputs.critics.length,
            quantiles: inputs.n_quantiles,
            dropped: inputs.drop_per_net,
            riskLevel: 1
          });
    const sac = new SoftActorCritic({
      shape: { observation, action, inputs: observation + action + 1, lstmUnits: 0, hidden },
      kind,
      settings: {
        gamma: inputs.gamma,
        tau: inputs.tau,
        actorLearningRate: inputs.lr,
        criticLearningRate: inputs.lr,
        temperatureLearningRate: inputs.lr,
        initialTemperature: Math.exp(inputs.log_ent_coef),
        targetEntropy: inputs.target_entropy,
        maxGradientNorm: 0
      },
      random: new Random(seed(0))
    });
    const actorLayers = (net: Inputs['actor']): Layer[] => [...net.latent, net.mu, net.log_std];
    // Our dense layers keep kernels as [inputs, outputs]; the file's are [outputs, inputs].
    const write = (variables: tf.Variable[], layers: Layer[]): void => {
      layers.forEach((layer, i) => {
        tf.tidy(() => {
          variables[2 * i]?.assign(tf.transpose(tensor(layer.w)));
          variables[2 * i + 1]?.assign(tensor(layer.b));
        });
      });
    };
    const compare = async (variables: tf.Variable[], layers: Layer[], what: string): Promise<void> => {
      expect(variables.length).toBe(2 * layers.length);
      for (const [i, layer] of layers.entries()) {
        const kernel = tf.transpose(variables[2 * i] as tf.Tensor2D);
        expectClose(await read(kernel), layer.w, f32_error, `${what} ${String(i)} w`);
        expectClose(await read(variables[2 * i + 1] as tf.Tensor), layer.b, f32_error, `${what} ${String(i)} b`);
        kernel.dispose();
      }
    };
    write(sac.actor.parameters.variables, actorLayers(inputs.actor));
    sac.critics.forEach((critic, i) => {
      write(critic.parameters.variables, inputs.critics[i] ?? []);
    });
    sac.targets.forEach((target, i) => {
      write(target.parameters.variables, inputs.target_critics[i] ?? []);
    });

    for (const [k, golden] of inputs.batches.entries()) {
      // A memoryless agent's sequence is one transition: its row, and the row after it.
      const batch = sequenceBatch({ burnIn: 0, sequence: 1, batch: size, observation, action, state: 0 });
      const width = batch.inputs.length / windowRows(batch.shape) / size;
      for (let b = 0; b < size; b++) {
        for (let i = 0; i < observation; i++) {
          batch.inputs[b * width + i] = golden.obs.data[b * observation + i]!;
          batch.inputs[(size + b) * width + i] = golden.next_obs.data[b * observation + i]!;
        }
        batch.valid[b] = 1;
        batch.rewards[b] = golden.reward.data[b]!;
        batch.terminated[b] = golden.done.data[b]!;
      }
      batch.actions.set(golden.action.data);
      const noise = {
        policy: Float32Array.from(inputs.noise_pi[k]?.data ?? []),
        next: Float32Array.from(inputs.noise_next[k]?.data ?? [])
      };
      const losses = await sac.update(batch, noise, true);
      const wanted = outputs.updates[k];
      if (losses === undefined || wanted === undefined) throw new Error('no losses');
      expectClose([losses.temperature], wanted.ent_coef, f32_error, `update ${String(k)} ent_coef`);
      expectClose([losses.temperature_loss], wanted.ent_coef_loss, f32_error, `update ${String(k)} ent_coef_loss`);
      expectClose([losses.critic_loss], wanted.critic_loss, f32_error, `update ${String(k)} critic_loss`);
      expectClose([losses.actor_loss], wanted.actor_loss, f32_error, `update ${String(k)} actor_loss`);
      const logProbs = wanted.log_prob_pi.data;
      const entropy = -logProbs.reduce((sum, x) => sum + x, 0) / logProbs.length;
      expectClose([losses.entropy], entropy, f32_error, `update ${String(k)} entropy`);
    }
    await compare(sac.actor.parameters.variables, actorLayers(outputs.final.actor), 'actor');
    for (const [i, critic] of sac.critics.entries()) {
      await compare(critic.parameters.variables, outputs.final.critics[i] ?? [], `critic ${String(i)}`);
    }
    for (const [i, target] of sac.targets.entries()) {
      await compare(target.parameters.variables, outputs.final.target_critics[i] ?? [], `target ${String(i)}`);
    }
    expectClose(await read(sac.logTemperature), outputs.final.log_ent_coef, f32_error, 'log_ent_coef');
    sac.dispose();
  });
});
