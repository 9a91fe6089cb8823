/** Arrow, Feather and Parquet: foreign tables become candles, our own layers what they were; torn bytes are refused. */
import {
  Field,
  Float64,
  TimestampMillisecond,
  Utf8,
  makeData,
  Schema,
  Struct,
  RecordBatch,
  Table,
  tableFromIPC,
  tableToIPC,
  vectorFromArray
} from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { unlz4 } from '../decode/lz4.ts';
import { barsToParquet } from '../parquet/bars.ts';
import { ipcToParquet } from '../parquet/codec.ts';
import { loadParquetInNode } from '../parquet/load-node.ts';
import { tapeToParquet } from '../parquet/silver.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';

beforeAll(loadParquetInNode);

async function read(bytes: Uint8Array, name = 'ABC-1h.bin'): Promise<readonly ReadMarket[]> {
  const markets: ReadMarket[] = [];
  await readRecording(new File([bytes as Uint8Array<ArrayBuffer>], name), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    }
  });
  return markets;
}

const START = Date.UTC(2024, 0, 30);
const HOURS = 40;

/** As a data frame of candles is written. */
function frame(): Table {
  const real = (of: (hour: number) => number) =>
    makeData({
      type: new Float64(),
      length: HOURS,
      nullCount: 0,
      data: Float64Array.from({ length: HOURS }, (_, i) => of(i))
    });
  const times = makeData({
    type: new TimestampMillisecond('UTC'),
    length: HOURS,
    nullCount: 0,
    data: BigInt64Array.from({ length: HOURS }, (_, i) => BigInt(START + i * 3_600_000))
  });
  const names = ['date', 'open', 'high', 'low', 'close', 'volume'];
  const columns = [
    times,
    real((i) => 100 + i),
    real((i) => 102 + i),
    real((i) => 99 + i),
    real((i) => 101 + i),
    real((i) => i)
  ];
  const schema = new Schema(names.map((name, i) => new Field(name, columns[i]!.type, true)));
  return new Table([
    new RecordBatch(
      schema,
      makeData({ type: new Struct(schema.fields), length: HOURS, nullCount: 0, children: columns })
    )
  ]);
}

describe('a table of candles', () => {
  it.each([
    ['an Arrow file', () => tableToIPC(frame(), 'file')],
    ['an Arrow stream', () => tableToIPC(frame(), 'stream')],
    ['Parquet', () => ipcToParquet(tableToIPC(frame(), 'stream'))]
  ])('as %s', async (_, bytes) => {
    const [market] = await read(bytes());
    expect(market?.record).toMatchObject({ kind: 'BARS', messages: HOURS, firstMillis: START });
    expect(market?.bars?.[3]).toMatchObject({
      openMillis: START + 3 * 3_600_000,
      open: 103,
      high: 105,
      low: 102,
      close: 104,
      volume: 3
    });
  });

  it('without prices is refused, saying what is missing', async () => {
    const table = new Table({ name: vectorFromArray(['a', 'b'], new Utf8()) });
    await expect(read(tableToIPC(table, 'file'))).rejects.toMatchObject({
      code: 'data.kind',
      got: expect.stringContaining('no column is open') as string
    });
  });
});

describe('our own layers', () => {
  it('silver is the market again, bit for bit', async () => {
    const tape = miniTape({ seed: 3 });
    const [market] = await read(tapeToParquet(tape));
    expect(market?.tape.market.id).toBe(tape.market.id);
    expect(market?.tape.lots).toEqual(tape.lots);
    expect(market?.tape.exchange).toEqual(tape.exchange);
    expect(market?.tape.messageStart).toEqual(tape.messageStart);
    expect(market?.tape.market.rules.id).toBe(tape.market.rules.id);
  });

  it('bars are the candles they were, without a question', async () => {
    const bar = {
      openMillis: START,
      open: 1,
      high: 3,
      low: 0.5,
      close: 2,
      volume: 7,
      closeMillis: START + 59_999,
      quoteVolume: 14,
      trades: 5,
      takerBuyVolume: 4
    };
    const bars = [bar, { ...bar, openMillis: START + 60_000, closeMillis: START + 119_999 }];
    const [market] = await read(barsToParquet(bars));
    expect(market?.bars).toEqual(bars);
  });

  it('silver that lost its metadata says so', async () => {
    const { parquetToIpc } = await import('../parquet/codec.ts');
    const bare = tableFromIPC(parquetToIpc('x', tapeToParquet(miniTape({ seed: 3 }))));
    const stripped = new Table(
      new Schema(bare.schema.fields),
      bare.batches.map((batch) => new RecordBatch(new Schema(bare.schema.fields), batch.data))
    );
    await expect(read(tableToIPC(stripped, 'file'))).rejects.toMatchObject({ code: 'data.missing' });
  });
});

describe('bad files', () => {
  const sound = (): readonly (readonly [string, Uint8Array])[] => [
    ['arrow', tableToIPC(frame(), 'file')],
    ['stream', tableToIPC(frame(), 'stream')],
    ['parquet', ipcToParquet(tableToIPC(frame(), 'stream'))]
  ];
  it('cut at every tenth: refused, or of a stream the batches before', async () => {
    for (const [, bytes] of sound()) {
      for (let tenth = 1; tenth < 10; tenth++) {
        const result: unknown = await read(bytes.slice(0, Math.round((bytes.length * tenth) / 10))).catch(
          (thrown: unknown) => thrown
        );
        expect(result).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^data\./u) as string });
      }
    }
  });
  it('one flipped byte: read or refused, never by a fault of ours', async () => {
    for (const [, bytes] of sound()) {
      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << (at % 8);
        const result: unknown = await read(flipped).catch((thrown: unknown) => thrown);
        if (result instanceof Error)
          expect(result, String(at)).toMatchObject({
            name: 'AppError',
            code: expect.stringMatching(/^data\./u) as string
          });
      }
    }
  }, 60_000);
  it('Feather of before Arrow is named', async () => {
    await expect(read(new TextEncoder().encode('FEA1 and more of it'))).rejects.toMatchObject({
      got: 'Feather version 1'
    });
  });
});

describe('LZ4 frames', () => {
  // Made by the reference program: lz4 -9 --content-size of "abcabcabcabcabcabcabcabcabcabc-end" and a stored block.
  const header = [4, 34, 77, 24, 0x60, 0x40, 0x82];
  const frameOf = (block: readonly number[], stored = false): Uint8Array => {
    const size = block.length;
    return Uint8Array.from([...header, size & 255, size >> 8, 0, stored ? 0x80 : 0, ...block, 0, 0, 0, 0]);
  };
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  it('literals, a match that overlaps itself, and the literals at the end', () => {
    // token 3 literals, match of 27 = 15 + 8 + 4; then 4 literals.
    const block = [0x3f, 97, 98, 99, 3, 0, 8, 0x40, 45, 101, 110, 100];
    expect(text(unlz4(frameOf(block)))).toBe(`${'abc'.repeat(10)}-end`);
    expect(() => unlz4(frameOf(block), 33)).toThrow('more than the 33 bytes');
    expect(() => unlz4(frameOf(block), 35)).toThrow('34 bytes where 35 were told');
  });
  it('stored blocks as they are', () => {
    expect(text(unlz4(frameOf([104, 105], true)))).toBe('hi');
  });
  it.each([
    ['no frame', Uint8Array.of(1, 2, 3, 4, 5, 6, 7), 'no LZ4 frame'],
    ['a match from before the beginning', frameOf([0x10, 97, 9, 0, 0x00]), 'before the beginning'],
    ['literals that are cut off', frameOf([0xf0, 200, 97]), 'cut off'],
    ['a frame that is cut off', frameOf([0x10, 97]).slice(0, -4), 'cut off']
  ])('%s', (_, bytes, what) => {
    expect(() => unlz4(bytes)).toThrow(what);
  });
});
