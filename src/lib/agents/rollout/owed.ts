/**
 * What an on-policy agent holds beside its rollout until it has learnt from it: values that are still owed, minibatches
 * taken, discounted returns so far. As arrays, for a run that goes on exactly.
 */
import type { StoredArray, StoredArrays } from '../../compute/safetensors.ts';
import { arrayOf } from '../replay/rings.ts';
import type { RolloutShape } from './rollout.ts';

/** An environment that was cut off, and what was last seen there: its value is owed. */
export interface CutOff {
  readonly step: number;
  readonly environment: number;
  readonly inputs: Float32Array;
  readonly state: Float32Array;
}

export interface Owed {
  /** Minibatches of this rollout taken so far. */
  readonly taken: number;
  /** [environments] */
  readonly discounted: Float64Array;
  readonly cutOff: readonly CutOff[];
  /** Input rows and state after the rollout's last step, of all environments, once it is full. */
  readonly last: { readonly inputs: Float32Array; readonly state: Float32Array } | undefined;
}

export function saveOwed({ taken, discounted, cutOff, last }: Owed, shape: RolloutShape): StoredArrays {
  const { environments: n, inputs, state } = shape;
  const lasts = last === undefined ? [] : [last];
  const where = Int32Array.from(cutOff.flatMap(({ step, environment }) => [step, environment]));
  const rows = (name: 'inputs' | 'state', of: readonly Omit<CutOff, 'step' | 'environment'>[], width: number) =>
    joined(
      of.map((one) => one[name]),
      width
    );
  return new Map<string, StoredArray>([
    ['rollout.taken', { shape: [1], values: Float64Array.of(taken) }],
    ['rollout.discounted', { shape: [n], values: discounted.slice() }],
    ['cutOff.where', { shape: [cutOff.length, 2], values: where }],
    ['cutOff.inputs', rows('inputs', cutOff, inputs)],
    ['cutOff.state', rows('state', cutOff, state)],
    ['last.inputs', rows('inputs', lasts, n * inputs)],
    ['last.state', rows('state', lasts, n * state)]
  ]);
}

/** @throws AppError `data.drift` when it is of another configuration */
export function loadOwed(saved: StoredArrays, { environments: n, inputs, state }: RolloutShape): Owed {
  const floats = new Float32Array(0);
  const [taken] = arrayOf(saved, 'rollout.taken', 1, new Float64Array(0));
  const count = saved.get('cutOff.where')?.shape[0] ?? 0;
  const lasts = saved.get('last.inputs')?.shape[0] ?? 0;
  const where = arrayOf(saved, 'cutOff.where', 2 * count, new Int32Array(0));
  const seen = arrayOf(saved, 'cutOff.inputs', count * inputs, floats);
  const states = arrayOf(saved, 'cutOff.state', count * state, floats);
  const last = {
    inputs: arrayOf(saved, 'last.inputs', lasts * n * inputs, floats),
    state: arrayOf(saved, 'last.state', lasts * n * state, floats)
  };
  return {
    taken: taken!,
    discounted: arrayOf(saved, 'rollout.discounted', n, new Float64Array(0)),
    cutOff: Array.from({ length: count }, (_, i) => ({
      step: where[2 * i]!,
      environment: where[2 * i + 1]!,
      inputs: seen.slice(i * inputs, (i + 1) * inputs),
      state: states.slice(i * state, (i + 1) * state)
    })),
    last: lasts === 0 ? undefined : last
  };
}

function joined(parts: readonly Float32Array[], width: number): StoredArray {
  const values = new Float32Array(parts.length * width);
  parts.forEach((part, i) => {
    values.set(part, i * width);
  });
  return { shape: [parts.length, width], values };
}
