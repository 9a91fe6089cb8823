import { tableFromIPC } from 'apache-arrow';
import { gzipSync, unzipSync, zipSync } from 'fflate';
import { commands } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import type { DataApi } from '../../src/lib/workers/data-api.ts';
import type { DataClient } from '../../src/lib/workers/data-client.ts';
import { createDataClient } from '../../src/lib/workers/data-client.ts';
import { SQL_TABLES } from '../../src/lib/workers/run-tables.ts';
import { messageCount } from '../../src/lib/market/tape.ts';

const clients: DataClient[] = [];
function open(start?: () => Worker): DataClient {
  const client = createDataClient(start);
  clients.push(client);
  return client;
}

async function clearStorage(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
}

beforeEach(clearStorage);
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A market of two runners as the Exchange Stream records it: a definition, depth, trades, in play, closed. */
function recording(market = '1.100', seconds = 900): string {
  const start = Date.UTC(2026, 0, 1, 12);
  const definition = (status: string, inPlay: boolean, outcomes: readonly string[]) => ({
    eventName: 'Somewhere (AUS) 1st Jan',
    name: 'R1 1200m Mdn',
    marketType: 'WIN',
    countryCode: 'AU',
    eventTypeId: '7',
    eventId: '1',
    marketTime: new Date(start + seconds * 1000).toISOString(),
    numberOfWinners: 1,
    marketBaseRate: 5,
    betDelay: inPlay ? 5 : 0,
    turnInPlayEnabled: true,
    bspMarket: false,
    inPlay,
    status,
    version: 1,
    runners: outcomes.map((outcome, i) => ({
      id: 11 + i,
      name: `${String(i + 1)}. Horse`,
      sortPriority: i + 1,
      status: outcome
    }))
  });
  const lines: string[] = [];
  const add = (second: number, change: object): void => {
    lines.push(
      JSON.stringify({
        op: 'mcm',
        clk: String(lines.length),
        pt: start + second * 1000,
        mc: [{ id: market, ...change }]
      })
    );
  };
  add(0, { marketDefinition: definition('OPEN', false, ['ACTIVE', 'ACTIVE']), img: true });
  for (let second = 1; second < seconds; second++) {
    const id = 11 + (second % 2);
    add(second, {
      rc: [
        {
          id,
          atb: [[2 + (second % 5) / 50, 10 + second]],
          atl: [[2.2 + (second % 5) / 50, 20 + second]],
          trd: [[2.04, second * 2]],
          ltp: 2.04
        }
      ]
    });
  }
  add(seconds, { marketDefinition: definition('OPEN', true, ['ACTIVE', 'ACTIVE']) });
  add(seconds + 60, { marketDefinition: definition('CLOSED', true, ['WINNER', 'LOSER']) });
  return `${lines.join('\n')}\n`;
}

const file = (name: string, parts: BlobPart): File => new File([parts], name);

const rows = async (data: DataApi, sql: string): Promise<Record<string, unknown>[]> => {
  const { ipc } = await data.query(sql);
  return tableFromIPC(ipc)
    .toArray()
    .map((row) => ({ ...(row as { toJSON(): Record<string, unknown> }).toJSON() }));
};

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error
  );
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

describe('import', () => {
  test('a recording becomes a dataset that a new worker still finds', async () => {
    const first = open();
    const phases = new Set<string>();
    const report = await first.importFiles([file('1.100.json', recording())], {
      onProgress: (progress) => phases.add(progress.phase)
    });
    expect(report.markets[0]?.reason).toBeUndefined();
    expect(report.dataset).toMatchObject({ name: '1.100', markets: 1, trainable: 1, messages: 902, runners: 2 });
    expect(phases).toContain('cataloguing');
    first.close();

    const second = open();
    expect((await second.status()).kind).toBe('opfs');
    expect((await second.datasets()).filter((one) => one.origin === 'import')).toEqual([report.dataset]);
    expect(await second.markets('1.100')).toEqual(report.markets);
    const tape = await second.tape('1.100', '1.100');
    expect(messageCount(tape)).toBe(902);
    expect(tape.exchange.buffer instanceof SharedArrayBuffer).toBe(crossOriginIsolated);
    expect(tape.market.fingerprint).toBe(report.dataset.files[0]?.sha256);
  });

  test('names stay apart, a removed dataset comes back, a purged one does not', async () => {
    const data = open();
    for (let i = 0; i < 2; i++) await data.importFiles([file('a.json', recording())]);
    const names = async () => (await data.datasets()).filter((one) => one.origin === 'import').map((one) => one.name);
    expect(await names()).toEqual(['a', 'a 2']);
    await data.remove('a');
    expect(await names()).toEqual(['a 2']);
    await data.restore('a');
    expect(await names()).toEqual(['a', 'a 2']);
    await data.remove('a');
    await data.purge();
    expect((await refusal(data.restore('a'))).code).toBe('data.missing');
    expect(await names()).toEqual(['a 2']);
  });

  test('two tabs importing at once lose nothing', async () => {
    const [one, two] = [open(), open()];
    await Promise.all([
      one.importFiles([file('b.json', recording('1.1', 60))]),
      two.importFiles([file('b.json', recording('1.2', 60))]),
      one.importFiles([file('c.json', recording('1.3', 60))]),
      two.importFiles([file('c.json', recording('1.4', 60))])
    ]);
    const names = (await one.datasets())
      .filter((dataset) => dataset.origin === 'import')
      .map((dataset) => dataset.name);
    expect([...names].sort()).toEqual(['b', 'b 2', 'c', 'c 2']);
  });

  test('a cancelled import leaves nothing behind', async () => {
    const data = open();
    const cancel = new AbortController();
    const big = recording('1.5', 40_000);
    const error = await refusal(
      data.importFiles([file('big.json', big)], {
        signal: cancel.signal,
        onProgress: () => {
          cancel.abort();
        }
      })
    );
    expect(error.code).toBe('aborted');
    expect((await data.datasets()).some((one) => one.name === 'big')).toBe(false);
    expect(await files('furlong/datasets')).toEqual([]);
  });

  test('an archive is unpacked by a worker of its own, and gives what its recordings give alone', async () => {
    const data = open();
    const [one, other] = [recording('1.1', 3000), recording('1.2', 3000)];
    const encoder = new TextEncoder();
    const alone = await data.importFiles([file('1.1', one), file('1.2', other)]);
    const archive = zipSync({
      a: { '1.1.gz': gzipSync(encoder.encode(one)) },
      '1.2': [encoder.encode(other), { level: 0 }]
    });
    expect(archive.length, 'too large to be unpacked in place').toBeGreaterThan(1 << 16);
    const { dataset, markets } = await data.importFiles([file('both.zip', archive)]);
    expect(dataset).toMatchObject({ name: 'both', markets: 2, messages: alone.dataset.messages });
    expect(dataset.files).toMatchObject([{ container: 'zip', members: 2 }]);
    expect(markets.map((market) => [market.id, market.trades])).toEqual(
      alone.markets.map((market) => [market.id, market.trades])
    );
    const cut = await data.importFiles([file('cut.zip', archive.slice(0, archive.length >> 1))]);
    expect(cut.dataset.oddities.map((oddity) => oddity.code)).toContain('archive-damaged');
    expect((await data.datasets()).map(({ name }) => name)).toEqual(expect.arrayContaining(['both', 'cut']));
  });

  test('a bad file among good ones is told and passed over', async () => {
    const data = open();
    const { dataset } = await data.importFiles([
      file('good.json', recording()),
      file('picture.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]))
    ]);
    expect(dataset.markets).toBe(1);
    const told = dataset.oddities.find((oddity) => oddity.code === 'unreadable-file');
    expect(told).toMatchObject({ severity: 'error', count: 1 });
    expect(told?.example).toContain('picture.png');
  });

  test.each([
    ['not a market', 'x.json', 'hello\nworld\n', 'data.kind'],
    ['empty', 'x.json', '', 'data.empty'],
    ['a corrupt bz2', 'x.bz2', new Uint8Array([0x42, 0x5a, 0x68, 0x39, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 'data.corrupt']
  ] as const)('%s alone is refused by its code, and nothing stays', async (_what, name, content, code) => {
    const data = open();
    const error = await refusal(data.importFiles([file(name, content)]));
    expect(error.code).toBe(code);
    expect(error.subject).toContain(name);
    expect(error.remedy).not.toBe('');
    expect(await files('furlong/datasets')).toEqual([]);
  });

  test('what a tab left half-written is cleared when the next one opens', async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await (
      await root.getDirectoryHandle('furlong', { create: true })
    ).getDirectoryHandle('datasets', { create: true });
    const half = await folder.getDirectoryHandle('half', { create: true });
    const writable = await (await half.getFileHandle('x.parquet', { create: true })).createWritable();
    await writable.write('half');
    await writable.close();
    await open().datasets();
    expect(await files('furlong/datasets')).toEqual([]);
  });
});

describe('storage that gives out', () => {
  test('a refusing browser gets a store in memory that says so', async () => {
    const data = open(
      () => new Worker(new URL('./support/refused-storage.worker.ts', import.meta.url), { type: 'module' })
    );
    const status = await data.status();
    expect(status.kind).toBe('memory');
    expect(status.why).toContain('nothing outlives this tab');
    await data.importFiles([file('a.json', recording())]);
    expect(messageCount(await data.tape('a', '1.100'))).toBe(902);
  });

  test('a full disk loses nothing that is stored', async () => {
    const data = open(
      () => new Worker(new URL('./support/full-storage.worker.ts', import.meta.url), { type: 'module' })
    );
    await data.importFiles([file('small.json', recording('1.1', 60))]);
    await data.saveCheckpoint('run', { safetensors: new Uint8Array([1, 2, 3]), json: '{}' });
    expect((await refusal(data.importFiles([file('large.json', recording('1.2', 20_000))]))).code).toBe('storage.full');
    const large = { safetensors: new Uint8Array(100_000), json: '{"large":true}' };
    expect((await refusal(data.saveCheckpoint('run', large))).code).toBe('storage.full');
    expect(messageCount(await data.tape('small', '1.1'))).toBe(62);
    expect(await data.checkpoint('run')).toEqual({ safetensors: new Uint8Array([1, 2, 3]), json: '{}' });
  });
});

describe('the built-in sample', () => {
  test('comes first, says that it is synthetic, and its tapes and tables agree', async () => {
    const data = open();
    const [sample] = await data.datasets();
    expect(sample).toMatchObject({ origin: 'sample', synthetic: true });
    const [market] = await data.markets(sample?.name);
    if (sample === undefined || market === undefined) throw new Error('the sample has no market');
    const tape = await data.tape(sample.name, market.id);
    expect(tape.market.synthetic).toBe(true);
    expect([tape.rows, messageCount(tape)]).toEqual([market.rows, market.messages]);
    expect(await rows(data, `select count(*)::int as n from tape where market = '${market.id}'`)).toEqual([
      { n: tape.rows }
    ]);
    expect((await refusal(data.remove(sample.name))).code).toBe('data.kind');
    expect((await data.exportDataset(sample.name)).size).toBeGreaterThan(1000);
  });
});

describe('SQL', () => {
  test('the catalogue, the tape, the series and the messages can be asked', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording())]);
    await data.importFiles([file('b.json', recording('1.200', 120))]);
    expect(await rows(data, "select market, messages, winners from markets where dataset = 'a'")).toEqual([
      { market: '1.100', messages: 902, winners: '11' }
    ]);
    expect(await rows(data, "select runner, winner from runners where market = '1.100' order by slot")).toEqual([
      { runner: '1. Horse', winner: true },
      { runner: '2. Horse', winner: false }
    ]);
    const tape = await data.tape('a', '1.100');
    const [counted] = await rows(data, "select count(*)::int as n, max(price) as top from tape where market = '1.100'");
    expect(counted).toEqual({ n: tape.rows, top: 2.28 });
    const [both] = await rows(
      data,
      "select count(distinct market)::int as n from tape where dataset in ('a', 'b') and kind = 'trade'"
    );
    expect(both).toEqual({ n: 2 });
    const [first] = await rows(
      data,
      "select epoch_ms(time)::double as millis, seconds_to_off as off from tape where market = '1.100' order by message limit 1"
    );
    expect(first).toEqual({ millis: Date.UTC(2026, 0, 1, 12), off: 900 });
    const series = await rows(
      data,
      "select back, lay, in_play from runner_ts where market = '1.100' and slot = 0 and seconds_to_off between 100 and 101"
    );
    expect(series.length).toBeGreaterThan(0);
    expect(series[0]?.['back']).toBeLessThan(series[0]?.['lay'] as number);
    const [text] = await rows(data, "select text from bronze where market = '1.100' order by published limit 1");
    expect(JSON.parse(text?.['text'] as string)).toMatchObject({ op: 'mcm', mc: [{ id: '1.100' }] });
  });

  test('a removed dataset is gone from the tables', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording())]);
    const tape = await data.tape('a', '1.100');
    expect(await rows(data, "select count(*)::int as n from tape where market = '1.100'")).toEqual([{ n: tape.rows }]);
    await data.remove('a');
    expect(await rows(data, "select count(*)::int as n from tape where market = '1.100'")).toEqual([{ n: 0 }]);
  });

  test('a mistake is answered in DuckDB’s own words, and nothing but reading is let through', async () => {
    const data = open();
    const wrong = await refusal(data.query('select nonsense from markets'));
    expect(wrong.code).toBe('query.invalid');
    expect(wrong.got).toContain('nonsense');
    expect((await refusal(data.query('drop table markets'))).code).toBe('query.invalid');
    expect((await refusal(data.query("select * from read_csv('https://example.com/a.csv')"))).code).toBe(
      'query.invalid'
    );
    expect(await rows(data, 'select 1::int as one')).toEqual([{ one: 1 }]);
  });

  test('with writing on, tables of one’s own are made and what is stored stays what it is', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording())]);
    const write = (sql: string) => data.query(sql, { mayWrite: true });
    const mine = "market = '1.100'";
    const counts = `select (select count(*) from tape where ${mine})::int as rows, (select count(*) from markets)::int as markets`;
    const before = await rows(data, counts);
    expect(before[0]?.['rows']).toBeGreaterThan(900);
    for (const sql of [
      'delete from memory.store.tape',
      'delete from memory.main.markets',
      'drop schema store cascade',
      'drop schema memory.store cascade',
      'create table tape as select 1',
      "copy markets to 'a.csv'"
    ])
      expect((await refusal(write(sql))).code, sql).toBe('query.invalid');
    await write('create table mine as select market from tape where ' + mine);
    await write("update mine set market = 'own'");
    expect(await rows(data, "select count(*)::int as rows from mine where market = 'own'")).toEqual([
      { rows: before[0]?.['rows'] }
    ]);
    expect(await rows(data, counts)).toEqual(before);
    expect(await rows(data, `select count(*)::int as n from 'tape' where ${mine}`)).toEqual([
      { n: before[0]?.['rows'] }
    ]);
    expect((await refusal(data.query("select * from query('select count(*) from tape')"))).code).toBe('query.invalid');
  });

  test('a long query can be cancelled and the next one is answered', async () => {
    const data = open();
    await data.query('select 1');
    const cancel = new AbortController();
    setTimeout(() => {
      cancel.abort();
    }, 200);
    const started = performance.now();
    const endless = 'select count(*) from range(100000000) a, range(100000) b where (a.range * b.range) % 7 = 3';
    expect((await refusal(data.query(endless, { signal: cancel.signal }))).code).toBe('aborted');
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await rows(data, 'select 2::int as two')).toEqual([{ two: 2 }]);
  });

  test('every table has the columns it is documented with', async () => {
    const data = open();
    for (const table of SQL_TABLES) {
      const described = await rows(data, `describe ${table.name}`);
      expect(described.map((row) => row['column_name'])).toEqual(table.columns.map((column) => column.name));
    }
  });

  test('runs and their metrics are tables too', async () => {
    const data = open();
    await data.saveRun(run('r1'));
    await data.appendMetrics('r1', [
      { updates: 1, return: -2 },
      { updates: 2, return: 3, 'reward.tradeCost': -0.5 }
    ]);
    expect(
      await rows(data, 'select updates, "return", "reward.tradeCost" as cost from metrics order by updates')
    ).toEqual([
      { updates: 1, return: -2, cost: null },
      { updates: 2, return: 3, cost: -0.5 }
    ]);
    expect(await rows(data, 'select run, state from runs')).toEqual([{ run: 'r1', state: 'running' }]);
  });
});

describe('runs and documents', () => {
  test('metrics and the checkpoint outlive the worker, before and after the run has ended', async () => {
    const first = open();
    await first.saveRun(run('r1'));
    await first.appendMetrics('r1', [{ updates: 1, return: 0.25 }]);
    await first.appendMetrics('r1', [{ updates: 2, critic_loss: Number.NaN }]);
    await first.saveCheckpoint('r1', { safetensors: new Uint8Array([1]), json: '1' });
    await first.saveCheckpoint('r1', { safetensors: new Uint8Array([2, 2]), json: '2' });
    first.close();
    const second = open();
    const metrics = [{ updates: 1, return: 0.25 }, { updates: 2 }];
    expect(await second.metrics('r1')).toEqual(metrics);
    expect(await second.checkpoint('r1')).toEqual({ safetensors: new Uint8Array([2, 2]), json: '2' });
    await second.saveRun({ ...run('r1'), state: 'finished' });
    expect(await second.metrics('r1')).toEqual(metrics);
    expect((await files('furlong/runs')).filter((path) => path.includes('metrics'))).toEqual([
      'r1/metrics-0001.parquet'
    ]);
    await second.appendMetrics('r1', [{ updates: 3 }]);
    expect(await second.metrics('r1')).toEqual([...metrics, { updates: 3 }]);
    await second.removeRun('r1');
    expect(await second.runs()).toEqual([]);
    await second.restoreRun('r1');
    expect((await second.runs()).map((one) => one.id)).toEqual(['r1']);
  });

  test('documents are kept by path', async () => {
    const data = open();
    await data.writeDocument('notebooks/a.html', 'A');
    await data.writeDocument('settings.json', '{}');
    expect(await data.listDocuments('notebooks/')).toEqual(['notebooks/a.html']);
    expect(await data.readDocument('notebooks/a.html')).toBe('A');
    await data.removeDocument('notebooks/a.html');
    expect(await data.readDocument('notebooks/a.html')).toBeUndefined();
  });

  test('an exported dataset comes back whole, under the name and with the rules it had', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording()), file('b.json', recording('1.200', 120))]);
    await data.rename('a + b', 'Spring');
    const before = await data.setRules('Spring', [{ measure: 'silenceSeconds', operator: '>', value: 9 }]);
    expect(before.formerNames).toEqual(['a + b']);
    const exported = await data.exportDataset('Spring');
    expect(exported.name).toBe('Spring.furlong.tar');
    // As a download would: the file lies in the dataset's own storage until it is read.
    const archive = file(exported.name, await exported.arrayBuffer());
    const kept = await rows(data, "select * from tape where dataset = 'Spring'");
    const messages = await rows(data, "select * from bronze where dataset = 'Spring'");
    await data.remove('Spring');
    await data.purge();
    const { dataset, markets } = await data.importFiles([archive]);
    const { formerNames: _, ...listed } = before;
    expect(dataset).toEqual(listed);
    expect(markets.map(({ id }) => id)).toEqual(['1.100', '1.200']);
    expect(await rows(data, "select * from tape where dataset = 'Spring'")).toEqual(kept);
    expect(await rows(data, "select * from bronze where dataset = 'Spring'")).toEqual(messages);
    expect((await data.importFiles([archive])).dataset.name).toBe('Spring 2');

    const bytes = new Uint8Array(await archive.arrayBuffer());
    bytes[bytes.length >> 1]! ^= 1;
    expect((await refusal(data.importFiles([file('x.tar', bytes)]))).code).toBe('data.corrupt');
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = file('x.tar', archive.slice(0, Math.floor((archive.size * tenth) / 10)));
      expect(['data.corrupt', 'data.truncated']).toContain((await refusal(data.importFiles([cut]))).code);
    }
    expect((await refusal(data.importFiles([archive, file('c.json', recording())]))).code).toBe('data.kind');
    const own = (await data.datasets()).filter(({ origin }) => origin === 'import');
    expect(own.map(({ name }) => name)).toEqual(['Spring', 'Spring 2']);
  });

  test('candles of one market are asked for without reading those of others', async () => {
    const data = open();
    const candles = (open: number): string =>
      `time,open,high,low,close,volume\n${Array.from({ length: 30 }, (_, day) =>
        [new Date(Date.UTC(2024, 0, 1 + day)).toISOString(), open, open + 2, open - 1, open + 1, 100].join(',')
      ).join('\n')}\n`;
    await data.importFiles([file('near.csv', candles(10))]);
    await data.importFiles([file('far.csv', candles(20))]);
    expect(await rows(data, "select count(*)::int as n, min(open) as low from bars where dataset = 'near'")).toEqual([
      { n: 30, low: 10 }
    ]);
    expect(await rows(data, 'select count(*)::int as n from bars')).toEqual([{ n: 60 }]);
    expect(await rows(data, "select count(*)::int as n from runners where dataset = 'far'")).toEqual([{ n: 1 }]);

    // One of the two files is lost: whoever asks for the other market alone does not notice.
    let folder = await navigator.storage.getDirectory();
    for (const name of ['furlong', 'datasets']) folder = await folder.getDirectoryHandle(name);
    for await (const entry of folder.values()) {
      if (entry.kind !== 'directory') continue;
      await entry.removeEntry('bars', { recursive: true });
      break;
    }
    const gone = await Promise.all(
      ['near', 'far'].map((name) =>
        rows(data, `select count(*)::int as n from bars where dataset = '${name}'`).then(
          (found) => JSON.stringify(found),
          (thrown: unknown) => (thrown as AppError).code
        )
      )
    );
    expect(gone.sort()).toEqual(['[{"n":30}]', 'data.missing']);
    expect((await refusal(rows(data, 'select count(*) from bars'))).code).toBe('data.missing');
  });

  test('CSV holds the rows that SQL shows, every text quoted', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording('1.1', 60))]);
    await data.rename('a', `it's "mine"`);
    const zip = await data.exportDataset(`it's "mine"`, { format: 'csv' });
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(files).sort()).toEqual(['markets.csv', 'quality.csv', 'runners.csv', 'tape/1.1.csv']);
    const lines = (path: string) => new TextDecoder().decode(files[path]).trimEnd().split('\n');
    expect(lines('markets.csv')[1]).toMatch(/^"it's ""mine""","1.1","R1 1200m Mdn"/);
    const [head, ...tape] = lines('tape/1.1.csv');
    expect(head).toContain('dataset,market,time,seconds_to_off,message,kind');
    const [counted] = await rows(
      data,
      "select count(*)::int as n, max(message)::int as last from tape where market = '1.1'"
    );
    expect(tape.length).toBe(counted?.['n']);
    expect(tape.at(-1)?.split(',')[4]).toBe(String(counted?.['last']));
  });

  test('a dataset is found under the name it had, and no name is taken twice', async () => {
    const data = open();
    await data.importFiles([file('a.json', recording())]);
    await data.importFiles([file('b.json', recording())]);
    await data.rename('a', 'first');
    expect((await data.markets('a'))[0]?.id).toBe('1.100');
    expect((await data.rename('b', 'b')).name).toBe('b');
    for (const name of [' ', 'a', 'first', 'x'.repeat(200), 'x/../y', 'a\\b', '..']) {
      expect((await refusal(data.rename('b', name))).code).toBe('config.invalid');
    }
    expect((await data.importFiles([file('a.json', recording())])).dataset.name).toBe('a 2');
  });

  test('rules leave markets out of training, are kept, and can be taken back', async () => {
    const first = open();
    await first.importFiles([file('a.json', recording()), file('b.json', recording('1.200', 1200))]);
    expect((await first.quality('a + b')).map(({ quality }) => quality.silenceSeconds)).toEqual([1, 1]);
    const [sql] = await rows(
      first,
      "select count(*)::int as n, sum(gaps)::int as gaps from quality where dataset = 'a + b'"
    );
    expect(sql).toEqual({ n: 2, gaps: 0 });
    const ruled = await first.setRules('a + b', [
      { measure: 'silenceSeconds', operator: '>=', value: 1 },
      { measure: 'gaps', operator: '>', value: 0 }
    ]);
    expect(ruled.trainable).toBe(0);
    first.close();
    const second = open();
    expect((await second.datasets()).find(({ name }) => name === 'a + b')).toEqual(ruled);
    for (const market of await second.markets('a + b')) {
      expect(market).toMatchObject({ trainable: false, excludedBy: 'silence >= 1 s' });
      expect(market.reason).toContain('silence >= 1 s');
    }
    expect(await rows(second, "select distinct excluded_by from quality where dataset = 'a + b'")).toEqual([
      { excluded_by: 'silence >= 1 s' }
    ]);
    expect((await second.setRules('a + b', [])).trainable).toBe(2);
    expect((await second.markets('a + b')).every(({ trainable }) => trainable)).toBe(true);
  });
});

const recorded = await commands.listRecordings();

describe.skipIf(recorded.length === 0)('recorded markets', () => {
  test('each small one imports, and its counts agree with SQL over its layers', { timeout: 120_000 }, async () => {
    const data = open();
    const small = recorded.filter((one) => one.bytes < 130_000).slice(0, 4);
    for (const { name } of small) {
      const { dataset, markets } = await data.importFiles([file(name, await bytesOf(name))]);
      const [counted] = await rows(
        data,
        `select (select count(*)::int from bronze where dataset = '${dataset.name}') as messages,
           (select count(*)::int from tape where dataset = '${dataset.name}' and kind in ('trade', 'offLadderTrade')) as trades`
      );
      expect(counted).toEqual({
        messages: markets.reduce((sum, market) => sum + market.messages, 0),
        trades: dataset.trades
      });
    }
  });

  test('a bz2 that was cut off keeps what comes before the cut, and says so', async () => {
    const whole = recorded.findLast((one) => one.name.endsWith('.bz2'));
    if (whole === undefined) return;
    const data = open();
    const bytes = await bytesOf(whole.name);
    const { dataset } = await data.importFiles([file(whole.name, bytes.slice(0, Math.floor(bytes.length * 0.7)))]);
    expect(dataset.messages).toBeGreaterThan(0);
    expect(dataset.oddities[0]).toMatchObject({ code: 'file-truncated', severity: 'error' });
  });
});

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(await commands.readRecording(name));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Paths of the files under a folder of the browser's storage. */
async function files(path: string): Promise<readonly string[]> {
  let folder = await navigator.storage.getDirectory();
  try {
    for (const part of path.split('/')) folder = await folder.getDirectoryHandle(part);
  } catch {
    return [];
  }
  const found: string[] = [];
  const walk = async (at: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const [name, entry] of at.entries()) {
      if (entry.kind === 'file') found.push(`${prefix}${name}`);
      else await walk(entry, `${prefix}${name}/`);
    }
  };
  await walk(folder, '');
  return found.sort();
}

function run(id: string) {
  return {
    id,
    name: 'quiet-bay-17',
    configHash: 'c',
    configYaml: '',
    dataFingerprint: 'd',
    dataset: 'a',
    synthetic: false,
    codeVersion: 'v',
    createdMillis: 1,
    updatedMillis: 2,
    state: 'running' as const,
    updates: 0,
    environmentSteps: 0,
    device: 'cpu',
    trainMarkets: [],
    heldOutMarkets: []
  };
}
