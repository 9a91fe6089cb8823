/** Bronze and silver of a stored market, taken out as single Parquet files, are imported again as the market they are of. */
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { diskFile, openDesk } from '../support/import-desk.ts';
import { betfairStreams, filesIn, orSkipped, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const inFolder = (path: string): readonly string[] =>
  orSkipped('recordings', path, filesIn(join(recordings.path, path)));
const named = (path: string): readonly [string, readonly string[]] => [basename(path), [path]];
const raw = inFolder('crypto/raw').filter((path) => basename(path).includes('.ws.'));
/** A recording of each kind that bronze holds as messages. */
const cases: readonly (readonly [name: string, paths: readonly string[]])[] = [
  ...betfairStreams()
    .filter((path) => /1\.206225146|1\.197931750$/u.test(path))
    .map(named),
  ...inFolder('crypto/binance-usdm').slice(0, 1).map(named),
  ...raw.map(named),
  ['Binance with its order books', inFolder('crypto/raw').filter((path) => basename(path).startsWith('BINANCE'))],
  ...inFolder('kalshi/events').slice(0, 1).map(named)
];

describe('a layer as a single file', () => {
  test.each(cases)('%s', { timeout: 120_000 }, async (_, paths) => {
    const desk = await openDesk();
    await desk.import(
      paths.map((path) => diskFile(path)),
      'd'
    );
    const { markets } = await desk.catalogue.sidecar('d');
    const folder = await desk.catalogue.folder('d');
    const [market] = markets;
    for (const layer of ['silver', 'bronze'] as const) {
      const bytes = await desk.store.read(`${folder}/${market![layer]!}`);
      const name = `${layer} of it`;
      const report = await desk.import([new File([bytes!], 'x.bin')], name);
      expect(report.markets, layer).toHaveLength(1);
      const [record] = report.markets;
      const { id, rows, trades, messages, firstMillis } = market!.record;
      expect(record, layer).toMatchObject({ id, rows, firstMillis });
      // Silver counts messages that gave rows.
      if (layer === 'bronze') expect(record).toMatchObject({ trades, messages });
      const again = await desk.catalogue.sidecar(name);
      const { fingerprint: _f, ...info } = again.markets[0]!.tape.market;
      const { fingerprint: _g, ...before } = market!.tape.market;
      expect(info).toEqual(before);
      expect(again.markets[0]!.tape.rules).toEqual(market!.tape.rules);
      const tapeOf = async (dataset: string) => {
        const { parquetToTape } = await import('../../src/lib/data/parquet/silver.ts');
        const [silver] = await desk.silver(dataset);
        const { markets: stored } = await desk.catalogue.sidecar(dataset);
        const tape = await parquetToTape(silver!, stored[0]!.tape, { shared: false });
        return [tape.exchange, tape.received, tape.kind, tape.slot, tape.tick, tape.lots, tape.messageStart];
      };
      expect(await tapeOf(name)).toEqual(await tapeOf('d'));
    }
  });
});
