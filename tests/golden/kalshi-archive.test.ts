/** The Kalshi recordings as one archive, whatever their order in it, are what they are as files dropped together. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { tarOf } from '../support/archives.ts';
import { diskFile, openDesk } from '../support/import-desk.ts';
import { kalshiRecordings } from '../support/kalshi-recordings.ts';
import { filesIn, recordings } from '../support/recordings.ts';

beforeAll(loadParquetInNode);

const root = join(recordings.path, 'kalshi');
/** Those of several days, and a few more. */
const some = kalshiRecordings()
  .toSorted((a, b) => b.files.length - a.files.length)
  .slice(0, 3);
const paths = [...some.flatMap(({ files }) => files), ...filesIn(join(root, 'metadata')), join(root, 'manifest.csv')];

describe.skipIf(some.length === 0)('days of Kalshi’s markets in an archive', () => {
  test.each([
    ['metadata last', (all: readonly string[]) => all],
    ['the other way round', (all: readonly string[]) => all.toReversed()]
  ])('%s', { timeout: 240_000 }, async (_, order) => {
    const desk = await openDesk();
    const loose = await desk.import(
      paths.map((path) => diskFile(path)),
      'loose'
    );
    const parts = order(paths).map((path) => ({ path: `k/${basename(path)}`, bytes: readFileSync(path) }));
    const packed = await desk.import([new File([tarOf(...parts)], 'k.tar')], 'packed');
    const told = (report: typeof loose) =>
      report.markets
        .map(({ fingerprint: _f, dataset: _d, oddities, ...record }) => ({
          ...record,
          codes: oddities.map(({ code }) => code)
        }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(told(packed)).toEqual(told(loose));
    expect(packed.markets).toHaveLength(some.length);
    expect(packed.markets.every(({ status }) => status === 'closed')).toBe(true);
    expect(packed.dataset.oddities.map(({ code }) => code)).not.toContain('market-in-several-files');
  });
});
