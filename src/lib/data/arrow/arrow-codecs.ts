/** Teaches the Arrow reader the two codecs that its files compress buffers by; once a thread. */
import { CompressionType, compressionRegistry } from 'apache-arrow';
import { decompress } from 'fzstd';
import { unlz4 } from '../decode/lz4.ts';

export function knowCodecs(): void {
  if (compressionRegistry.get(CompressionType.LZ4_FRAME) !== null) return;
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => unlz4(data) });
  // A copy: what comes out may begin anywhere in a larger buffer, and columns must begin at multiples of their width.
  compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => decompress(data).slice() });
}
