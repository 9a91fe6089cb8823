/**
 * The two networks of an on-policy agent, side by side and sharing nothing: one puts out what the action distribution
 * is made of, the other the value of where it stands. Dense layers with tanh, orthogonal starts (the policy's last
 * layer a hundredth, so that it starts near the middle): as in Schulman et al. 2017, section 6.1, and Andrychowicz et
 * al. 2021, arXiv 2006.05990, section 3.2.
 */
import * as tf from '@tensorflow/tfjs-core';
import { mlp } from '../../compute/mlp.ts';
import type { Random } from '../../core/random.ts';
import type { Dense } from './dense.ts';
import { orthogonal } from './orthogonal.ts';
import { Parameters } from './parameters.ts';
import { Torso } from './torso.ts';
import type { Features, MemoryState, NetShape } from './torso.ts';

/** Of both networks. */
export interface PolicyMemory {
  readonly policy: MemoryState;
  readonly value: MemoryState;
}

interface Tower {
  readonly torso: Torso;
  /** The last is linear. */
  readonly layers: readonly Dense[];
}

export class PolicyValue {
  readonly parameters = new Parameters();
  /** [actions] ln σ of each action, whatever is seen; undefined where actions are chosen from a list. */
  readonly logStd: tf.Variable | undefined;
  readonly #shape: NetShape;
  readonly #policy: Tower;
  readonly #value: Tower;

  constructor(options: { shape: NetShape; outputs: number; gaussian: boolean; random: Random }) {
    const { shape, outputs, gaussian, random } = options;
    this.#shape = shape;
    this.#policy = this.#tower('policy', shape, { outputs, gain: 0.01 }, random);
    this.#value = this.#tower('value', shape, { outputs: 1, gain: 1 }, random);
    this.logStd = gaussian ? this.parameters.given('policy.logStd', [outputs], new Float32Array(outputs)) : undefined;
  }

  /**
   * Networks without memory: every row for itself.
   * @param inputs [rows, inputs], of which the first are the observation
   * @returns outputs [rows, outputs] and values [rows, 1]
   */
  judge(inputs: tf.Tensor2D): { outputs: tf.Tensor; values: tf.Tensor } {
    const [rows, width] = inputs.shape;
    const { observation } = this.#shape;
    const x = width === observation ? inputs : tf.slice(inputs, [0, 0], [rows, observation]);
    return { outputs: tower(x, this.#policy), values: tower(x, this.#value) };
  }

  /**
   * Networks with memory.
   * @param inputs [rows, batch, inputs] @param starts [rows, batch]
   * @returns outputs [rows, batch, outputs], values [rows, batch, 1] and the memory after the last row
   */
  run(
    inputs: tf.Tensor3D,
    starts: tf.Tensor2D,
    from: PolicyMemory
  ): { outputs: tf.Tensor; values: tf.Tensor; memory: PolicyMemory } {
    const policy = this.#policy.torso.run(inputs, starts, from.policy);
    const value = this.#value.torso.run(inputs, starts, from.value);
    return {
      outputs: tower(policy.features, this.#policy),
      values: tower(value.features, this.#value),
      memory: { policy: policy.state, value: value.state }
    };
  }

  #tower(name: string, shape: NetShape, last: { outputs: number; gain: number }, random: Random): Tower {
    const own = random.split(name);
    const torso = new Torso(this.parameters, shape, own, `${name}.`);
    const make = (layer: string, inputs: number, outputs: number, gain: number): Dense => ({
      kernel: this.parameters.given(
        `${name}.${layer}.kernel`,
        [inputs, outputs],
        orthogonal(inputs, outputs, gain, own.split(layer))
      ),
      bias: this.parameters.given(`${name}.${layer}.bias`, [outputs], new Float32Array(outputs))
    });
    const widths = [Torso.width(shape), ...shape.hidden];
    const layers = shape.hidden.map((units, i) => make(`dense.${String(i)}`, widths[i] as number, units, Math.SQRT2));
    return { torso, layers: [...layers, make('head', widths.at(-1) as number, last.outputs, last.gain)] };
  }
}

const tower = (x: tf.Tensor | Features, { layers }: Tower): tf.Tensor =>
  mlp({ x, layers, activation: 'tanh', last: 'linear' });
