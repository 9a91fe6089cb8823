/**
 * Proportional prioritisation: what surprised is drawn more often, and counts less for it. Schaul et al. 2016,
 * "Prioritized Experience Replay", arXiv 1511.05952, section 3. Knows rows by number, not what is in them.
 */
import type { Random } from '../../core/random.ts';
import { SumTree } from './sum-tree.ts';

export interface PrioritySettings {
  /** α: 0 draws all rows alike, 1 in proportion to their error. */
  readonly exponent: number;
  /** ε added to every error, so that none is never drawn again. */
  readonly least: number;
}

export class Priorities {
  readonly #settings: PrioritySettings;
  readonly #size: number;
  /** p^α of each row; 0 where there is nothing to draw. Kept to float32, so that a saved tree is the tree. */
  readonly #tree: SumTree;
  /** Largest p^α given so far. */
  #largest = 1;

  constructor(size: number, settings: PrioritySettings) {
    this.#size = size;
    this.#settings = settings;
    this.#tree = new SumTree(size);
  }

  /** Of so many rows. */
  static bytes(size: number): number {
    return SumTree.bytes(size);
  }

  get bytes(): number {
    return this.#tree.bytes;
  }

  /** A row that was never learnt from has the largest priority there was: algorithm 1, line 6. */
  enter(row: number): void {
    this.#tree.set(row, this.#largest);
  }

  leave(row: number): void {
    this.#tree.set(row, 0);
  }

  /** p = |δ| + ε: section 3.3. */
  set(row: number, error: number): void {
    const mass = Math.fround((Math.abs(error) + this.#settings.least) ** this.#settings.exponent);
    this.#tree.set(row, mass);
    if (mass > this.#largest) this.#largest = mass;
  }

  /** P(i): eq. 1. */
  probability(row: number): number {
    return this.#tree.at(row) / this.#tree.total;
  }

  /** Fills with rows, one from each of as many equal parts of the whole mass: section 3.3. */
  draw(into: Int32Array, random: Pick<Random, 'uniform'>): void {
    const part = this.#tree.total / into.length;
    if (part === 0) throw new Error('priorities: nothing to draw from');
    for (let k = 0; k < into.length; k++) into[k] = this.#tree.find((k + random.uniform()) * part);
  }

  /** (N P(i))^-β over the largest of the batch, in which N and the whole mass cancel out: section 3.4. */
  weigh(rows: Int32Array, beta: number, into: Float32Array): void {
    let smallest = Infinity;
    for (const row of rows) smallest = Math.min(smallest, this.#tree.at(row));
    rows.forEach((row, k) => {
      into[k] = (this.#tree.at(row) / smallest) ** -beta;
    });
  }

  /** [size + 1]: the masses, then the largest. */
  save(): Float32Array {
    return Float32Array.from({ length: this.#size + 1 }, (_, i) => (i < this.#size ? this.#tree.at(i) : this.#largest));
  }

  load(saved: Float32Array): void {
    for (let i = 0; i < this.#size; i++) this.#tree.set(i, saved[i]!);
    this.#largest = saved[this.#size]!;
  }
}
