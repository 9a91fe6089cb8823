/** A tar of any length made of a few real recordings, as its bytes are asked for: nothing of it is stored. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { TAR_END, tarPart } from './archives.ts';

/** What a browser's `File` is to an import, over bytes that are made when they are read. */
export function repeatedTar(paths: readonly string[], members: number): File {
  const recordings = paths.map((path) => ({ name: basename(path), bytes: readFileSync(path) }));
  const part = (index: number): Uint8Array<ArrayBuffer> => {
    const { name, bytes } = recordings[index % recordings.length]!;
    return tarPart({ path: `${String(Math.floor(index / recordings.length))}/${name}`, bytes });
  };
  let size = TAR_END.length;
  for (let index = 0; index < members; index++) size += part(index).length;
  const stream = (): ReadableStream<Uint8Array<ArrayBuffer>> => {
    let index = 0;
    return new ReadableStream(
      {
        pull: (controller) => {
          if (index < members) controller.enqueue(part(index++));
          else {
            controller.enqueue(TAR_END.slice());
            controller.close();
          }
        }
      },
      { highWaterMark: 0 }
    );
  };
  return Object.defineProperties(new File([], 'month.tar'), {
    size: { value: size },
    stream: { value: stream }
  });
}
