/** A recording read by the project's own way: bytes, decoder, parser. For tests and benchmarks in Node. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { decode } from '../../src/lib/data/decode/decode.ts';
import { ExchangeStreamReader } from '../../src/lib/data/betfair/exchange-stream.ts';
import type { ExchangeStreamOptions } from '../../src/lib/data/betfair/exchange-stream.ts';
import type { ParsedMarket } from '../../src/lib/data/betfair/parsed-market.ts';

export interface StreamRead {
  readonly reader: ExchangeStreamReader;
  readonly markets: readonly ParsedMarket[];
}

export const fileAt = (path: string): File => new File([readFileSync(path)], basename(path));

export async function plainBytes(file: File): Promise<Uint8Array> {
  const { chunks } = await decode(file);
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export async function readStream(file: File, options: Partial<ExchangeStreamOptions> = {}): Promise<StreamRead> {
  const reader = new ExchangeStreamReader({ source: file.name, ...options });
  const { chunks } = await decode(file);
  for await (const piece of chunks) reader.push(piece);
  return { reader, markets: reader.end() };
}
