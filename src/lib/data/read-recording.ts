/** Reads one file of any kind an import takes: hashes it, unpacks it, hands it to the venue's parser. */
import { AppError, checkAborted } from '../core/errors.ts';
import { looksFetched } from './binance/fetched.ts';
import { decode } from './decode/decode.ts';
import { readFetched } from './read-fetched.ts';
import type { ReadOptions, Recording } from './recording.ts';
import type { Oddity } from './records.ts';
import { Sha256 } from './sha256.ts';
import type { VenueReader } from './venue-reader.ts';
import { readerFor } from './venue-reader.ts';

/** Stable code of a file that ends in the middle of its data: what comes before the end is kept. */
export const FILE_TRUNCATED = 'file-truncated';

/** So many plain bytes say whose recording it is. */
const HEAD_BYTES = 64;

export async function readRecording(file: File, options: ReadOptions): Promise<Recording> {
  const sha256 = await digest(file, options);
  if (looksFetched(await file.slice(0, 64).text())) {
    const { market, oddities } = readFetched(await file.text(), { source: file.name, fingerprint: sha256 });
    await options.onMarket(market);
    return { sha256, container: 'plain', messages: market.record.messages, markets: 1, oddities };
  }
  let bytesRead = 0;
  const { container, chunks } = await decode(file, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onRead: (bytes) => (bytesRead = bytes)
  });
  let head: Uint8Array = new Uint8Array(0);
  let reader: VenueReader | undefined;
  const oddities: Oddity[] = [];
  try {
    for await (const chunk of chunks) {
      checkAborted(options.signal, `import of ${file.name}`);
      if (reader === undefined) head = joined(head, chunk);
      else reader.push(chunk);
      if (reader === undefined && head.length >= HEAD_BYTES) {
        reader = readerFor(head, file.name);
        reader.push(head);
      }
      options.onProgress({ bytesRead, messages: reader?.messages ?? 0 });
      await options.breathe();
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'data.truncated' || !reader?.messages) throw thrown;
    oddities.push({ code: FILE_TRUNCATED, count: 1, example: thrown.message, severity: 'error' });
  }
  if (reader === undefined) {
    reader = readerFor(head, file.name);
    reader.push(head);
  }
  let markets = 0;
  for (const market of reader.end(sha256)) {
    markets++;
    await options.onMarket(market);
  }
  oddities.push(...reader.fileOddities);
  return { sha256, container, messages: reader.messages, markets, oddities };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

async function digest(file: File, options: ReadOptions): Promise<string> {
  const hash = new Sha256();
  const reader = file.stream().getReader();
  try {
    for (;;) {
      checkAborted(options.signal, `import of ${file.name}`);
      const { done, value } = await reader.read();
      if (done) return hash.hex();
      hash.update(value);
      await options.breathe();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
