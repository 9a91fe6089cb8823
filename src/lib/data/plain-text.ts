/** Text out of bytes: UTF-8, or the UTF-16 that a byte order mark names, as spreadsheets write it. Marks are left out. */

/** @param bytes from the very beginning of the text, where its mark would stand */
export const plainText = (bytes: Uint8Array): string => new TextDecoder(encodingOf(bytes)).decode(bytes);

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
