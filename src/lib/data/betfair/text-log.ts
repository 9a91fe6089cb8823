/** Texts one after the other in one growing buffer: thousands of messages without thousands of strings. */

import type { PackedTexts } from '../parquet/columns.ts';

const decoder = new TextDecoder();
const LINE_FEED = Uint8Array.of(10);

export class TextLog {
  #bytes = new Uint8Array(4096);
  #used = 0;
  #ends = new Uint32Array(64);
  #count = 0;

  /** Adds a piece of the text that is being written. */
  append(bytes: Uint8Array, from: number, to: number): void {
    const need = this.#used + to - from;
    if (need > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      wider.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = wider;
    }
    this.#bytes.set(bytes.subarray(from, to), this.#used);
    this.#used = need;
  }

  endText(): void {
    if (this.#count === this.#ends.length) {
      const wider = new Uint32Array(this.#count * 2);
      wider.set(this.#ends);
      this.#ends = wider;
    }
    this.#ends[this.#count++] = this.#used;
  }

  /** What is appended next goes to the last text, on a line of its own. */
  reopen(): void {
    this.append(LINE_FEED, 0, 1);
    this.#count--;
  }

  get count(): number {
    return this.#count;
  }

  text(index: number): string {
    const from = index === 0 ? 0 : this.#ends[index - 1]!;
    return decoder.decode(this.#bytes.subarray(from, this.#ends[index]));
  }

  /**
   * All of them as they lie here, until more is appended; undefined where a byte is not ASCII, which may then be no UTF-8
   * and has to be decoded first.
   */
  packed(): PackedTexts | undefined {
    const bytes = this.#bytes.subarray(0, this.#used);
    let any = 0;
    for (let i = 0; i < bytes.length; i++) any |= bytes[i]!;
    return any < 0x80 ? { bytes, ends: this.#ends.subarray(0, this.#count) } : undefined;
  }

  texts(): string[] {
    return Array.from({ length: this.#count }, (_, index) => this.text(index));
  }
}
