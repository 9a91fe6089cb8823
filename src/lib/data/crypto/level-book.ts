/**
 * One instrument's book as the venue writes it: texts kept beside the numbers, because a checksum is of the texts. Best
 * price first on each side. For checking a recording; matching has its own book.
 */
import { crc32 } from '../decode/crc32.ts';

export interface TextLevel {
  readonly price: string;
  /** What is of size 0 is gone. */
  readonly size: string;
}

/** Levels of each side that the checksum is of. */
const CHECKED = 25;

class Side {
  /** Sorted so that the best is first: by `sign` times the price, rising. */
  readonly #sign: 1 | -1;
  readonly #keys: number[] = [];
  readonly #texts: string[] = [];

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get best(): number | undefined {
    const [key] = this.#keys;
    return key === undefined ? undefined : key * this.#sign;
  }

  get length(): number {
    return this.#keys.length;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#texts.length = 0;
  }

  set({ price, size }: TextLevel): void {
    const key = Number(price) * this.#sign;
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    const found = this.#keys[low] === key;
    if (Number(size) === 0) {
      if (!found) return;
      this.#keys.splice(low, 1);
      this.#texts.splice(low, 1);
    } else if (found) this.#texts[low] = `${price}:${size}`;
    else {
      this.#keys.splice(low, 0, key);
      this.#texts.splice(low, 0, `${price}:${size}`);
    }
  }

  text(index: number): string | undefined {
    return this.#texts[index];
  }
}

export class LevelBook {
  readonly bids = new Side(-1);
  readonly asks = new Side(1);

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  apply(bids: readonly TextLevel[], asks: readonly TextLevel[]): void {
    for (const level of bids) this.bids.set(level);
    for (const level of asks) this.asks.set(level);
  }

  get isCrossed(): boolean {
    const [bid, ask] = [this.bids.best, this.asks.best];
    return bid !== undefined && ask !== undefined && bid >= ask;
  }

  /**
   * CRC-32 of `bid:size:ask:size:…`, the best 25 of each side in turn and the longer side alone at the end, as a signed
   * number ("Checksum", OKX API v5, Order book channel).
   */
  checksum(): number {
    const parts: string[] = [];
    for (let level = 0; level < CHECKED; level++) {
      const [bid, ask] = [this.bids.text(level), this.asks.text(level)];
      if (bid !== undefined) parts.push(bid);
      if (ask !== undefined) parts.push(ask);
    }
    return crc32(new TextEncoder().encode(parts.join(':'))) | 0;
  }
}
