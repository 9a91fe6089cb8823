/**
 * Recordings and what stands beside them (Kalshi's metadata, Binance's order books) through a whole import, one that is
 * cut off and gone on with among them; what a market was read of and as is in its fingerprint.
 */
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { DyingStore } from '../../../tests/support/dying-store.ts';
import type { Desk } from '../../../tests/support/import-desk.ts';
import { openDesk } from '../../../tests/support/import-desk.ts';
import type { Ask, RecordingKind } from './import-question.ts';
import { loadParquetInNode } from './parquet/load-node.ts';
import type { ImportReport } from './records.ts';

/** Imports are cut off at every write. */
vi.setConfig({ testTimeout: 60_000 });
beforeAll(loadParquetInNode);

const T = 1_786_000_000_000;
const TICKERS = ['KXGOLD15M-26AUG050000-00', 'KXGOLD15M-26AUG050015-15'];

function kalshi(ticker: string): string {
  let seq = 0;
  const line = (type: string, msg: object): string =>
    JSON.stringify({ recv_ms: T + seq, event: { type, sid: 1, seq: ++seq, msg: { market_ticker: ticker, ...msg } } });
  const levels = { yes_dollars_fp: [['0.4000', '10.00']], no_dollars_fp: [['0.5000', '5.00']] };
  const delta = { price_dollars: '0.4000', delta_fp: '1.00', side: 'yes', ts_ms: T };
  return [line('orderbook_snapshot', levels), ...Array.from({ length: 5 }, () => line('orderbook_delta', delta))].join(
    '\n'
  );
}

const metadata = (result: string, title = 'Gold up?'): string =>
  JSON.stringify({
    event: { event_ticker: 'KXGOLD15M', title: 'Gold 15 min' },
    markets: TICKERS.map((ticker) => ({
      ticker,
      event_ticker: 'KXGOLD15M',
      title,
      close_time: new Date(T + 900_000).toISOString(),
      settlement_ts: new Date(T + 901_000).toISOString(),
      result,
      price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }]
    }))
  });

const SYMBOLS = ['AAAUSDT', 'BBBUSDT'];
const line = (second: number, message: object): string =>
  `${String(T / 1000 + second)}000000000 ${JSON.stringify(message)}`;
const binance = (s: string): string =>
  Array.from({ length: 6 }, (_, i) => {
    const U = 101 + i * 10;
    const b = [['10.0', String(i + 1)]];
    return line(i + 1, { e: 'depthUpdate', E: T + i, T: T + i, s, U, u: U + 9, pu: U - 1, b, a: [['10.2', '3']] });
  }).join('\n');
const book = (price: string): string =>
  JSON.stringify({ lastUpdateId: 104, E: T, T, bids: [[price, '7']], asks: [['10.3', '5']] });
/** As recorders keep it: the address that was asked, then the answer. */
const asked = (symbol: string, price = '9.9'): string =>
  `https://fapi.binance.com/fapi/v1/depth?symbol=${symbol}&limit=1000 -> ${String(T / 1000)}.5: ${book(price)}`;

const recordings = (): readonly File[] => [
  ...TICKERS.map((ticker, i) => new File([kalshi(ticker)], `window-${String(i)}.ndjson`)),
  ...SYMBOLS.map((symbol) => new File([binance(symbol)], `${symbol}.ws`)),
  new File([zipSync({ 'd.ws': new TextEncoder().encode(binance('CCCUSDT')) }, { mtime: '2026-01-01' })], 'more.zip')
];
const companions = (): readonly File[] => [
  new File([metadata('yes')], 'event.json'),
  ...[...SYMBOLS, 'CCCUSDT'].map((symbol) => new File([asked(symbol)], `${symbol}.rest`))
];

const told = ({ dataset, markets }: ImportReport) => ({ dataset, markets });
const codes = (report: ImportReport): readonly string[] =>
  report.markets.flatMap(({ oddities }) => oddities.map(({ code }) => code));

const stored = async ({ store }: Desk): Promise<readonly string[]> =>
  (await store.list('datasets')).map((path) => path.split('/').slice(2).join('/')).sort();

describe('recordings with what stands beside them', () => {
  test('a dataset lists the files that its recordings were joined with, whatever their order', async () => {
    const desk = await openDesk();
    const { dataset, markets } = await desk.import([...companions(), ...recordings()], 'd');
    expect(dataset.beside?.map(({ name }) => name)).toEqual(companions().map(({ name }) => name));
    expect(dataset.files.map(({ name }) => name)).toEqual(recordings().map(({ name }) => name));
    expect(markets.filter(({ venue }) => venue === 'kalshi').map(({ name }) => name)).toEqual(['Gold up?', 'Gold up?']);
    const other = await desk.import([...recordings(), ...companions()], 'e');
    expect(other.dataset.fingerprint).toBe(dataset.fingerprint);
    expect((await desk.catalogue.sidecar('e')).dataset.beside).toEqual(dataset.beside);
  });

  test('cut off at any write, it is gone on with by its recordings alone, as if nothing had been', async () => {
    const desk = await openDesk();
    const expected = told(await desk.import([...companions(), ...recordings()]));
    expect(expected.markets).toHaveLength(5);
    const alone = await (await openDesk()).import(recordings());
    expect(alone.dataset.fingerprint).not.toBe(expected.dataset.fingerprint);
    expect(codes(alone).length).toBeGreaterThan(0);
    const left = await stored(desk);
    let stops = 0;
    for (let writes = 3; ; writes++) {
      const store = new DyingStore();
      const tab = await openDesk(store);
      store.left = writes;
      await Promise.race([store.died, tab.import([...companions(), ...recordings()])]);
      store.left = Number.POSITIVE_INFINITY;
      const after = await openDesk(store);
      const [half] = await after.catalogue.unfinished();
      if (half === undefined) break;
      stops++;
      expect(told(await after.goOn(half.id, recordings()))).toEqual(expected);
      expect(await stored(after)).toEqual(left);
    }
    expect(stops).toBeGreaterThan(10);
  });

  test('with another companion the same recordings are another import, not what is left of the first', async () => {
    const store = new DyingStore();
    const tab = await openDesk(store);
    store.left = 9;
    await Promise.race([store.died, tab.import([...companions(), ...recordings()])]);
    store.left = Number.POSITIVE_INFINITY;
    const after = await openDesk(store);
    const other = new File([metadata('no', 'Gold down?')], 'event.json');
    const report = await after.import([other, ...companions().slice(1), ...recordings()], 'other');
    expect(report.markets[0]?.name).toBe('Gold down?');
    expect(await after.catalogue.unfinished()).toHaveLength(1);
    // The very same ones are.
    await after.import([...companions(), ...recordings()]);
    expect(await after.catalogue.unfinished()).toEqual([]);
  });

  test('metadata that were met on the way, in an archive, are known to what is gone on with', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    // Nobody looks ahead past bzip2, which takes too long: `read me`, packed by Python.
    const readMe = Uint8Array.from(
      atob('QlpoOTFBWSZTWbfZhWQAAAPRgAAQQAAmAhAAIAAiGj1PUIYAIcr4u5IpwoSFvswrIA=='),
      (letter) => letter.charCodeAt(0)
    );
    const [one, two] = TICKERS.map((ticker) => bytes(kalshi(ticker))) as [Uint8Array, Uint8Array];
    const tree = { 'a.bz2': readMe, 'b.json': bytes(metadata('yes')), 'c.ndjson': one, 'd.ndjson': two };
    const archive = new File([zipSync(tree, { mtime: '2026-01-01' })], 'day.zip');
    const expected = told(await (await openDesk()).import([archive]));
    expect(expected.markets.map(({ name }) => name)).toEqual(['Gold up?', 'Gold up?']);
    let stops = 0;
    for (let writes = 3; ; writes++) {
      const store = new DyingStore();
      const tab = await openDesk(store);
      store.left = writes;
      await Promise.race([store.died, tab.import([archive])]);
      store.left = Number.POSITIVE_INFINITY;
      const after = await openDesk(store);
      if ((await after.catalogue.unfinished()).length === 0) break;
      stops++;
      expect(told(await after.import([archive]))).toEqual(expected);
    }
    expect(stops).toBeGreaterThan(5);
  });
});

describe('a fingerprint', () => {
  const of = async (files: readonly File[], ask?: Ask): Promise<string> =>
    (await (await openDesk()).import(files, 'd', ask)).dataset.fingerprint;

  test('covers what Kalshi says of the market, and not where or in which order it was said', async () => {
    const recording = (): File => new File([kalshi(TICKERS[0]!)], 'a.ndjson');
    const bare = await of([recording()]);
    const yes = await of([recording(), new File([metadata('yes')], 'm.json')]);
    expect(yes).not.toBe(bare);
    expect(await of([new File([metadata('no')], 'm.json'), recording()])).not.toBe(yes);
    expect(await of([recording(), new File([metadata('yes', 'Another title')], 'm.json')])).not.toBe(yes);
    expect(await of([new File([metadata('yes')], 'other name.json'), recording()])).toBe(yes);
  });

  test('covers the order book that a recording begins from', async () => {
    const recording = (): File => new File([binance('AAAUSDT')], 'a.ws');
    const one = await of([recording(), new File([asked('AAAUSDT')], 'a.rest')]);
    expect(one).not.toBe(await of([recording()]));
    expect(one).not.toBe(await of([recording(), new File([asked('AAAUSDT', '9.8')], 'a.rest')]));
    expect(one).toBe(await of([new File([asked('AAAUSDT')], 'b.rest'), recording()]));
  });

  test('covers what the user said that bytes are which fit two kinds', async () => {
    const bybit = (): File =>
      new File(
        [
          [1, 2, 3]
            .map((u) =>
              JSON.stringify({
                topic: 'orderbook.50.BTCUSDT',
                type: u === 1 ? 'snapshot' : 'delta',
                ts: T + u,
                cts: T + u,
                data: { s: 'BTCUSDT', b: [['100.0', String(u)]], a: [['100.5', '2']], u, seq: u }
              })
            )
            .map((json, i) => `${String(T / 1000 + i)}000000000 ${json}`)
            .join('\n')
        ],
        'bybit.ws'
      );
    const choosing =
      (kind: RecordingKind): Ask =>
      (question) => {
        expect(question.candidates.map((one) => one.kind)).toEqual(['bybit-linear', 'bybit-spot']);
        return Promise.resolve({ kind: 'read', as: kind, forAll: true });
      };
    const desk = await openDesk();
    const twin = ({ dataset }: ImportReport): boolean =>
      dataset.oddities.some(({ code }) => code === 'already-imported');
    const assumed = await desk.import([bybit()], 'assumed');
    const linear = await desk.import([bybit()], 'linear', choosing('bybit-linear'));
    expect([assumed, linear].map(twin)).toEqual([false, true]);
    const spot = await desk.import([bybit()], 'spot', choosing('bybit-spot'));
    expect(twin(spot)).toBe(false);
    expect(spot.markets[0]?.id).toBe(linear.markets[0]?.id);
    const rules = async (name: string) => (await desk.catalogue.sidecar(name)).markets[0]?.tape.rules;
    expect(await rules('spot')).not.toEqual(await rules('linear'));
    expect(spot.dataset.fingerprint).not.toBe(linear.dataset.fingerprint);
    expect(twin(await desk.import([bybit()], 'spot again', choosing('bybit-spot')))).toBe(true);
  });
});
