/** "Any layer can be rebuilt from the one below": silver of every recording that is there, byte for byte, out of bronze. */
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { diskFile, openDesk } from '../support/import-desk.ts';
import { betfairStreams, filesIn, orSkipped, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const inFolder = (path: string): readonly string[] =>
  orSkipped('recordings', path, filesIn(join(recordings.path, path)));
/** Of many alike so many are enough. */
const SOME = 3;
const kalshi = inFolder('kalshi/events').slice(0, SOME);
const beside = filesIn(join(recordings.path, 'kalshi/metadata'));
const raw = inFolder('crypto/raw').filter((path) => basename(path).includes('.ws.'));

const cases: readonly (readonly [name: string, paths: readonly string[]])[] = [
  ...betfairStreams().map((path) => [basename(path), [path]] as const),
  ...inFolder('crypto/binance-usdm').map((path) => [basename(path), [path]] as const),
  ...raw.map((path) => [basename(path), [path]] as const),
  ['every raw file of crypto at once', inFolder('crypto/raw')],
  ...inFolder('crypto/bars').map((path) => [basename(path), [path]] as const),
  ...inFolder('equities/sp500_5yr')
    .slice(0, SOME)
    .map((path) => [basename(path), [path]] as const),
  ...kalshi.map((path) => [basename(path), [path, ...beside]] as const)
];

describe('silver out of bronze', () => {
  test.each(cases)('%s', { timeout: 120_000 }, async (_, paths) => {
    const desk = await openDesk();
    const files = paths.map((path) => diskFile(path));
    const report = await desk.import(files, 'd').catch((error: unknown) => {
      // Rates of funding are no candles, an address book no recording: nothing was kept that could be built again.
      expect(error).toMatchObject({ code: expect.stringMatching(/^data\./u) as string });
      return undefined;
    });
    if (report === undefined) return;
    const before = await desk.catalogue.sidecar('d');
    const silver = await desk.silver('d');
    const folder = await desk.catalogue.folder('d');
    for (const market of before.markets) await desk.store.remove(`${folder}/${market.silver}`);
    expect((await desk.rebuild('d', 'silver')).length).toBe(before.markets.length);
    const after = await desk.catalogue.sidecar('d');
    (await desk.silver('d')).forEach((bytes, i) => {
      expect(Buffer.compare(bytes, silver[i]!), before.markets[i]!.record.id).toBe(0);
    });
    expect(after.markets.map(({ record }) => record)).toEqual(before.markets.map(({ record }) => record));
    expect(after.markets.map(({ quality }) => quality)).toEqual(before.markets.map(({ quality }) => quality));
    expect(after.dataset.fingerprint).toBe(before.dataset.fingerprint);
    // Nothing has changed since: nothing is built.
    expect(await desk.rebuild('d', 'silver')).toEqual([]);
    // The last of them alone is gone: it alone comes again.
    const last = after.markets.at(-1)!;
    await desk.store.remove(`${folder}/${last.silver}`);
    expect(await desk.rebuild('d', 'silver')).toEqual([last.record.id]);
  });
});
