/**
 * From bytes to tapes: decoding, parsing, memory. Measured on recordings, so it needs the data folder; the best of a few
 * passes is given, since other work on the machine only ever slows a pass down.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ExchangeStreamReader } from '../../src/lib/data/betfair/exchange-stream.ts';
import { decode } from '../../src/lib/data/decode/decode.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { messageCount } from '../../src/lib/market/tape.ts';
import { fileAt, plainBytes, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';

const RACE = '1.206064380.bz2';
const LONG_MARKET = '1.127236622.bz2';
const PASSES = 7;
/** The program that others unpack with, where the machine has it. */
const PEER = 'bzip2';
const PIECE = 1 << 16;

export async function* figures(): AsyncGenerator<Figure> {
  const race = recording(RACE);
  const text = await plainBytes(fileAt(race));
  const megabytes = text.length / 1e6;
  const packed = readFileSync(race);
  // A fresh engine first: what the first import of a session sees.
  const cold = await seconds(() => fileToTape(race));
  yield figure({ name: `${RACE} file to tape, first time`, value: megabytes / cold, unit: 'MB/s of text' });
  const warm = megabytes / (await best(() => fileToTape(race)));
  const peer = bzip2Alone(race, megabytes);
  yield figure({ name: `${RACE} file to tape, one thread`, value: warm, unit: 'MB/s of text', ...against(peer, warm) });
  const decoder = new Worker(new URL('../decode-worker.ts', import.meta.url));
  const two = megabytes / (await best(() => fileToBooksByTwo(decoder, race)));
  await decoder.terminate();
  yield figure({
    name: `${RACE} file to tape and books, two threads: one unpacks, one parses and replays`,
    value: two,
    unit: 'MB/s of text',
    ...against(peer, two),
    goal: 40
  });
  const unpack = megabytes / (await best(() => drain(new File([packed], RACE))));
  yield figure({ name: `${RACE} bzip2`, value: unpack, unit: 'MB/s of text', ...against(peer, unpack), goal: 47 });
  let messages = 0;
  const parse = await best(() => {
    messages = parseAndFollow(text);
  });
  yield figure({
    name: `${RACE} text to books, best prices read at every update`,
    value: messages / parse,
    unit: 'messages/s',
    goal: 250_000
  });
  const { markets } = await readStream(fileAt(recording(LONG_MARKET)));
  const tape = markets[0]!.finish({ fingerprint: '', shared: false });
  const bytes = tape.exchange.buffer.byteLength / 1e6;
  yield { name: `${LONG_MARKET} as a tape`, value: bytes, unit: 'MB', goal: 12, met: bytes < 12 };
}

/** The bzip2 program on the same file, as it is started and ends; undefined where there is none. */
function bzip2Alone(path: string, megabytes: number): number | undefined {
  let shortest = Number.POSITIVE_INFINITY;
  try {
    for (let pass = 0; pass < PASSES; pass++) {
      const start = performance.now();
      execFileSync(PEER, ['-dc', path], { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] });
      shortest = Math.min(shortest, performance.now() - start);
    }
  } catch {
    return undefined;
  }
  return (megabytes / shortest) * 1000;
}

const against = (baseline: number | undefined, value: number): Partial<Figure> =>
  baseline === undefined ? {} : { baseline, ratio: value / baseline };

function figure(of: Figure): Figure {
  return of.goal === undefined ? of : { ...of, met: of.value >= of.goal };
}

function recording(name: string): string {
  const path = betfairStreams().find((one) => basename(one) === name);
  if (path === undefined) throw new Error(`${name}: expected in the data folder; set FURLONG_DATA`);
  return path;
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function best(work: () => unknown): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) shortest = Math.min(shortest, await seconds(work));
  return shortest;
}

async function fileToTape(path: string): Promise<Tape> {
  const { markets } = await readStream(fileAt(path));
  return markets[0]!.finish({ fingerprint: '', shared: true });
}

/** One file at a time: the pieces are parsed as they come, the books are followed once the tape stands. */
async function fileToBooksByTwo(decoder: Worker, path: string): Promise<void> {
  const reader = new ExchangeStreamReader({ source: RACE, keepTexts: false });
  await new Promise<void>((resolve, reject) => {
    const take = (piece: Uint8Array | undefined): void => {
      if (piece !== undefined) {
        reader.push(piece);
        return;
      }
      decoder.off('message', take);
      decoder.off('error', reject);
      resolve();
    };
    decoder.on('message', take);
    decoder.on('error', reject);
    decoder.postMessage(path);
  });
  follow(reader);
}

async function drain(file: File): Promise<number> {
  let bytes = 0;
  for await (const piece of (await decode(file)).chunks) bytes += piece.length;
  return bytes;
}

/** Text to tape, and the tape followed message by message with every runner's best back and lay looked at. */
function parseAndFollow(text: Uint8Array): number {
  const reader = new ExchangeStreamReader({ source: RACE, keepTexts: false });
  for (let at = 0; at < text.length; at += PIECE) reader.push(text.subarray(at, at + PIECE));
  return follow(reader);
}

/** Every runner's best back and lay after every message. */
function follow(reader: ExchangeStreamReader): number {
  const tape = reader.end()[0]!.finish({ fingerprint: '', shared: false });
  const state = new MarketState(tape.market);
  const messages = messageCount(tape);
  let sum = 0;
  for (let message = 0; message < messages; message++) {
    state.applyMessage(tape, message);
    for (const book of state.books) sum += book.bestBid + book.bestAsk;
  }
  if (sum === 0) throw new Error('no price was seen');
  return messages;
}
