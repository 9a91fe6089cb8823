/**
 * Masses by index, and which of them a point of the whole falls on, both in O(log n): the sum tree of Schaul et al.
 * 2016, arXiv 1511.05952, appendix B.2.1. A sum is always that of its two children as they are, never a difference
 * carried along, so that nothing drifts and equal masses make an equal tree.
 */
export class SumTree {
  readonly #leaves: number;
  /** Node 1 is the whole; node i has the children 2i and 2i + 1; the masses are the last half. */
  readonly #sums: Float64Array;

  /** @param size how many masses there are, all 0 at first */
  constructor(size: number) {
    this.#leaves = leavesOf(size);
    this.#sums = new Float64Array(2 * this.#leaves);
  }

  /** Of so many masses. */
  static bytes(size: number): number {
    return 2 * leavesOf(size) * Float64Array.BYTES_PER_ELEMENT;
  }

  get total(): number {
    return this.#sums[1]!;
  }

  get bytes(): number {
    return this.#sums.byteLength;
  }

  at(index: number): number {
    return this.#sums[this.#leaves + index]!;
  }

  /** @param mass finite, 0 or more */
  set(index: number, mass: number): void {
    let node = this.#leaves + index;
    this.#sums[node] = mass;
    for (node >>= 1; node >= 1; node >>= 1) this.#sums[node] = this.#sums[2 * node]! + this.#sums[2 * node + 1]!;
  }

  /**
   * The first index whose cumulative mass exceeds `point`, never one without mass, not even where rounding puts the
   * point at the very end.
   * @param point in [0, total); the total must not be 0
   */
  find(point: number): number {
    let node = 1;
    let left = point;
    while (node < this.#leaves) {
      node *= 2;
      const first = this.#sums[node]!;
      if (left < first || this.#sums[node + 1] === 0) continue;
      left -= first;
      node++;
    }
    return node - this.#leaves;
  }
}

const leavesOf = (size: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, size)));
