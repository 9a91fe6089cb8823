/** Float32 arrays by name and shape: what optimisers and agents save, and what safetensors hold. */
import { AppError } from '../core/errors.ts';

export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
export type NamedArrays = ReadonlyMap<string, NamedArray>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The array of that name and shape; `data.drift` when it is missing or shaped otherwise. */
export function requireArray(arrays: NamedArrays, name: string, shape: readonly number[]): Float32Array {
  const found = arrays.get(name);
  const expected = `${name} of shape [${shape.join(', ')}]`;
  const remedy = 'load a checkpoint made with the same configuration';
  if (found === undefined) throw new AppError('data.drift', { subject: 'checkpoint', expected, got: 'none', remedy });
  if (found.shape.length !== shape.length || found.shape.some((n, i) => n !== shape[i])) {
    const got = `shape [${found.shape.join(', ')}]`;
    throw new AppError('data.drift', { subject: 'checkpoint', expected, got, remedy });
  }
  return found.values;
}
