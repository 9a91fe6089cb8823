import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Nanos } from '../../core/units.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { toIpc } from './columns.ts';
import { ipcToParquet } from './codec.ts';
import { loadParquetInNode } from './load-node.ts';
import { SILVER_COLUMNS, parquetToTape, silverColumns, tapeSidecar, tapeToParquet } from './silver.ts';

beforeAll(loadParquetInNode);

interface Row {
  readonly kind: number;
  readonly slot: number;
  readonly tick: number;
  readonly lots: number;
}

function tapeOf(
  messages: readonly { readonly gap: number; readonly lag: number; readonly rows: readonly Row[] }[]
): Tape {
  const builder = new TapeBuilder(1_700_000_000_123_456_789n);
  let exchange = 0;
  let received = 0;
  for (const message of messages) {
    exchange = Math.max(0, exchange + message.gap);
    received = Math.max(received, exchange + message.lag);
    builder.message(exchange as Nanos, received as Nanos);
    for (const row of message.rows) builder.row(row.kind as RowKind, row.slot, row.tick, row.lots);
  }
  return builder.build(
    {
      id: '1.1',
      venue: 'betfair',
      name: 'R1',
      eventName: 'Somewhere',
      kind: 'WIN',
      country: 'AU',
      rules: betfairRules({ winners: 3 }),
      runners: [{ slot: 0, id: '7', handicap: 0, name: 'Horse', sortPriority: 1 }],
      scheduledMillis: 1,
      fingerprint: 'f',
      synthetic: false
    },
    { shared: false }
  );
}

const row = fc.record({
  kind: fc.constantFrom(...Object.values(RowKind)),
  slot: fc.integer({ min: 0, max: 255 }),
  tick: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  lots: fc.oneof(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.double({ noNaN: false }))
});
const message = fc.record({
  gap: fc.oneof(fc.integer({ min: 0, max: 2 ** 48 }), fc.integer({ min: -1000, max: 1000 })),
  lag: fc.integer({ min: 0, max: 1e9 }),
  rows: fc.array(row, { maxLength: 6 })
});

property.prop([fc.array(message, { maxLength: 40 }), fc.boolean()])(
  'a tape comes back from Parquet bit for bit, messages without rows included',
  async (messages, shared) => {
    const tape = tapeOf(messages);
    const sidecar = JSON.parse(JSON.stringify(tapeSidecar(tape))) as ReturnType<typeof tapeSidecar>;
    const back = await parquetToTape(tapeToParquet(tape), sidecar, { shared });
    expect(new Uint8Array(back.exchange.buffer)).toEqual(new Uint8Array(tape.exchange.buffer));
    expect(back.exchangeOrder).toEqual(tape.exchangeOrder);
    expect(back.exchange.buffer instanceof SharedArrayBuffer).toBe(shared);
    expect(back.startEpochNanos).toBe(tape.startEpochNanos);
    expect(back.market.rules.spec).toEqual(tape.market.rules.spec);
    expect(back.market.runners).toEqual(tape.market.runners);
  }
);

test("the venue's own order is found again in the times", async () => {
  const bid = (lots: number): Row => ({ kind: RowKind.bid, slot: 0, tick: 5, lots });
  const tape = tapeOf([
    { gap: 500, lag: 0, rows: [bid(1), bid(2)] },
    { gap: -300, lag: 400, rows: [bid(3)] }
  ]);
  const back = await parquetToTape(tapeToParquet(tape), tapeSidecar(tape), { shared: false });
  expect(Array.from(back.exchangeOrder ?? [])).toEqual([2, 0, 1]);
  expect(Array.from(back.received)).toEqual([500, 500, 600]);
});

const sample = tapeOf([{ gap: 1, lag: 0, rows: [{ kind: 1, slot: 0, tick: 5, lots: 200 }] }]);

async function refusal(work: Promise<unknown>): Promise<AppError> {
  return await work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(AppError);
      return error as AppError;
    }
  );
}

test('a file whose columns differ is refused, and the message names both sides', async () => {
  const drifted = SILVER_COLUMNS.map((column) =>
    column.name === 'lots' ? { ...column, type: 'i64' as const } : column
  );
  const ipc = toIpc(drifted, { ...silverColumns(sample), lots: new BigInt64Array(sample.rows) }, sample.rows);
  const error = await refusal(parquetToTape(ipcToParquet(ipc), tapeSidecar(sample), { shared: false }));
  expect(error.code).toBe('data.drift');
  expect(error.expected).toContain('lots f64');
  expect(error.got).toContain('lots i64');
});

test('a torn file and a file with other rows than its sidecar tells are corrupt', async () => {
  const bytes = tapeToParquet(sample);
  const torn = await refusal(parquetToTape(bytes.slice(0, bytes.length - 20), tapeSidecar(sample), { shared: false }));
  expect(torn.code).toBe('data.corrupt');
  const short = await refusal(parquetToTape(bytes, { ...tapeSidecar(sample), rows: 2 }, { shared: false }));
  expect(short.code).toBe('data.corrupt');
});
