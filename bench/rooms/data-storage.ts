/** Silver: one market's tape to Parquet (zstd) and back into one buffer, and its seconds as `runner_ts`. */
import { basename } from 'node:path';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { parquetToTape, tapeSidecar, tapeToParquet } from '../../src/lib/data/parquet/silver.ts';
import { runnerSeries } from '../../src/lib/data/runner-series.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';

const RACE = '1.206064380.bz2';
const PASSES = 9;

export async function* figures(): AsyncGenerator<Figure> {
  await loadParquetInNode();
  const path = betfairStreams().find((one) => basename(one) === RACE);
  if (path === undefined) throw new Error(`${RACE}: expected in the data folder; set FURLONG_DATA`);
  const { markets } = await readStream(fileAt(path));
  const tape: Tape = markets[0]!.finish({ fingerprint: '', shared: false });
  const sidecar = tapeSidecar(tape);
  const parquet = tapeToParquet(tape);
  const about = `${RACE} (${tape.rows.toLocaleString('en')} rows)`;
  yield { name: `${about} silver write`, value: await best(() => tapeToParquet(tape)), unit: 'ms' };
  const read = await best(() => parquetToTape(parquet, sidecar, { shared: true }));
  yield { name: `${about} silver read`, value: read, unit: 'ms' };
  yield { name: `${about} silver size`, value: parquet.length / 1024, unit: 'KiB' };
  yield { name: `${about} runner_ts`, value: await best(() => runnerSeries(tape)), unit: 'ms' };
}

/** Shortest of some passes, in milliseconds: other work on the machine only ever slows one down. */
async function best(work: () => unknown): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const start = performance.now();
    await work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}
