/** Arrow, Feather and Parquet: foreign tables become candles, our own layers what they were; torn bytes are refused. */
import { zstdCompressSync } from 'node:zlib';
import {
  CompressionType,
  Field,
  Float64,
  TimestampMicrosecond,
  TimestampMillisecond,
  Utf8,
  makeData,
  Schema,
  Struct,
  RecordBatch,
  Table,
  compressionRegistry,
  tableFromIPC,
  tableToIPC,
  vectorFromArray
} from 'apache-arrow';
import { beforeAll, describe, expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import type { AppError } from '../../core/errors.ts';
import { unlz4 } from '../decode/lz4.ts';
import { GOLD_COLUMNS } from '../gold/episode.ts';
import { ROLLOUT_COLUMNS } from '../gold/rollout.ts';
import { barsToParquet } from '../parquet/bars.ts';
import { ipcToParquet, parquetToIpc } from '../parquet/codec.ts';
import type { ColumnType, ColumnValues } from '../parquet/columns.ts';
import { toIpc } from '../parquet/columns.ts';
import { loadParquetInNode } from '../parquet/load-node.ts';
import { tapeToParquet } from '../parquet/silver.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';
import { SERIES_COLUMNS } from '../runner-series.ts';
import { knowCodecs } from './arrow-codecs.ts';

beforeAll(async () => {
  await loadParquetInNode();
  // The library packs by what it is given, and unpacks by what the app gave it.
  knowCodecs();
  const packs: readonly (readonly [CompressionType, (data: Uint8Array) => Uint8Array])[] = [
    [CompressionType.ZSTD, (data) => new Uint8Array(zstdCompressSync(data))],
    [CompressionType.LZ4_FRAME, storedFrame]
  ];
  for (const [type, encode] of packs) {
    compressionRegistry.set(type, { ...compressionRegistry.get(type), encode });
  }
});

/** An LZ4 frame of one block that is stored as it is, its length told. */
function storedFrame(data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(15 + 4 + data.length + 4);
  const view = new DataView(frame.buffer);
  frame.set([4, 34, 77, 24, 0x68, 0x70]);
  view.setBigUint64(6, BigInt(data.length), true);
  view.setUint32(15, (0x80000000 | data.length) >>> 0, true);
  frame.set(data, 19);
  return frame;
}

function empty(type: ColumnType): ColumnValues {
  switch (type) {
    case 'u8':
    case 'bool':
      return new Uint8Array(0);
    case 'u32':
      return new Uint32Array(0);
    case 'i32':
      return new Int32Array(0);
    case 'i64':
    case 'time':
      return new BigInt64Array(0);
    case 'f32':
      return new Float32Array(0);
    case 'f64':
      return new Float64Array(0);
    case 'text':
      return [];
    case 'f32s':
      return { values: new Float32Array(0), starts: new Int32Array(1) };
  }
}

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

  it('with times finer than a millisecond keeps them to the microsecond', async () => {
    const micros = Array.from({ length: HOURS }, (_, i) => BigInt(START + i * 1000) * 1000n + 250n);
    const data = makeData({
      type: new TimestampMicrosecond('UTC'),
      length: HOURS,
      nullCount: 0,
      data: BigInt64Array.from(micros)
    });
    const [batch] = frame().batches;
    const columns = [data, ...batch!.data.children.slice(1)];
    const fields = frame().schema.fields.map((field, i) => new Field(field.name, columns[i]!.type, true));
    const struct = makeData({ type: new Struct(fields), length: HOURS, nullCount: 0, children: columns });
    const [market] = await read(tableToIPC(new Table([new RecordBatch(new Schema(fields), struct)]), 'file'));
    const kept = tableFromIPC(parquetToIpc('x', barsToParquet(market!.bars!))).getChild('open_time');
    expect(kept?.toArray()).toEqual(BigInt64Array.from(micros));
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

  it.each([
    ['gold', GOLD_COLUMNS],
    ['a recorded rollout', ROLLOUT_COLUMNS],
    ['runner_ts', SERIES_COLUMNS.filter(({ name }) => name !== 'market_key')]
  ])('%s that does not say what it is of is named for what it is', async (name, columns) => {
    const none = Object.fromEntries(columns.map((column) => [column.name, empty(column.type)]));
    for (const bytes of [ipcToParquet(toIpc(columns, none, 0)), toIpc(columns, none, 0)]) {
      const error: unknown = await read(bytes).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'data.missing', expected: expect.stringContaining(name) as string });
      expect((error as AppError).remedy).toContain('exported dataset');
    }
  });

  it('silver that lost its metadata says so', async () => {
    const bare = tableFromIPC(parquetToIpc('x', tapeToParquet(miniTape({ seed: 3 }))));
    const stripped = new Table(
      new Schema(bare.schema.fields),
      bare.batches.map((batch) => new RecordBatch(new Schema(bare.schema.fields), batch.data))
    );
    await expect(read(tableToIPC(stripped, 'file'))).rejects.toMatchObject({ code: 'data.missing' });
  });
});

describe.each([
  ['LZ4', CompressionType.LZ4_FRAME],
  ['ZSTD', CompressionType.ZSTD]
] as const)('buffers compressed by %s', (_, codec) => {
  it.each([['file'], ['stream']] as const)('hold the same table in an Arrow %s', async (format) => {
    const [plain, packed] = [tableToIPC(frame(), format), tableToIPC(frame(), format, codec)];
    expect(packed.length).not.toBe(plain.length);
    const [[one], [other]] = [await read(plain), await read(packed)];
    expect(other?.bars).toEqual(one?.bars);
    expect(one?.bars).toHaveLength(HOURS);
  });

  it('hold our own layers', async () => {
    const tape = miniTape({ seed: 5 });
    const silver = tableFromIPC(parquetToIpc('x', tapeToParquet(tape)));
    const [market] = await read(tableToIPC(silver, 'file', codec));
    expect(tapeToParquet(market!.tape)).toEqual(tapeToParquet(tape));
  });

  it('torn are refused', async () => {
    const packed = tableToIPC(frame(), 'file', codec);
    for (let at = 0; at < packed.length; at += Math.ceil(packed.length / 40)) {
      const flipped = packed.slice();
      flipped[at]! ^= 1 << (at % 8);
      const result: unknown = await read(flipped).catch((thrown: unknown) => thrown);
      if (result instanceof Error) expect(result, String(at)).toMatchObject({ name: 'AppError' });
    }
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = packed.slice(0, Math.round((packed.length * tenth) / 10));
      await expect(read(cut)).rejects.toMatchObject({ name: 'AppError' });
    }
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
