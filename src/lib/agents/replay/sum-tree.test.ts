import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SumTree } from './sum-tree.ts';

const mass = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e6, noNaN: true }));

describe('a sum tree', () => {
  it('gives the first index whose cumulative mass exceeds a point, whatever was written before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.tuple(fc.nat(), mass), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (size, writes, part) => {
          const tree = new SumTree(size);
          const plain = new Array<number>(size).fill(0);
          for (const [index, value] of writes) {
            tree.set(index % size, value);
            plain[index % size] = value;
          }
          plain.forEach((value, index) => {
            expect(tree.at(index)).toBe(value);
          });
          const total = plain.reduce((sum, value) => sum + value, 0);
          expect(Math.abs(tree.total - total)).toBeLessThanOrEqual(1e-12 * total);
          if (total === 0) return;
          const found = tree.find(part * tree.total);
          expect(plain[found]).toBeGreaterThan(0);
          const before = plain.slice(0, found).reduce((sum, value) => sum + value, 0);
          const slack = 1e-12 * total;
          expect(part * total).toBeGreaterThanOrEqual(before - slack);
          expect(part * total).toBeLessThan(before + plain[found]! + slack);
        }
      )
    );
  });

  it('is the same tree for the same masses, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(mass, { minLength: 1, maxLength: 40 }), (masses) => {
        const [there, back] = [new SumTree(masses.length), new SumTree(masses.length)];
        masses.forEach((value, i) => {
          there.set(i, value);
        });
        for (let i = masses.length - 1; i >= 0; i--) {
          back.set(i, 7);
          back.set(i, masses[i]!);
        }
        expect(back.total).toBe(there.total);
      })
    );
  });

  it('never finds what has no mass, not even from a point past the end', () => {
    const tree = new SumTree(6);
    tree.set(1, 0.1);
    tree.set(3, 0.2);
    for (const point of [0, 0.05, 0.1, 0.29, 0.3, 0.30000000000000004, 1]) expect([1, 3]).toContain(tree.find(point));
    expect(tree.find(0.1)).toBe(3);
  });
});
