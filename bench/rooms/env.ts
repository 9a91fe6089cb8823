/** A tape replayed into books, on the longest recording found. Row by row, nothing else done. */
import { MarketState } from '../../src/lib/market/market-state.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';

const GOAL = 20e6;
const PASSES = 40;

export async function* figures(): AsyncGenerator<Figure> {
  const tape = await longestTape();
  const state = new MarketState(tape.market);
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    state.reset();
    const start = performance.now();
    for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
    shortest = Math.min(shortest, performance.now() - start);
  }
  const value = (tape.rows / shortest) * 1000;
  const name = `tape ${tape.market.id} replayed into books (${String(tape.rows)} rows)`;
  yield { name, value, unit: 'rows/s', goal: GOAL, met: value >= GOAL };
}

async function longestTape(): Promise<Tape> {
  let longest: Tape | undefined;
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      if (market.rows > (longest?.rows ?? 0)) longest = market.finish({ fingerprint: '', shared: true });
    }
  }
  if (longest === undefined) throw new Error('no recording: expected some in the data folder; set FURLONG_DATA');
  return longest;
}
