/** Lines out of bytes that come in pieces of any size. Knows nothing of what a line says. */
import { AppError } from '../core/errors.ts';

const LINE_FEED = 10;
/** No message is near this; a longer line is no line. */
const LONGEST_LINE = 64 << 20;

export class LineSplitter {
  readonly #source: string;
  readonly #onLine: (bytes: Uint8Array, from: number, to: number, ended: boolean) => void;
  #rest: Uint8Array = new Uint8Array(0);
  #used = 0;
  /** Lines handed on so far. */
  lines = 0;

  /** @param onLine told of each line, blanks around it left out; `ended` is false for a last one without a line end */
  constructor(source: string, onLine: (bytes: Uint8Array, from: number, to: number, ended: boolean) => void) {
    this.#source = source;
    this.#onLine = onLine;
  }

  /** @throws data.corrupt for a line without end */
  push(bytes: Uint8Array): void {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, from);
      if (end < 0) break;
      if (this.#used === 0) this.#line(bytes, from, end, true);
      else {
        this.#keep(bytes, from, end);
        this.#flush(true);
      }
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes, from, bytes.length);
  }

  end(): void {
    if (this.#used > 0) this.#flush(false);
  }

  #flush(ended: boolean): void {
    const used = this.#used;
    this.#used = 0;
    this.#line(this.#rest, 0, used, ended);
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const need = this.#used + to - from;
    if (need > LONGEST_LINE) {
      throw new AppError('data.corrupt', {
        subject: `${this.#source} line ${String(this.lines + 1)}`,
        expected: 'a message a line',
        got: `${String(need)} bytes without a line end`,
        remedy: 'record the stream with one message a line'
      });
    }
    if (need > this.#rest.length) {
      const wider = new Uint8Array(Math.max(need, this.#rest.length * 2, 1 << 16));
      wider.set(this.#rest.subarray(0, this.#used));
      this.#rest = wider;
    }
    this.#rest.set(bytes.subarray(from, to), this.#used);
    this.#used = need;
  }

  #line(bytes: Uint8Array, from: number, to: number, ended: boolean): void {
    this.lines++;
    let start = from;
    let end = to;
    if (this.lines === 1 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    while (start < end && isBlank(bytes[start]!)) start++;
    while (end > start && isBlank(bytes[end - 1]!)) end--;
    if (start < end) this.#onLine(bytes, start, end, ended);
  }
}

const isBlank = (byte: number): boolean => byte === 32 || byte === 13 || byte === 9;
