/** TD3's update against the same worked out by hand: plain loops in double precision, gradients by the chain rule. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDevice } from '../compute/device.ts';
import type { Device } from '../compute/device.ts';
import type { NamedArray } from '../compute/named-arrays.ts';
import { fillNormal, fillUniform } from '../compute/random.ts';
import { Random } from '../core/random.ts';
import { seed } from '../core/units.ts';
import { sequenceBatch } from './replay/sequence-batch.ts';
import type { SequenceBatch } from './replay/sequence-batch.ts';
import { Td3 } from './td3.ts';

const [size, observation, action] = [5, 3, 2] as const;
const hidden = [7, 4];
const settings = {
  gamma: 0.97,
  tau: 0.1,
  actorLearningRate: 2e-3,
  criticLearningRate: 5e-3,
  policyDelay: 2,
  // So wide that both cuts are met: of the noise, and of the action.
  targetNoise: 1.2,
  targetNoiseClip: 0.9,
  maxGradientNorm: 0
};

const make = (change: Partial<typeof settings> = {}): Td3 =>
  new Td3({
    shape: { observation, action, hidden },
    settings: { ...settings, ...change },
    random: new Random(seed(4), 'td3')
  });

interface Drawn {
  readonly batch: SequenceBatch;
  readonly noise: Float32Array;
}

/** Of update `k`: one transition ended its task, and one row is none. */
function draw(k: number): Drawn {
  const random = new Random(seed(k), 'batch');
  const batch = sequenceBatch({ burnIn: 0, sequence: 1, batch: size, observation, action, state: 0 });
  const noise = new Float32Array(size * action);
  for (const values of [batch.inputs, batch.rewards, noise]) fillNormal(random, values);
  fillUniform(random, batch.actions, -1, 1);
  batch.valid.fill(1);
  batch.valid[k % size] = 0;
  batch.terminated[(k + 2) % size] = 1;
  return { batch, noise };
}

async function weightsOf(td3: Td3): Promise<Map<string, NamedArray>> {
  const saved = new Map<string, NamedArray>();
  await td3.save(saved);
  return new Map([...saved].filter(([name]) => !name.startsWith('adam.')));
}

/** A network as its layers' weights, [inputs][outputs], and biases: each hidden one with ReLU after it. */
interface Layer {
  readonly kernel: number[];
  readonly bias: number[];
}
type Net = readonly Layer[];

function netOf(weights: ReadonlyMap<string, NamedArray>, name: string, last: string): Net {
  return [...hidden.map((_, i) => `dense.${String(i)}`), last].map((layer) => ({
    kernel: [...(weights.get(`${name}.${layer}.kernel`) as NamedArray).values],
    bias: [...(weights.get(`${name}.${layer}.bias`) as NamedArray).values]
  }));
}

/** What went into every layer, and last what came out of the net. */
function forward(net: Net, x: readonly number[]): number[][] {
  const passed = [[...x]];
  net.forEach(({ kernel, bias }, at) => {
    const input = passed[at] as number[];
    const out = bias.map((b, j) => input.reduce((sum, v, i) => sum + v * (kernel[i * bias.length + j] as number), b));
    passed.push(at === net.length - 1 ? out : out.map((v) => Math.max(0, v)));
  });
  return passed;
}

/** Adds the gradient of the weights to `into` and gives that of the input, from that of the output. */
function backward(net: Net, passed: readonly number[][], slope: readonly number[], into: Net): number[] {
  let flow = [...slope];
  for (let at = net.length - 1; at >= 0; at--) {
    const { kernel, bias } = net[at] as Layer;
    const gradient = into[at] as Layer;
    const input = passed[at] as number[];
    if (at < net.length - 1) flow = flow.map((g, j) => ((passed[at + 1] as number[])[j] === 0 ? 0 : g));
    flow.forEach((g, j) => {
      gradient.bias[j]! += g;
      input.forEach((v, i) => {
        gradient.kernel[i * bias.length + j]! += v * g;
      });
    });
    flow = input.map((_, i) => flow.reduce((sum, g, j) => sum + g * (kernel[i * bias.length + j] as number), 0));
  }
  return flow;
}

const zeros = (net: Net): Net =>
  net.map(({ kernel, bias }) => ({ kernel: kernel.map(() => 0), bias: bias.map(() => 0) }));

class PlainAdam {
  readonly #moments: { m: Net; v: Net }[];
  readonly #rate: number;
  #steps = 0;

  constructor(nets: readonly Net[], rate: number) {
    this.#moments = nets.map((net) => ({ m: zeros(net), v: zeros(net) }));
    this.#rate = rate;
  }

  step(nets: readonly Net[], gradients: readonly Net[]): void {
    this.#steps++;
    nets.forEach((net, n) => {
      net.forEach((layer, at) => {
        for (const part of ['kernel', 'bias'] as const) {
          const [m, v] = [this.#moments[n]!.m[at]![part], this.#moments[n]!.v[at]![part]];
          gradients[n]![at]![part].forEach((g, i) => {
            m[i] = 0.9 * m[i]! + 0.1 * g;
            v[i] = 0.999 * v[i]! + 0.001 * g * g;
            const spread = Math.sqrt(v[i] / (1 - 0.999 ** this.#steps)) + 1e-8;
            layer[part][i]! -= (this.#rate * m[i]) / (1 - 0.9 ** this.#steps) / spread;
          });
        }
      });
    });
  }
}

const cut = (x: number, limit: number): number => Math.min(limit, Math.max(-limit, x));

/** Algorithm 1 on one batch at a time. */
class PlainTd3 {
  readonly actor: Net;
  readonly targetActor: Net;
  readonly critics: readonly Net[];
  readonly targets: readonly Net[];
  readonly #adam: { readonly actor: PlainAdam; readonly critics: PlainAdam };

  constructor(weights: ReadonlyMap<string, NamedArray>) {
    this.actor = netOf(weights, 'actor', 'mean');
    this.targetActor = netOf(weights, 'targetActor', 'mean');
    this.critics = [0, 1].map((i) => netOf(weights, `critic${String(i)}`, 'value'));
    this.targets = [0, 1].map((i) => netOf(weights, `target${String(i)}`, 'value'));
    this.#adam = {
      actor: new PlainAdam([this.actor], settings.actorLearningRate),
      critics: new PlainAdam(this.critics, settings.criticLearningRate)
    };
  }

  update({ batch, noise }: Drawn, number: number): { critic: number; actor: number | undefined } {
    const width = observation + action + 1;
    const seen = (row: number, b: number): number[] =>
      [...batch.inputs].slice((row * size + b) * width, (row * size + b) * width + observation);
    const rows = Array.from({ length: size }, (_, b) => b).filter((b) => batch.valid[b] === 1);
    const gradients = this.critics.map(zeros);
    let critic = 0;
    for (const b of rows) {
      const next = seen(1, b);
      const chosen = forward(this.targetActor, next)
        .at(-1)!
        .map((u, i) => {
          const blur = cut(settings.targetNoise * noise[b * action + i]!, settings.targetNoiseClip);
          return cut(Math.tanh(u) + blur, 1);
        });
      const least = Math.min(...this.targets.map((net) => forward(net, [...next, ...chosen]).at(-1)![0]!));
      const target = batch.rewards[b]! + (batch.terminated[b] === 1 ? 0 : settings.gamma * least);
      const input = [...seen(0, b), ...batch.actions.slice(b * action, (b + 1) * action)];
      this.critics.forEach((net, i) => {
        const passed = forward(net, input);
        const error = passed.at(-1)![0]! - target;
        critic += error ** 2 / rows.length;
        backward(net, passed, [(2 * error) / rows.length], gradients[i]!);
      });
    }
    this.#adam.critics.step(this.critics, gradients);
    if (number % settings.policyDelay !== 0) return { critic, actor: undefined };
    return { critic, actor: this.#climb(rows.map((b) => seen(0, b))) };
  }

  #climb(observations: readonly number[][]): number {
    const gradient = zeros(this.actor);
    const [first] = this.critics as [Net];
    let loss = 0;
    for (const now of observations) {
      const passed = forward(this.actor, now);
      const chosen = passed.at(-1)!.map(Math.tanh);
      const judged = forward(first, [...now, ...chosen]);
      loss -= judged.at(-1)![0]! / observations.length;
      const slope = backward(first, judged, [-1 / observations.length], zeros(first)).slice(observation);
      backward(
        this.actor,
        passed,
        slope.map((g, i) => g * (1 - chosen[i]! ** 2)),
        gradient
      );
    }
    this.#adam.actor.step([this.actor], [gradient]);
    const pairs = [...this.targets.map((net, i) => [net, this.critics[i]!] as const), [this.targetActor, this.actor]];
    for (const [target, source] of pairs as (readonly [Net, Net])[]) {
      target.forEach((layer, at) => {
        for (const part of ['kernel', 'bias'] as const) {
          source[at]![part].forEach((w, i) => {
            layer[part][i] = (1 - settings.tau) * layer[part][i]! + settings.tau * w;
          });
        }
      });
    }
    return loss;
  }

  /** The nets under the names they are saved by. */
  get nets(): (readonly [string, string, Net])[] {
    return [
      ['actor', 'mean', this.actor],
      ['targetActor', 'mean', this.targetActor],
      ...this.critics.map((net, i) => [`critic${String(i)}`, 'value', net] as const),
      ...this.targets.map((net, i) => [`target${String(i)}`, 'value', net] as const)
    ];
  }
}

let device: Device;

describe.each(['wasm', 'cpu'] as const)('TD3 on %s', (backend) => {
  beforeAll(async () => {
    device = await chooseDevice(backend);
  });
  afterAll(() => {
    device.dispose();
  });

  it('comes to the weights that are worked out by hand, over updates with and without the policy', async () => {
    const td3 = make();
    const plain = new PlainTd3(await weightsOf(td3));
    for (let number = 1; number <= 5; number++) {
      const drawn = draw(number);
      const losses = await td3.update(drawn.batch, drawn.noise, { number, readBack: true });
      const wanted = plain.update(drawn, number);
      expect(losses?.['critic_loss']).toBeCloseTo(wanted.critic, 5);
      if (wanted.actor === undefined) expect(losses).not.toHaveProperty('actor_loss');
      else expect(losses?.['actor_loss']).toBeCloseTo(wanted.actor, 5);
    }
    const learnt = await weightsOf(td3);
    for (const [name, last, net] of plain.nets) {
      netOf(learnt, name, last).forEach(({ kernel, bias }, at) => {
        const found = [...kernel, ...bias];
        [...net[at]!.kernel, ...net[at]!.bias].forEach((wanted, i) => {
          expect(Math.abs(found[i]! - wanted), `${name}, layer ${String(at)}, ${String(i)}`).toBeLessThan(5e-6);
        });
      });
    }
    td3.dispose();
  });

  it('leaves policy and all targets as they are between the updates that are theirs', async () => {
    const td3 = make({ policyDelay: 3 });
    const still = ['actor.', 'targetActor.', 'target0.', 'target1.'];
    const part = (weights: Map<string, NamedArray>, of: readonly string[]): number[][] =>
      [...weights].filter(([name]) => of.some((one) => name.startsWith(one))).map(([, { values }]) => [...values]);
    const before = await weightsOf(td3);
    for (const number of [1, 2]) await td3.update(draw(1).batch, draw(1).noise, { number, readBack: false });
    const between = await weightsOf(td3);
    expect(part(between, still)).toEqual(part(before, still));
    for (const [i, values] of part(between, ['critic']).entries())
      expect(values).not.toEqual(part(before, ['critic'])[i]);
    await td3.update(draw(1).batch, draw(1).noise, { number: 3, readBack: false });
    const after = part(await weightsOf(td3), still);
    for (const [i, values] of after.entries()) expect(values).not.toEqual(part(between, still)[i]);
    td3.dispose();
  });

  it('leaks no tensor over many updates', async () => {
    const start = tf.memory().numTensors;
    const td3 = make();
    const { batch, noise } = draw(9);
    const run = async (from: number, to: number): Promise<void> => {
      for (let number = from; number <= to; number++) {
        await td3.update(batch, noise, { number, readBack: number % 7 === 0 });
      }
    };
    await run(1, 4);
    const settled = tf.memory().numTensors;
    await run(5, backend === 'wasm' ? 1000 : 50);
    expect(tf.memory().numTensors).toBe(settled);
    td3.dispose();
    expect(tf.memory().numTensors).toBe(start);
  }, 60_000);
});
