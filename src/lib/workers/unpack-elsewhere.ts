/** Members of a file from a worker of their own: unpacking takes as long as all that follows it, and goes beside it. */
import { receiveMembers } from '../data/archive/member-wire.ts';
import { members } from '../data/archive/members.ts';
import type { Unpack } from '../data/read-recording.ts';
import { whenBroken } from './transfer.ts';

export interface UnpackAsked {
  readonly file: File;
  readonly port: MessagePort;
}

/** Smaller files are unpacked sooner than a worker is told of them. */
const WORTH_A_WORKER = 1 << 16;

const startUnpackWorker = (): Worker =>
  new Worker(new URL('./unpack.worker.ts', import.meta.url), { type: 'module', name: 'unpack' });

/** @param start called when first needed; a test hands in its own */
export function unpackElsewhere(start: () => Worker = startUnpackWorker): Unpack {
  let open: { readonly worker: Worker; readonly broken: Promise<never> } | undefined;
  return (file, options) => {
    if (file.size < WORTH_A_WORKER) return members(file, options);
    if (open === undefined) {
      const worker = start();
      const broken = whenBroken(worker, 'the unpack worker');
      // The next file gets another worker.
      broken.catch(() => (open = undefined));
      open = { worker, broken };
    }
    const { port1, port2 } = new MessageChannel();
    open.worker.postMessage({ file, port: port1 } satisfies UnpackAsked, [port1]);
    return receiveMembers(port2, file.name, { ...options, broken: open.broken });
  };
}
