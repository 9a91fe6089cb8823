/** How much may come out of a file: what keeps a few kilobytes from filling the disk or running for ever. */
import { AppError } from '../../core/errors.ts';

export interface ArchiveLimits {
  /** Unpacked bytes for each packed one; not looked at below `ratioFrom` unpacked bytes. */
  readonly ratio: number;
  readonly ratioFrom: number;
  /** Unpacked bytes of one file in all, layer upon layer. */
  readonly totalBytes: number;
  readonly members: number;
  /** Containers within each other, packers counted too. */
  readonly depth: number;
}

/** Recordings shrink to a tenth, with much repetition to a fiftieth; a month of all Betfair's racing is some 20 GB. */
export const LIMITS: ArchiveLimits = {
  ratio: 500,
  ratioFrom: 64 << 20,
  totalBytes: 2 ** 40,
  members: 1_000_000,
  depth: 8
};

/** What one file has used of its limits. Once over one it stays so. */
export class Budget {
  readonly #file: string;
  readonly #limits: ArchiveLimits;
  readonly #read: () => number;
  #unpacked = 0;
  #members = 0;
  #over: AppError | undefined;

  /** @param read bytes of the file that have been read so far */
  constructor(file: string, limits: ArchiveLimits, read: () => number) {
    this.#file = file;
    this.#limits = limits;
    this.#read = read;
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  get depth(): number {
    return this.#limits.depth;
  }

  /** @throws data.limit */
  member(): void {
    const { members } = this.#limits;
    if (++this.#members > members) this.#refuse(`at most ${members.toLocaleString('en')} members`, 'more of them');
    this.#check();
  }

  /** @throws data.limit */
  async *meter(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { ratio, ratioFrom, totalBytes } = this.#limits;
    for await (const chunk of chunks) {
      this.#unpacked += chunk.length;
      const grown = this.#unpacked / Math.max(1, this.#read());
      if (this.#unpacked > totalBytes) {
        this.#refuse(`at most ${totalBytes.toLocaleString('en')} bytes once unpacked`, 'more of them');
      }
      if (this.#unpacked > ratioFrom && grown > ratio) {
        this.#refuse(
          `at most ${String(ratio)} bytes out of each one`,
          `${grown.toFixed(0)} of them, as no recording has`
        );
      }
      this.#check();
      yield chunk;
    }
  }

  #check(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  #refuse(expected: string, got: string): void {
    this.#over ??= new AppError('data.limit', {
      subject: this.#file,
      expected,
      got,
      remedy: 'unpack it yourself, and import what is a recording'
    });
  }
}
