/**
 * Seeded random streams, split by name and not by order of call: adding a draw in one place never shifts another.
 * The generator is sfc32 (Doty-Humphrey, PractRand), seeded by a 128-bit FNV-style hash of the path of names.
 */
import type { Seed } from './units.ts';

export type RandomState = readonly [number, number, number, number];

export class Random {
  /**
   * What `drawUniform` or `drawNormal` drew. A fraction that a call hands back is an object made for the occasion,
   * unless the call is compiled into its caller; where nothing may be made, draw and read this.
   */
  drawn = 0.5;
  /** The path of names, UTF-16 units; written over by `reseed`. */
  #path = new Uint16Array(64);
  #pathLength = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  #word = 0;
  /** Normals come in pairs. */
  #first = 0.5;
  #second = 0.5;
  /** Normals of the pair that were not handed out yet. */
  #left = 0;

  constructor(seed: Seed, path = '') {
    this.#append(`${String(seed)}/${path}`);
    this.#start();
  }

  /** An independent stream; the same name always gives the same stream, whatever was drawn from this one. */
  split(name: string): Random {
    const child = new Random(0 as Seed);
    child.reseed(this, name);
    return child;
  }

  /**
   * Becomes the stream that `parent.split(name)` makes, or `parent.split(name + number)`, and makes nothing: for
   * streams of which every episode has one.
   * @param parent another stream than this one
   * @param number whole, 0 or more
   */
  reseed(parent: Random, name: string, number = NaN): void {
    this.#pathLength = 0;
    this.#append('0/');
    for (let i = 0; i < parent.#pathLength; i++) this.#push(parent.#path[i]!);
    this.#append('/');
    this.#append(name);
    if (number >= 0) this.#appendDigits(number);
    this.#start();
  }

  /**
   * Becomes the stream that `new Random(seed, name + number)` makes, and makes nothing.
   * @param bits of the seed: itself, or as a signed number, which is handed over without being made an object
   * @param digits the number is written with at least so many, noughts in front
   */
  restart(bits: number, name: string, number: number, digits = 1): void {
    const seed = bits >>> 0;
    this.#pathLength = 0;
    for (let unit = 1e9; unit >= 1; unit /= 10) {
      if (seed >= unit || unit === 1) this.#push(48 + (Math.floor(seed / unit) % 10));
    }
    this.#append('/');
    this.#append(name);
    for (let unit = 10 ** (digits - 1); unit > 1 && number < unit; unit /= 10) this.#push(48);
    this.#appendDigits(number);
    this.#start();
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    this.#advance();
    return this.#word >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    this.drawUniform();
    return this.drawn;
  }

  /** `uniform`, into `drawn`. */
  drawUniform(): void {
    this.#advance();
    const high = this.#word >>> 5;
    this.#advance();
    this.drawn = (high * 67108864 + (this.#word >>> 6)) / 9007199254740992;
  }

  /** Uniform whole number in [0, n), n up to 2^32, without modulo bias. */
  below(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      // Not by `bits`: half of what it hands back are objects, where it is not compiled into this.
      this.#advance();
      const x = this.#word >>> 0;
      if (x < limit) return x % n;
    }
  }

  /** Standard normal (Marsaglia polar method; both values of a pair are used). */
  normal(): number {
    this.drawNormal();
    return this.drawn;
  }

  /** `normal`, into `drawn`. */
  drawNormal(): void {
    if (this.#left === 0) this.#drawPair();
    this.drawn = --this.#left === 1 ? this.#first : this.#second;
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Fisher-Yates in place. */
  shuffle(values: { length: number; [i: number]: number }): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = values[i]!;
      values[i] = values[j]!;
      values[j] = held;
    }
  }

  /** For checkpoints. A spare normal is dropped by design: save between draws of pairs or accept a fresh pair. */
  save(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  load(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#d] = state;
    this.#left = 0;
  }

  #advance(): void {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    this.#word = t;
  }

  #drawPair(): void {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#first = u * scale;
        this.#second = v * scale;
        this.#left = 2;
        return;
      }
    }
  }

  #append(text: string): void {
    for (let i = 0; i < text.length; i++) this.#push(text.charCodeAt(i));
  }

  #appendDigits(number: number): void {
    let unit = 1;
    while (unit * 10 <= number) unit *= 10;
    for (; unit >= 1; unit /= 10) this.#push(48 + (Math.floor(number / unit) % 10));
  }

  #push(code: number): void {
    if (this.#pathLength === this.#path.length) {
      const longer = new Uint16Array(2 * this.#path.length);
      longer.set(this.#path);
      this.#path = longer;
    }
    this.#path[this.#pathLength++] = code;
  }

  /** cyrb128-like mixing of the path into the four words; only has to separate names. */
  #start(): void {
    const path = this.#path;
    let h1 = 1779033703;
    let h2 = 3144134277 | 0;
    let h3 = 1013904242;
    let h4 = 2773480762 | 0;
    for (let i = 0; i < this.#pathLength; i++) {
      const k = path[i]!;
      h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
      h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
      h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
      h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
    }
    h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
    h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
    h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
    h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
    const all = h1 ^ h2 ^ h3 ^ h4;
    this.#a = all;
    this.#b = h2 ^ all;
    this.#c = h3 ^ all;
    this.#d = h4 ^ all;
    this.#left = 0;
    for (let i = 0; i < 15; i++) this.#advance();
  }
}
