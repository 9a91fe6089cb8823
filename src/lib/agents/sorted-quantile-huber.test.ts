import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sortedQuantileHuber } from './sorted-quantile-huber.ts';

/** From the definition, pair by pair. */
function pairwise(values: readonly number[], target: readonly number[]) {
  const slopes = values.map(() => 0);
  let loss = 0;
  values.forEach((value, i) => {
    const tau = (i + 0.5) / values.length;
    for (const atom of target) {
      const delta = atom - value;
      const weight = delta < 0 ? 1 - tau : tau;
      loss += weight * (Math.abs(delta) <= 1 ? 0.5 * delta * delta : Math.abs(delta) - 0.5);
      slopes[i]! += weight * Math.min(1, Math.max(-1, delta));
    }
  });
  return { loss, slopes };
}

// Quarters now and then, so that differences of exactly 0 and 1 come up.
const number = fc.oneof(
  fc.integer({ min: -12, max: 12 }).map((n) => n / 4),
  fc.double({ min: -200, max: 200, noNaN: true }).map(Math.fround)
);

it('gives the loss and the slopes of the definition, row by row', () => {
  const row = (size: number) => fc.array(number, { minLength: size, maxLength: size });
  const cases = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    .chain(([quantiles, atoms]) => fc.array(fc.tuple(row(quantiles), row(atoms)), { minLength: 1, maxLength: 3 }));
  fc.assert(
    fc.property(cases, (rows) => {
      const [quantiles, atoms] = [rows[0]![0].length, rows[0]![1].length];
      const { losses, slopes } = sortedQuantileHuber({
        rows: rows.length,
        values: Float32Array.from(rows.flatMap(([values]) => values)),
        quantiles,
        target: Float32Array.from(rows.flatMap(([, target]) => target)),
        atoms
      });
      rows.forEach(([values, target], r) => {
        const wanted = pairwise(values, target);
        expect(Math.abs(losses[r]! - wanted.loss)).toBeLessThanOrEqual(1e-6 * (1 + wanted.loss));
        wanted.slopes.forEach((slope, i) => {
          expect(Math.abs(slopes[r * quantiles + i]! - slope)).toBeLessThanOrEqual(1e-6 * atoms);
        });
      });
    })
  );
});

it('lets a number that is none through to the loss', () => {
  const rows = { rows: 1, values: Float32Array.of(0, 1), quantiles: 2, atoms: 2 };
  expect(sortedQuantileHuber({ ...rows, target: Float32Array.of(Number.NaN, 0) }).losses[0]).toBeNaN();
  expect(
    sortedQuantileHuber({ ...rows, values: Float32Array.of(Number.NaN, 1), target: Float32Array.of(1, 0) }).losses[0]
  ).toBeNaN();
});
