/**
 * A checksum over a whole Parquet file that we wrote: the pages themselves bear none, and a flipped bit in one may read
 * as another number. It stands between the last page and the footer, where nothing points: a reader finds the footer by
 * its length from the end, and pages by their offsets from the start. Knows no column.
 */
import { crc32 } from '../decode/crc32.ts';

const MARK = new TextEncoder().encode('FURLCRC1');
const SEAL_BYTES = MARK.length + 4;
/** The footer's length and the format's magic. */
const TAIL_BYTES = 8;

/** @param file a whole Parquet file without a seal */
export function sealed(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = footerAt(file);
  const out = new Uint8Array(file.length + SEAL_BYTES);
  out.set(file.subarray(0, at));
  out.set(MARK, at);
  new DataView(out.buffer).setUint32(at + MARK.length, crcAround(file, at, at), true);
  out.set(file.subarray(at), at + SEAL_BYTES);
  return out;
}

/** Whether the file bears a seal that is not its own; one without a seal may be anything. */
export function isSealBroken(file: Uint8Array): boolean {
  const to = footerAt(file);
  const from = to - SEAL_BYTES;
  if (from < 0 || !MARK.every((byte, i) => file[from + i] === byte)) return false;
  const stated = new DataView(file.buffer, file.byteOffset, file.length).getUint32(to - 4, true);
  return stated !== crcAround(file, from, to);
}

const crcAround = (file: Uint8Array, from: number, to: number): number =>
  crc32(file.subarray(to), crc32(file.subarray(0, from)));

/** Below zero where there is none. */
function footerAt(file: Uint8Array): number {
  if (file.length < TAIL_BYTES) return -1;
  const tail = file.length - TAIL_BYTES;
  return tail - new DataView(file.buffer, file.byteOffset, file.length).getUint32(tail, true);
}
