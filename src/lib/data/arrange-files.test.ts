/** Files of one Kalshi recording and what the venue says of it, dropped in any order, give the market once and whole. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TarPart } from '../../../tests/support/archives.ts';
import { tarOf } from '../../../tests/support/archives.ts';
import { AppError } from '../core/errors.ts';
import { arrangeFiles } from './arrange-files.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import { tapeToParquet } from './parquet/silver.ts';
import { readRecording } from './read-recording.ts';
import type { ReadMarket } from './recording.ts';

beforeAll(loadParquetInNode);

const T = 1_786_000_000_000;
const TICKER = 'KXGOLD15M-26AUG050000-00';

let seq = 0;
const line = (millis: number, type: string, msg: object): string =>
  JSON.stringify({ recv_ms: T + millis, event: { type, sid: 1, seq: ++seq, msg: { market_ticker: TICKER, ...msg } } });
const image = line(0, 'orderbook_snapshot', {
  yes_dollars_fp: [['0.4000', '10.00']],
  no_dollars_fp: [['0.5000', '5.00']]
});
const delta = (millis: number): string =>
  line(millis, 'orderbook_delta', { price_dollars: '0.4000', delta_fp: '1.00', side: 'yes', ts_ms: T + millis - 5 });
const first = [image, delta(10), delta(20)].join('\n');
const second = [delta(30), delta(40)].join('\n');
const third = `${delta(50)}\n`;

const metadata = JSON.stringify({
  event: { event_ticker: 'KXGOLD15M-26AUG050000', title: 'Gold 15 min' },
  markets: [
    {
      ticker: TICKER,
      event_ticker: 'KXGOLD15M-26AUG050000',
      title: 'Gold up?',
      close_time: new Date(T + 900_000).toISOString(),
      settlement_ts: new Date(T + 901_000).toISOString(),
      result: 'yes',
      price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }]
    }
  ]
});
const table = [
  'window,event_ticker,open_time,close_time,result,settlement_ts,price_level_structure',
  `${TICKER},KXGOLD15M-26AUG050000,,${new Date(T + 900_000).toISOString()},yes,${new Date(T + 901_000).toISOString()},linear_cent`
].join('\n');

type Pack = (text: string) => Uint8Array<ArrayBuffer> | string;
const packs: readonly (readonly [string, Pack])[] = [
  ['plain', (text) => text],
  ['gzip', (text) => new Uint8Array(gzipSync(text))],
  ['zstd', (text) => new Uint8Array(zstdCompressSync(text))]
];

async function read(files: readonly File[]): Promise<{
  readonly names: readonly string[];
  readonly markets: readonly ReadMarket[];
  /** Of the files themselves. */
  readonly codes: readonly string[];
}> {
  const arranged = await arrangeFiles(files);
  const { terms, images, chains } = arranged;
  const markets: ReadMarket[] = [];
  const codes: string[] = [];
  for (const file of arranged.files) {
    const { oddities } = await readRecording(file, {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      onMarket: (market) => {
        markets.push(market);
        return Promise.resolve();
      },
      terms,
      images,
      chains: chains.get(file) ?? []
    });
    codes.push(...oddities.map(({ code }) => code));
  }
  return { names: arranged.files.map(({ name }) => name), markets, codes };
}

describe.each(packs)('days of one market, %s', (_, pack) => {
  const days = [first, second, third].map((text, day) => new File([pack(text)], `day${String(day + 1)}`));
  it.each([
    ['in order', [0, 1, 2]],
    ['backward', [2, 1, 0]],
    ['mixed', [1, 2, 0]]
  ])('%s', async (_order, order) => {
    const { names, markets } = await read(order.map((day) => days[day]!));
    expect(names).toEqual(['day1 + day2 + day3']);
    expect(markets).toHaveLength(1);
    expect(markets[0]?.record).toMatchObject({ id: TICKER, messages: 6, oddities: [] });
  });
});

describe('within an archive', () => {
  const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));
  const gz = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(text));
  const days = [first, second, third].map((text, day) => ({
    path: `events/day${String(day + 1)}.gz`,
    bytes: gz(text)
  }));
  const beside = { path: 'metadata/a.json', bytes: bytes(metadata) };
  const others = [
    { path: 'README.md', bytes: bytes('what this is\n') },
    { path: 'manifest.csv', bytes: bytes('window,file,bytes_gz,events,more\na,b,1,2,3\nc,d,4,5,6\n') }
  ];
  const containers: readonly (readonly [string, (parts: readonly TarPart[]) => Uint8Array<ArrayBuffer>])[] = [
    ['tar', (parts) => tarOf(...parts)],
    ['tar.gz', (parts) => new Uint8Array(gzipSync(tarOf(...parts)))],
    [
      'zip',
      (parts) =>
        Uint8Array.from(
          zipSync(Object.fromEntries(parts.map((part) => [String(part.path), part.bytes ?? new Uint8Array(0)])))
        )
    ]
  ];

  describe.each(containers)('%s', (ending, pack) => {
    const archive = (parts: readonly TarPart[]): File => new File([pack(parts)], `gold.${ending}`);
    it.each([
      ['in order', [0, 1, 2]],
      ['backward', [2, 1, 0]],
      ['mixed', [1, 2, 0]]
    ])('days %s, what the venue says of them at the end, are what they are as files', async (_order, order) => {
      const loose = await read([
        new File([metadata], 'a.json'),
        ...[first, second, third].map((text, i) => new File([text], `day${String(i + 1)}`))
      ]);
      const { markets } = await read([archive([...others, ...order.map((day) => days[day]!), beside])]);
      expect(markets).toHaveLength(1);
      const { fingerprint: _, ...record } = markets[0]!.record;
      const { fingerprint: __, ...alone } = loose.markets[0]!.record;
      expect(record).toEqual(alone);
      expect(record).toMatchObject({ messages: 6, oddities: [], winners: [TICKER], status: 'closed' });
      expect(tapeToParquet({ ...markets[0]!.tape, market: loose.markets[0]!.tape.market })).toEqual(
        tapeToParquet(loose.markets[0]!.tape)
      );
      expect(markets[0]!.bronze).toEqual(loose.markets[0]!.bronze);
    });

    it('what the venue says may lie in another archive, or loose', async () => {
      for (const terms of [archive([beside]), new File([metadata], 'a.json'), new File([table], 'markets.csv')]) {
        for (const files of [
          [archive(days), terms],
          [terms, archive(days)]
        ]) {
          const { markets } = await read(files);
          expect(markets).toHaveLength(1);
          expect(markets[0]?.record).toMatchObject({ messages: 6, winners: [TICKER], status: 'closed' });
        }
      }
    });
  });

  describe('whatever else lies in it', () => {
    /** A tape archive of two texts in bzip2: two members to who reads it, none that is opened beforehand. */
    const packed = Buffer.from(
      'QlpoOTFBWSZTWUiEfiEAAE/bgMmQQAB1AAAA8AAeQAgIIABQo0ZA0aZGgVKCTT1DJ6h6Trn3hei8d1LJJ4vlwwcPTZvJKDSrlaJVipGVkWtMsvKqzaT85+NNNOm6P4u5IpwoSCRCPxCA',
      'base64'
    );
    const torn = packed.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
    const bybit = (symbol: string): string =>
      [1, 2]
        .map((u) => ({ s: symbol, b: [['1.5', String(u)]], a: [['1.6', '2']], u, seq: u }))
        .map((data) => ({
          topic: `orderbook.50.${data.s}`,
          type: data.u === 1 ? 'snapshot' : 'delta',
          ts: T,
          data,
          cts: T
        }))
        .map((message) => `${String(T)}000000 ${JSON.stringify(message)}\n`)
        .join('');
    it.each([
      ['bzip2', Uint8Array.from(packed)],
      ['damaged bzip2', Uint8Array.from(torn)],
      ['a venue that needs nothing beside it', bytes(bybit('AAAUSDT'))]
    ])('%s', async (_what, other) => {
      const parts = [
        { path: 'other', bytes: other },
        days[2]!,
        days[0]!,
        { path: 'other', bytes: other },
        days[1]!,
        beside
      ];
      const { markets, codes } = await read([new File([tarOf(...parts)], 'all.tar')]);
      const [gold, ...more] = markets.filter(({ record }) => record.id === TICKER);
      expect(gold?.record).toMatchObject({ messages: 6, oddities: [], winners: [TICKER], status: 'closed' });
      expect(more).toEqual([]);
      expect(codes).not.toContain('archive-damaged');
    });
  });

  it('a day that is damaged costs what it would have said; the market is marked, and the days around it stay', async () => {
    const damaged = gz(`${second}\n`.repeat(50));
    damaged[damaged.length - 5]! ^= 1;
    const parts = [days[0]!, { path: 'events/day2.gz', bytes: damaged }, days[2]!, beside];
    const { markets } = await read([new File([tarOf(...parts)], 'gold.tar')]);
    expect(markets).toHaveLength(1);
    expect(markets[0]!.record.oddities.map(({ code }) => code)).toContain('market-cut-off');
    expect(markets[0]!.record.messages).toBeGreaterThanOrEqual(4);
  });

  it('an archive cut off at every tenth gives each market once, whole or marked', async () => {
    const whole = tarOf(...days, beside);
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = new File([whole.slice(0, Math.floor((whole.length * tenth) / 10))], 'gold.tar');
      const outcome = await read([cut]).catch((error: unknown) => error);
      if (outcome instanceof AppError) {
        expect(outcome.code).toMatch(/^data\./u);
        continue;
      }
      const { markets, codes } = outcome as Awaited<ReturnType<typeof read>>;
      expect(markets).toHaveLength(1);
      expect(markets[0]!.record.messages).toBeGreaterThan(0);
      // What is cut off its end of zeros lacks nothing.
      const isWhole = markets[0]!.record.messages === 6 && markets[0]!.record.winners.length === 1;
      expect(codes.includes('archive-damaged') || isWhole, String(tenth)).toBe(true);
      expect(codes.includes('archive-damaged') && isWhole && tenth < 7, String(tenth)).toBe(false);
    }
  });
});

describe('what the venue says', () => {
  it.each([
    ['an event', metadata],
    ['a table of markets', table]
  ])('as %s, before or after the recording, gives outcome and rules', async (_, text) => {
    const recording = new File([first], 'day1');
    const terms = new File([text], 'terms');
    for (const files of [
      [terms, recording],
      [recording, terms]
    ]) {
      const { markets } = await read(files);
      expect(markets).toHaveLength(1);
      expect(markets[0]?.record).toMatchObject({ winners: [TICKER], status: 'closed', scheduledMillis: T + 900_000 });
    }
  });
  it('without it a market says what it lacks', async () => {
    const { markets } = await read([new File([first], 'day1')]);
    expect(markets[0]?.record.reason).toContain('import what the venue says of it');
  });
  it('alone is left for its reader to refuse', async () => {
    await expect(read([new File([metadata], 'terms')])).rejects.toMatchObject({ code: 'data.empty' });
  });
  it.each([
    ['torn', metadata.slice(0, -40)],
    ['without a ticker', metadata.replaceAll('"ticker"', '"tocker"')]
  ])('%s is refused, and the recording is read', async (_, text) => {
    const { files, terms } = await arrangeFiles([new File([text], 'terms'), new File([first], 'day1')]);
    expect(terms).toEqual([]);
    expect(files.map(({ name }) => name)).toEqual(['terms', 'day1']);
    await expect(read([files[0]!])).rejects.toMatchObject({ code: 'data.corrupt' });
  });
});

it('other files stay as they are and where they were', async () => {
  const files = ['{"op":"mcm"}', 'a,b,c', ''].map((text, i) => new File([text], String(i)));
  expect((await arrangeFiles(files)).files).toEqual(files);
});
