/** A zip archive's directory, at its end: read to know that the archive is whole and lists just what was found. */
import type { ByteCursor } from '../decode/byte-cursor.ts';
import { corrupt, truncated } from '../decode/decode-error.ts';

const RECORD = { entry: 0x02014b50, signature: 0x05054b50, end64: 0x06064b50, locator64: 0x07064b50, end: 0x06054b50 };

/**
 * @param found entries that came before it
 * @throws data.truncated, data.corrupt
 */
export async function readZipDirectory(cursor: ByteCursor, name: string, found: number): Promise<void> {
  const fault = (what: string): never => cursor.fail(corrupt({ name, container: 'zip', byte: cursor.offset, what }));
  const exactly = async (count: number): Promise<DataView> => {
    const bytes = (await cursor.take(count)).slice();
    if (bytes.length < count) cursor.fail(truncated(name, 'zip', cursor.offset));
    return new DataView(bytes.buffer);
  };
  const pass = async (count: number): Promise<void> => {
    if ((await cursor.skip(count)) < count) cursor.fail(truncated(name, 'zip', cursor.offset));
  };
  let listed = 0;
  for (;;) {
    const kind = (await exactly(4)).getUint32(0, true);
    if (kind === RECORD.entry) {
      const entry = await exactly(42);
      await pass(entry.getUint16(24, true) + entry.getUint16(26, true) + entry.getUint16(28, true));
      listed++;
    } else if (kind === RECORD.signature) await pass((await exactly(2)).getUint16(0, true));
    else if (kind === RECORD.end64) await pass(Number((await exactly(8)).getBigUint64(0, true)));
    else if (kind === RECORD.locator64) await pass(16);
    else if (kind === RECORD.end) {
      const end = await exactly(18);
      await pass(end.getUint16(16, true));
      break;
    } else fault('something that is neither an entry nor the directory');
  }
  if (listed !== found) fault(`a directory of ${String(listed)} entries after ${String(found)}`);
  if ((await cursor.some(1)).length > 0) fault('something after its end');
}
