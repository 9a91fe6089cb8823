import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../core/errors.ts';
import { ManualClock } from '../core/time.ts';
import { loadParquetInNode } from '../data/parquet/load-node.ts';
import { readRecording } from '../data/read-recording.ts';
import { SAMPLE_FILE, SAMPLE_NAME, Sample, writeSample } from '../data/sample.ts';
import type { SampleFetch } from '../data/sample.ts';
import type { FileStore } from '../data/store/file-store.ts';
import { LocalLocks } from '../data/store/locks.ts';
import { MemoryStore } from '../data/store/memory-store.ts';
import type { Nanos } from '../core/units.ts';
import { betfairRules } from '../market/venues/betfair.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../market/tape.ts';
import type { Tape } from '../market/tape.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { RunRecord } from '../research/types.ts';
import { DataService } from './data-service.ts';

beforeAll(loadParquetInNode);

interface Setting {
  readonly store?: FileStore;
  readonly locks?: LocalLocks;
  readonly sample?: SampleFetch;
}

const unreachableSample: SampleFetch = () =>
  Promise.reject(new AppError('network.unavailable', { subject: 'the sample', got: 'no server', remedy: 'serve it' }));

function open(setting: Setting = {}): DataService {
  return new DataService({
    openStore: () => Promise.resolve(setting.store ?? new MemoryStore()),
    locks: setting.locks ?? new LocalLocks(),
    clock: new ManualClock(1000),
    codeVersion: 'test',
    sample: new Sample(setting.sample ?? unreachableSample),
    read: readRecording,
    parquet: loadParquetInNode,
    duckdb: { workerUrl: '', wasmUrl: '' },
    shared: false
  });
}

/** A market of one runner: open, a bid, an ask and a trade a second for some minutes, then in play. */
function market(id: string, minutes = 5): Tape {
  const builder = new TapeBuilder(1_700_000_000_000_000_000n);
  builder.message(0 as Nanos);
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  for (let second = 1; second <= minutes * 60; second++) {
    builder.message((second * 1e9) as Nanos);
    builder.row(RowKind.bid, 0, 100, 200 + second);
    builder.row(RowKind.ask, 0, 102, 300 + second);
    builder.row(RowKind.trade, 0, 101, 10);
  }
  builder.message((minutes * 60e9 + 1) as Nanos);
  builder.row(RowKind.inPlay, NO_SLOT, NO_TICK, 1);
  return builder.build(
    {
      id,
      venue: 'betfair',
      name: 'R1',
      eventName: 'Simulated',
      kind: 'WIN',
      country: 'AU',
      rules: betfairRules(),
      runners: [{ slot: 0, id: '1', handicap: 0, name: 'One', sortPriority: 1 }],
      scheduledMillis: 1_700_000_000_000 + minutes * 60_000,
      fingerprint: '',
      synthetic: true
    },
    { shared: false }
  );
}

async function sampleFetch(tapes: readonly Tape[], spoil?: (bytes: Uint8Array) => void): Promise<SampleFetch> {
  const { metadata, parquet } = await writeSample(tapes, { codeVersion: 'simulator' });
  const bytes = parquet.slice();
  spoil?.(bytes);
  return (file) =>
    Promise.resolve(file === SAMPLE_FILE ? bytes.slice() : new TextEncoder().encode(JSON.stringify(metadata)));
}

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

const stream = (id: string, messages: number): string =>
  Array.from({ length: messages }, (_, i) =>
    JSON.stringify({
      op: 'mcm',
      clk: String(i),
      pt: 1_700_000_000_000 + i * 1000,
      mc: [{ id, rc: [{ id: 1, ltp: 2 + (i % 4) / 50 }] }]
    })
  ).join('\n');
const file = (name: string, text: string): File => new File([text], name);

describe('the orders of a run', () => {
  test('are replaced as a whole, kept with the run, and go with it', async () => {
    const store = new MemoryStore();
    const data = open({ store });
    const record = { id: 'r1', name: 'r', state: 'running', createdMillis: 1 } as RunRecord;
    await data.saveRun(record);
    expect(await data.orders('r1')).toBeUndefined();
    const episode = (market: string) => ({ market, synthetic: true, orders: [], leftOut: 3 });
    await data.saveOrders('r1', { updates: 10, episodes: [episode('1.1'), episode('1.2')] });
    const last = { updates: 20, episodes: [episode('1.2')] };
    await data.saveOrders('r1', last);
    expect(await data.orders('r1')).toEqual(last);
    await data.removeRun('r1');
    await data.purge();
    expect(await data.orders('r1')).toBeUndefined();
    expect((await store.list('runs')).filter((path) => path.includes('r1'))).toEqual([]);
  });
});

describe('the sample', () => {
  test('comes first, is synthetic, gives its tapes back bit for bit and cannot be removed', async () => {
    const tapes = [market('s1'), market('s2', 2)];
    const data = open({ sample: await sampleFetch(tapes) });
    await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't' });
    expect((await data.datasets()).map((one) => one.name)).toEqual([SAMPLE_NAME, 'a']);
    expect((await data.datasets())[0]).toMatchObject({ origin: 'sample', synthetic: true, markets: 2, trainable: 2 });
    for (const tape of tapes) {
      const back = tapeFromWire(await data.tape(SAMPLE_NAME, tape.market.id));
      expect(new Uint8Array(back.exchange.buffer)).toEqual(new Uint8Array(tape.exchange.buffer));
      expect(back.market.synthetic).toBe(true);
      expect(back.market.fingerprint).toMatch(/^[0-9a-f]{64}$/u);
    }
    expect((await refusal(data.remove(SAMPLE_NAME))).code).toBe('data.kind');
    await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't', name: SAMPLE_NAME });
    expect((await data.datasets()).map((one) => one.name)).toContain(`${SAMPLE_NAME} 2`);
  });

  test('is refused when its bytes are not the ones its metadata fingerprints', async () => {
    const data = open({ sample: await sampleFetch([market('s1')], (bytes) => (bytes[100]! ^= 1)) });
    expect((await refusal(data.tape(SAMPLE_NAME, 's1'))).code).toBe('data.corrupt');
  });

  test('is left out without a server, and what is stored stays in reach', async () => {
    const data = open();
    await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't' });
    expect((await data.datasets()).map((one) => one.name)).toEqual(['a']);
  });
});

describe('imports', () => {
  test('of a market in two files the longer recording is kept, and that is told', async () => {
    const store = new MemoryStore();
    const data = open({ store });
    const { dataset, markets } = await data.importFiles(
      [file('short.json', stream('1.1', 3)), file('long.json', stream('1.1', 9)), file('mid.json', stream('1.1', 5))],
      { task: 't' }
    );
    expect(markets.map((one) => one.messages)).toEqual([9]);
    expect(dataset.oddities.find((one) => one.code === 'market-in-several-files')?.count).toBe(2);
    expect((await store.list('datasets')).filter((path) => path.endsWith('.parquet'))).toHaveLength(2);
    expect((await data.tape(dataset.name, '1.1')).messages).toBe(9);
  });

  test('the same content a second time is kept under another name, and the report says so', async () => {
    const data = open();
    const first = await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't' });
    expect(first.dataset.oddities.map(({ code }) => code)).not.toContain('already-imported');
    const again = await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't' });
    expect(again.dataset.oddities).toContainEqual(
      expect.objectContaining({
        code: 'already-imported',
        example: expect.stringContaining(first.dataset.name) as string
      })
    );
    const other = await data.importFiles([file('b.json', stream('1.1', 4))], { task: 't' });
    expect(other.dataset.oddities.map(({ code }) => code)).not.toContain('already-imported');
  });

  test('all bad files together are refused, each named', async () => {
    const data = open();
    const error = await refusal(data.importFiles([file('x', 'no'), file('y', '')], { task: 't' }));
    expect(error.code).toBe('data.empty');
    expect(error.message).toContain('x');
    expect(error.message).toContain('y');
    expect((await refusal(data.importFiles([], { task: 't' }))).code).toBe('data.empty');
    expect(await refusal(data.importFiles([file('y.csv', '')], { task: 't' }))).toMatchObject({
      subject: 'y.csv',
      expected: 'a recording, results or candles',
      got: 'the file is empty'
    });
  });

  test('bad files beside a good one are counted and named, every one, with what ails the first', async () => {
    const files = [file('x', 'no'), file('a.json', stream('1.1', 3)), file('y', ''), file('z', 'neither')];
    const { dataset } = await open().importFiles(files, { task: 't' });
    const told = dataset.oddities.find(({ code }) => code === 'unreadable-file');
    expect(told).toMatchObject({ count: 3, severity: 'error' });
    expect(told?.example).toMatch(/^x: .*Nor could be read: y, z$/u);
  });

  test('a full store keeps what it has and lets go of the half that did not fit', async () => {
    const store = new MemoryStore({ capacityBytes: 280_000 });
    const data = open({ store });
    await data.importFiles([file('a.json', stream('1.1', 3))], { task: 't' });
    const before = (await store.usage()).usedBytes;
    const noise = Array.from({ length: 4000 }, (_, i) => stream(`1.${String(i + 5)}`, 1)).join('\n');
    expect((await refusal(data.importFiles([file('b.json', noise)], { task: 't' }))).code).toBe('storage.full');
    expect((await store.usage()).usedBytes).toBe(before);
    expect((await data.tape('a', '1.1')).messages).toBe(3);
    /* Full to the last byte, a dataset can still be removed, and that makes room. */
    await data.writeDocument('filler', 'x'.repeat(280_000 - before));
    expect((await refusal(data.writeDocument('more', 'x'))).code).toBe('storage.full');
    await data.remove('a');
    await data.purge();
    expect(await data.datasets()).toEqual([]);
    await data.writeDocument('more', 'x');
  });

  test('a fetched order book is a market, fetched candles are bars with their messages kept', async () => {
    const data = open();
    const body = (operation: string, content: unknown): string =>
      JSON.stringify({
        format: 'furlong-fetch/1',
        operation,
        parameters: { symbol: 'BTCUSDT', interval: '1m' },
        fetchedMillis: 1_700_000_000_000,
        body: content
      });
    const depth = body('binance.depth', { lastUpdateId: 5, bids: [['10.00', '2.0']], asks: [['10.01', '3.0']] });
    const candle = [0, '1', '2', '1', '2', '5', 59_999, '9', 7, '1'];
    const { dataset, markets } = await data.importFiles(
      [file('depth.json', depth), file('bars.json', body('binance.klines', [candle]))],
      { task: 't', origin: 'fetch' }
    );
    expect(dataset).toMatchObject({ origin: 'fetch', venue: 'binance', markets: 2, trainable: 0 });
    expect(markets.map((one) => one.kind)).toEqual(['SNAPSHOT', 'BARS']);
    expect((await data.tape(dataset.name, markets[0]!.id)).rows).toBe(3);
    const archive = await (await data.exportDataset(dataset.name, 'archive', 't')).text();
    expect(archive).toContain('bars/BTCUSDT');
  });
});

describe('several tabs', () => {
  test('one tab clears what a closed tab set aside, never what an open one did', async () => {
    const [store, locks] = [new MemoryStore(), new LocalLocks()];
    const first = open({ store, locks });
    for (const name of ['a', 'b']) await first.importFiles([file(`${name}.json`, stream('1.1', 3))], { task: 't' });
    await first.remove('a');
    await open({ store, locks }).datasets();
    await first.restore('a');
    expect((await first.datasets()).map((one) => one.name)).toEqual(['a', 'b']);
    await first.remove('b');
    await first.close();
    const third = open({ store, locks });
    expect((await third.datasets()).map((one) => one.name)).toEqual(['a']);
    expect((await refusal(third.restore('b'))).code).toBe('data.missing');
  });
});

describe('runs', () => {
  const record = (state: RunRecord['state']): RunRecord => ({
    id: 'r/1',
    name: 'quiet-bay-17',
    configHash: 'c',
    configYaml: '',
    dataFingerprint: 'd',
    dataset: 'a',
    synthetic: true,
    codeVersion: 'v',
    createdMillis: 1,
    updatedMillis: 1,
    state,
    updates: 0,
    environmentSteps: 0,
    device: 'cpu',
    trainMarkets: [],
    heldOutMarkets: []
  });

  test('a line torn by a crash costs that line alone', async () => {
    const store = new MemoryStore();
    const data = open({ store });
    await data.saveRun(record('running'));
    await data.appendMetrics('r/1', [{ updates: 1 }]);
    await store.append('runs/r%2F1/metrics-0000.ndjson', new TextEncoder().encode('{"updates":2,"ret'));
    expect(await data.metrics('r/1')).toEqual([{ updates: 1 }]);
  });

  test('rows compacted before a crash are counted once', async () => {
    const store = new MemoryStore();
    const data = open({ store });
    await data.appendMetrics('r/1', [{ updates: 1 }]);
    const lines = await store.read('runs/r%2F1/metrics-0000.ndjson');
    await data.saveRun(record('finished'));
    await store.write('runs/r%2F1/metrics-0000.ndjson', lines!);
    expect(await data.metrics('r/1')).toEqual([{ updates: 1 }]);
  });

  test('a checkpoint that does not fit leaves the former one', async () => {
    const store = new MemoryStore({ capacityBytes: 2000 });
    const data = open({ store });
    const former = { safetensors: new Uint8Array([1, 2, 3]), json: '{"n":1}' };
    await data.saveCheckpoint('r/1', former);
    const large = { safetensors: new Uint8Array(5000), json: '{}' };
    expect((await refusal(data.saveCheckpoint('r/1', large))).code).toBe('storage.full');
    expect(await data.checkpoint('r/1')).toEqual(former);
  });

  test('a document cannot climb out of its folder', async () => {
    expect((await refusal(open().writeDocument('../catalogue.json', ''))).code).toBe('data.missing');
  });
});
