/**
 * Market making on the longest recorded perpetual: the exchange for instruments with both its books, two orders that
 * follow the best prices, `probPower(3)`, 10 ms to the venue and back. Rows are counted as the peers count them, once a
 * clock where the two clocks' orders part.
 */
import { Random } from '../../src/lib/core/random.ts';
import type { Nanos, Seed } from '../../src/lib/core/units.ts';
import { InstrumentExchange } from '../../src/lib/env/matching/instrument-exchange.ts';
import { constantLatency } from '../../src/lib/env/matching/latency.ts';
import { probPower } from '../../src/lib/env/matching/queue/prob-power.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { MarketMaker } from '../../tests/support/market-making.ts';
import { goldens, readGolden } from '../../tests/support/recordings.ts';
import { readUsdm, usdmName, usdmStreams } from '../../tests/support/usdm-recordings.ts';
import type { Figure } from '../figure.ts';

const GOAL = 14e6;
/** hftbacktest 2.4.4 on the machine the goal was set on, with a book in a bounded vector and in a hash map. */
const PEERS = [
  ['hftbacktest, vector', 14.5e6],
  ['hftbacktest, hash map', 9.9e6],
  ['nautilus', 0.83e6]
] as const;
const PASSES = 20;
const RESETS = 40;
const RESET_GOAL_MILLIS = 1;
const STEP = 100e6;

const options = () => ({
  queue: probPower(3),
  latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 10 }),
  random: new Random(1 as Seed),
  cash: 1e6
});

export async function* figures(): AsyncGenerator<Figure> {
  const found = await longest();
  if (found === undefined) throw new Error('no recorded perpetual: expected some in the data folder; set FURLONG_DATA');
  const { tape, rows } = found;
  const exchange = new InstrumentExchange(tape, options());
  let last = 0;
  for (const time of tape.exchange) last = Math.max(last, time);
  last = Math.max(last, tape.received[tape.rows - 1] ?? 0);
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    exchange.reset();
    const maker = new MarketMaker(exchange, { lots: 10, orderQty: 10 * tape.market.rules.lotSize, maxPosition: 0.1 });
    const start = performance.now();
    for (let time = STEP; time <= last; time += STEP) maker.step(time as Nanos);
    shortest = Math.min(shortest, performance.now() - start);
  }
  const value = (rows / shortest) * 1000;
  const name = `market making, probPower(3), 10 ms (${String(rows)} rows, ${String(exchange.submitted)} orders)`;
  yield { name, value, unit: 'rows/s', goal: GOAL, met: value >= GOAL };
  yield* resets(exchange, tape, last);
  for (const [peer, baseline] of PEERS) {
    yield {
      name: `market making beside ${peer} (its figure of another run)`,
      value,
      unit: 'rows/s',
      baseline,
      ratio: value / baseline
    };
  }
}

/** Starting over on loaded data: at the start of the tape, and in its middle, where books are full. */
function* resets(exchange: InstrumentExchange, tape: Tape, last: number): Generator<Figure> {
  const middle = new InstrumentExchange(tape, options());
  middle.advanceTo((last / 2) as Nanos);
  for (const [where, from] of [
    ['the start', undefined],
    ['the middle', middle]
  ] as const) {
    let shortest = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < RESETS; pass++) {
      exchange.advanceTo((exchange.now + last / 4) as Nanos);
      const start = performance.now();
      exchange.reset(from);
      shortest = Math.min(shortest, performance.now() - start);
    }
    yield {
      name: `reset of a market of instruments to ${where} of its recording`,
      value: shortest,
      unit: 'ms',
      goal: RESET_GOAL_MILLIS,
      met: shortest <= RESET_GOAL_MILLIS
    };
  }
}

async function longest(): Promise<{ tape: Tape; rows: number } | undefined> {
  let found: { tape: Tape; rows: number } | undefined;
  for (const path of usdmStreams()) {
    const { tape } = await readUsdm(path);
    if (tape.rows > (found?.tape.rows ?? 0)) found = { tape, rows: countedRows(usdmName(path)) ?? tape.rows };
  }
  return found;
}

/** What the golden counts; a recording without one counts its tape's rows, which are fewer. */
function countedRows(name: string): number | undefined {
  if (!goldens.present) return undefined;
  const golden = readGolden('hftbacktest.json') as { files: Record<string, { conversion: { rows: number } }> };
  return golden.files[name]?.conversion.rows;
}
