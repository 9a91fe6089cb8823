/**
 * A tape archive (ustar, with pax headers for long names; POSIX.1-2001) of files as they lie in storage: the archive
 * refers to their bytes and reads none of them, so one of any size is made at once.
 */

const BLOCK = 512;
/** The name's field; longer ones go into a pax header before. */
const LONGEST_NAME = 100;

export interface TarFile {
  readonly path: string;
  readonly blob: Blob;
}

export function tarOf(files: readonly TarFile[], name: string): File {
  const parts: BlobPart[] = [];
  for (const { path, blob } of files) {
    if (new TextEncoder().encode(path).length > LONGEST_NAME) {
      const record = new Blob([paxRecord('path', path)]);
      parts.push(header('pax', record.size, 'x'), record, padding(record.size));
    }
    parts.push(header(path, blob.size, '0'), blob, padding(blob.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new File(parts, name, { type: 'application/x-tar' });
}

function header(path: string, size: number, type: '0' | 'x'): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const encoder = new TextEncoder();
  const put = (at: number, bytes: string | Uint8Array): void => {
    block.set(typeof bytes === 'string' ? encoder.encode(bytes) : bytes, at);
  };
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  put(0, encoder.encode(path).subarray(0, LONGEST_NAME));
  put(100, `${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  put(124, `${octal(size, 11)}\0${octal(0, 11)}\0`);
  // The checksum is of the header with blanks in the checksum's place.
  put(148, '        ');
  put(156, type);
  put(257, 'ustar\0' + '00');
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6
    )}\0 `
  );
  return block;
}

/** Its own length in decimal, that of the length's digits among it. */
function paxRecord(key: string, value: string): Uint8Array<ArrayBuffer> {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  const record = new Uint8Array(length);
  record.set(new TextEncoder().encode(String(length)));
  record.set(rest, length - rest.length);
  return record;
}

const padding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
