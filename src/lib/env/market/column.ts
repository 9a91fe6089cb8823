/** A list of numbers that grows, and is then laid out as a typed array of its exact length. */

interface Typed {
  [index: number]: number;
}

export class Column {
  #values = new Float64Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const wider = new Float64Array(this.length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  taken<A extends Typed>(type: new (length: number) => A): A {
    const made = new type(this.length);
    for (let i = 0; i < this.length; i++) made[i] = this.#values[i]!;
    return made;
  }

  /** The values at `order`, in that order. */
  picked<A extends Typed>(order: Uint32Array, type: new (length: number) => A): A {
    const made = new type(order.length);
    for (let i = 0; i < order.length; i++) made[i] = this.#values[order[i]!]!;
    return made;
  }
}
