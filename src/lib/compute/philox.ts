/**
 * Random numbers by a counter: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel Random Numbers: As Easy as
 * 1, 2, 3", SC11). Any number of a stream is a function of its place and of the stream's key, so that a GPU's threads
 * each make their own. This is the reference of `webgpu/kernels/philox.wgsl`: of the words bit for bit.
 */

/** Which stream: two words of 32 bits. */
export type PhiloxKey = readonly [number, number];
/** Which block of four words in it. */
export type PhiloxCounter = readonly [number, number, number, number];

const ROUNDS = 10;
/** The paper's multipliers, and by what the key moves on from round to round (its table 2). */
const [MULTIPLIER_0, MULTIPLIER_1] = [0xd2511f53, 0xcd9e8d57] as const;
const [STEP_0, STEP_1] = [0x9e3779b9, 0xbb67ae85] as const;

/** Upper 32 bits of a 64-bit product, by halves of 16 bits as in the shader. */
function highProduct(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (other >>> 16)) >>> 0;
}

/** Four words of 32 bits, unsigned. */
export function philox(counter: PhiloxCounter, key: PhiloxKey): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIER_0, c0);
    const high1 = highProduct(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1 >>> 0, (high0 ^ c3 ^ k1) >>> 0, low0 >>> 0];
    k0 = (k0 + STEP_0) >>> 0;
    k1 = (k1 + STEP_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Uniform in [0, 1) of a word's upper 24 bits: what a float32 holds there. */
export const uniformOf = (word: number): number => (word >>> 8) / 16777216;

/**
 * Fills with the standard normals of draw number `draw` (whole, from 0): block i of the draw gives numbers 4 i to 4 i + 3,
 * by Box and Muller (1958, "A Note on the Generation of Random Normal Deviates") from two words each pair.
 */
export function philoxNormals(key: PhiloxKey, draw: number, into: Float32Array): void {
  const [low, high] = wordsOf(draw);
  for (let i = 0; i < into.length; i += 4) {
    const words = philox([i / 4, 0, low, high], key);
    for (const pair of [0, 2] as const) {
      // In (0, 1], so that its logarithm is finite: normals reach to 5.77.
      const radius = Math.sqrt(-2 * Math.log(uniformOf(words[pair]) + 1 / 16777216));
      const angle = 2 * Math.PI * uniformOf(words[pair + 1] as number);
      // Written past the end of a typed array is nothing.
      into[i + pair] = radius * Math.cos(angle);
      into[i + pair + 1] = radius * Math.sin(angle);
    }
  }
}

/** Lower and upper 32 bits of a whole number below 2^53. */
export const wordsOf = (count: number): [number, number] => [count >>> 0, Math.floor(count / 4294967296)];
