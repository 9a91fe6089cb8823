/**
 * A recorded USD-M stream: text to tape, and the tape replayed in steps of 100 ms, the best prices read after each. A
 * row is one of hftbacktest's own (`mergedRows`): a change that is next by both clocks counts once, any other once a
 * clock. hftbacktest keeps two books, as the venue had it and as it was seen; so does the first figure, and the second
 * keeps the one that a chart or a feature needs.
 */
import { MarketState } from '../../src/lib/market/market-state.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { UsdmStreamReader } from '../../src/lib/data/binance/usdm-stream.ts';
import { fileAt, plainBytes } from '../../tests/support/read-stream.ts';
import { mergedRows, usdmName, usdmStreams } from '../../tests/support/usdm-recordings.ts';
import type { Figure } from '../figure.ts';

const STEP_NANOS = 1e8;
const PASSES = 40;
const PIECE = 1 << 16;
const GOAL = 20e6;
/** Measured on the machine of the goals, on btcusdt_20240808 (rows/s). */
const HFTBACKTEST_VECTOR = 20.2e6;
const HFTBACKTEST_MAP = 12.0e6;
const NAUTILUS = 2.7e6;

export async function* figures(): AsyncGenerator<Figure> {
  const [path] = usdmStreams();
  if (path === undefined) throw new Error('no USD-M recording: expected some in the data folder; set FURLONG_DATA');
  const bytes = await plainBytes(fileAt(path));
  let tape = parsed(bytes);
  const parsing = shortest(8, () => {
    tape = parsed(bytes);
  });
  const megabytes = bytes.length / 1e6;
  yield { name: `${usdmName(path)}: text in memory to tape`, value: megabytes / parsing, unit: 'MB/s' };

  const rows = Array.from(mergedRows(tape)).length;
  const local = new MarketState(tape.market);
  const venue = new MarketState(tape.market);
  const both = shortest(
    PASSES,
    () => replayBoth(tape, local, venue),
    () => {
      local.reset();
      venue.reset();
    }
  );
  const one = shortest(
    PASSES,
    () => replayOne(tape, local),
    () => {
      local.reset();
    }
  );
  const name = `crypto replay, steps of 100 ms, from the tape (${String(rows)} rows)`;
  const value = rows / both;
  const against = (peer: string, baseline: number): Figure => ({
    name: `${name}, the venue's book and ours; baseline ${peer}`,
    value,
    unit: 'rows/s',
    baseline,
    ratio: value / baseline,
    goal: GOAL,
    met: value >= GOAL
  });
  yield against('hftbacktest, bounded vector', HFTBACKTEST_VECTOR);
  yield against('hftbacktest, hash map', HFTBACKTEST_MAP);
  yield against('nautilus', NAUTILUS);
  yield { name: `${name}, our book alone`, value: rows / one, unit: 'rows/s', goal: GOAL, met: rows / one >= GOAL };
}

function parsed(bytes: Uint8Array): Tape {
  const reader = new UsdmStreamReader({ source: 'bench' });
  for (let at = 0; at < bytes.length; at += PIECE) reader.push(bytes.subarray(at, at + PIECE));
  return reader.end({ fingerprint: '', shared: false }).tape;
}

function replayBoth(tape: Tape, local: MarketState, venue: MarketState): number {
  const { rows } = tape;
  const [ours, theirs] = [local.books[0]!, venue.books[0]!];
  let sum = 0;
  let seen = 0;
  let happened = 0;
  for (let time = STEP_NANOS; seen < rows || happened < rows; time += STEP_NANOS) {
    happened = venue.applyHappened(tape, happened, time);
    seen = local.applyReceived(tape, seen, time);
    sum += ours.bestBid + ours.bestAsk + theirs.bestBid + theirs.bestAsk;
  }
  return sum;
}

function replayOne(tape: Tape, local: MarketState): number {
  const book = local.books[0]!;
  let sum = 0;
  let seen = 0;
  for (let time = STEP_NANOS; seen < tape.rows; time += STEP_NANOS) {
    seen = local.applyReceived(tape, seen, time);
    sum += book.bestBid + book.bestAsk;
  }
  return sum;
}

/** Seconds of the shortest of so many passes; what comes before each is not timed. */
function shortest(passes: number, work: () => unknown, before?: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < passes; pass++) {
    before?.();
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}
