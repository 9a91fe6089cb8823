/** Reads one file of any kind an import takes: hashes it, unpacks it, hands it to the venue's parser. */
import { AppError, checkAborted } from '../core/errors.ts';
import { ExchangeStreamReader } from './betfair/exchange-stream.ts';
import type { ParsedMarket } from './betfair/parsed-market.ts';
import { looksFetched } from './binance/fetched.ts';
import { decode } from './decode/decode.ts';
import { readFetched } from './read-fetched.ts';
import type { ReadOptions, Recording } from './recording.ts';
import type { Oddity } from './records.ts';
import { Sha256 } from './sha256.ts';

/** Stable code of a file that ends in the middle of its data: what comes before the end is kept. */
export const FILE_TRUNCATED = 'file-truncated';

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
  const reader = new ExchangeStreamReader({ source: file.name });
  let markets = 0;
  const hand = async (parsed: readonly ParsedMarket[]): Promise<void> => {
    for (const market of parsed) {
      markets++;
      await options.onMarket({
        record: market.record({ dataset: '', fingerprint: sha256 }),
        tape: market.finish({ fingerprint: sha256, shared: false }),
        bronze: market.texts()
      });
    }
  };
  const oddities: Oddity[] = [];
  try {
    for await (const chunk of chunks) {
      checkAborted(options.signal, `import of ${file.name}`);
      reader.push(chunk);
      options.onProgress({ bytesRead, messages: reader.messages });
      await options.breathe();
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'data.truncated' || reader.messages === 0) throw thrown;
    oddities.push({ code: FILE_TRUNCATED, count: 1, example: thrown.message, severity: 'error' });
  }
  await hand(reader.end());
  oddities.push(...reader.fileOddities);
  return { sha256, container, messages: reader.messages, markets, oddities };
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
