/** A data worker on the browser's real storage, whose writes fail once so many bytes have gone in. */
import { serveData } from '../../../src/lib/workers/serve-data.ts';
import { browserRoot } from '../../../src/lib/data/store/open-store.ts';

/** The reserve of 256 KiB, and a little more. */
const ROOM_BYTES = 300_000;
let written = 0;

const handles = FileSystemFileHandle.prototype;
const plain = Object.getOwnPropertyDescriptor(handles, 'createWritable')
  ?.value as FileSystemFileHandle['createWritable'];
handles.createWritable = async function (this: FileSystemFileHandle, ...args) {
  const stream = await plain.apply(this, args);
  const write = stream.write.bind(stream);
  stream.write = async (data) => {
    written += typeof data === 'string' ? data.length : (data as Uint8Array).byteLength;
    if (written > ROOM_BYTES) throw new DOMException('no room', 'QuotaExceededError');
    await write(data);
  };
  return stream;
};

serveData({ root: browserRoot('full-storage-test') });
