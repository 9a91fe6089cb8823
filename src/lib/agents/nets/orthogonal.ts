/** Orthogonal starts for weights (Saxe et al. 2014, arXiv 1312.6120), as policy-gradient methods are used with. */
import { fillNormal } from '../../compute/random.ts';
import type { Random } from '../../core/random.ts';

/**
 * A [rows, columns] matrix, row-major, with orthonormal rows or columns (whichever are fewer) times `gain`: Gram-Schmidt
 * on normal vectors, each orthogonalised twice, which leaves nothing of rounding.
 */
export function orthogonal(rows: number, columns: number, gain: number, random: Random): Float32Array {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const noise = new Float32Array(count * length);
  fillNormal(random, noise);
  const vectors = Float64Array.from(noise);
  for (let i = 0; i < count; i++) {
    const own = vectors.subarray(i * length, (i + 1) * length);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * length, (j + 1) * length);
        const along = dot(own, other);
        for (let k = 0; k < length; k++) own[k]! -= along * other[k]!;
      }
    }
    const norm = Math.sqrt(dot(own, own));
    for (let k = 0; k < length; k++) own[k]! /= norm;
  }
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [r, c] = [Math.floor(at / columns), at % columns];
    return gain * (rows < columns ? vectors[r * length + c]! : vectors[c * length + r]!);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
