/**
 * The strategies of `flumine.json` on one race, from its tape to their orders, fills and profits: the same messages, the
 * same orders and, checked at every pass, the golden's own counts and sums, so that nothing is skipped. One core.
 */
import { basename } from 'node:path';
import type { Tape } from '../../src/lib/market/tape.ts';
import { everyMessage } from '../../tests/support/every-message.ts';
import { AS_THE_GOLDEN, STRATEGIES, playStrategy } from '../../tests/support/flumine-strategies.ts';
import { fileAt, readStream } from '../../tests/support/read-stream.ts';
import { betfairStreams, readGolden } from '../../tests/support/recordings.ts';
import type { Figure } from '../figure.ts';

const RACE = '1.206064380';
const TOGETHER = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const PASSES = 15;
/** flumine on the machine that the goals were set on, milliseconds: reads, matches and settles the same. */
const FLUMINE_A = 790;
const FLUMINE_TOGETHER = 1460;
const GOAL_A = 10;
const GOAL_TOGETHER = 30;

interface GoldenSums {
  readonly orders: number;
  readonly ordersMatched: number;
  readonly sizeMatched: number;
  readonly profit: number;
}

export async function* figures(): AsyncGenerator<Figure> {
  const tape = await raceTape();
  const golden = readGolden('flumine.json') as { markets: Record<string, { strategies: Record<string, GoldenSums> }> };
  const strategies = golden.markets[RACE]?.strategies;
  if (strategies === undefined) throw new Error(`flumine.json: expected market ${RACE}`);
  const run = (names: readonly string[]) => (): void => {
    for (const name of names) play(tape, name, strategies[name]);
  };
  const rows = `${tape.rows.toLocaleString('en')} rows`;
  yield figure(`flumine strategy A on ${RACE} from the tape (${rows})`, best(run(['A'])), FLUMINE_A, GOAL_A);
  const value = best(run(TOGETHER));
  yield figure(`flumine strategies A to G on ${RACE}, a market each`, value, FLUMINE_TOGETHER, GOAL_TOGETHER);
}

function figure(name: string, value: number, baseline: number, goal: number): Figure {
  return { name, value, unit: 'ms', baseline, ratio: baseline / value, goal, met: value <= goal };
}

function play(tape: Tape, name: string, want: GoldenSums | undefined): void {
  // Without what every other queue model would have done, which the peer does not work out either.
  const rules = { ...AS_THE_GOLDEN, shadows: [] };
  const { fills } = playStrategy(tape, STRATEGIES[name]!, { rules });
  const sum = (of: (fill: (typeof fills)[number]) => number): number =>
    Math.round(100 * fills.reduce((total, fill) => total + of(fill), 0));
  const own = [
    fills.length,
    fills.filter((fill) => fill.sizeMatched > 0).length,
    sum((fill) => fill.sizeMatched),
    sum((fill) => fill.profit)
  ];
  const due = want && [
    want.orders,
    want.ordersMatched,
    Math.round(100 * want.sizeMatched),
    Math.round(100 * want.profit)
  ];
  if (own.join() !== due?.join()) {
    throw new Error(`strategy ${name}: expected orders, matched, size, profit ${String(due)}, got ${own.join()}`);
  }
}

function best(work: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES; pass++) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

async function raceTape(): Promise<Tape> {
  const path = betfairStreams().find((one) => basename(one).startsWith(RACE));
  if (path === undefined) throw new Error(`${RACE}: expected in the data folder; set FURLONG_DATA`);
  const market = (await readStream(fileAt(path), { keepTexts: false })).markets[0]!;
  return everyMessage(market.finish({ fingerprint: '', shared: false }), market.publishMillis());
}
