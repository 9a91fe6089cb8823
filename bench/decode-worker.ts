/** Unpacks files on a thread of its own and hands the plain bytes over, piece by piece; an empty message ends a file. */
import { parentPort } from 'node:worker_threads';
import { decode } from '../src/lib/data/decode/decode.ts';
import { fileAt } from '../tests/support/read-stream.ts';

async function unpack(path: string): Promise<void> {
  for await (const piece of (await decode(fileAt(path))).chunks) {
    const own = piece.slice();
    parentPort?.postMessage(own, [own.buffer]);
  }
  parentPort?.postMessage(undefined);
}

parentPort?.on('message', (path: string) => void unpack(path));
