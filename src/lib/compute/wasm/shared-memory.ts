/**
 * tfjs-wasm's single-threaded SIMD module with its memory declared shared, so that our own threads can work in it. Its code
 * is left as it is: one thread runs it, as ever. tfjs' threaded build, which shares its memory too, brings a crew of its own
 * that its operations do not use, and does not start in Node.
 */

const MEMORY_SECTION = 5;
/** Flags of a memory's limits: has a maximum; is shared, which needs one. */
const HAS_MAXIMUM = 1;
const IS_SHARED = 2;

/** @throws Error when the module does not declare one memory of its own with a maximum */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(module);
  // Magic number and version, then sections: a byte that says which, a length, contents.
  let at = 8;
  while (at < bytes.length) {
    const section = bytes[at++];
    const { value: length, next } = readUnsigned(bytes, at);
    if (section === MEMORY_SECTION) {
      const memories = bytes[next];
      const flags = bytes[next + 1];
      if (memories !== 1 || flags !== HAS_MAXIMUM) break;
      bytes[next + 1] = HAS_MAXIMUM | IS_SHARED;
      return bytes;
    }
    at = next + length;
  }
  throw new Error('tfjs-wasm declares its memory in a way that cannot be shared');
}

/** LEB128: seven bits a byte, lowest first, the eighth says that more follow. */
function readUnsigned(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
    scale *= 128;
  }
  throw new Error('a WebAssembly module ends within a number');
}
