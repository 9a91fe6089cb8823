/**
 * Strategies of `flumine.json` on every market it has: each order's matches with time, price and size, what was
 * cancelled, lapsed or voided, its average price and profit, to the penny. The golden file says how its figures are
 * defined; `flumine-strategies.ts` names the options that reproduce them.
 *
 * Not yet here: C (in play); J and M, whose figures agree but for the time, as a tape's starting price comes with the
 * first `bsp` and not with `bspReconciled`; N, where a `trd` level that sinks and rises again is a trade to the golden;
 * R1 to R6.
 */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tape } from '../../src/lib/market/tape.ts';
import { STRATEGIES, playStrategy } from '../support/flumine-strategies.ts';
import type { GoldenFill } from '../support/flumine-strategies.ts';
import { fileAt, readStream } from '../support/read-stream.ts';
import { betfairStreams, goldens, readGolden, recordings } from '../support/recordings.ts';

const REPRODUCED = ['A', 'B', 'D', 'E', 'F', 'G', 'H', 'I', 'K', 'L', 'O'] as const;

interface Golden {
  readonly markets: Readonly<Record<string, { readonly strategies: Readonly<Record<string, GoldenStrategy>> }>>;
}
interface GoldenStrategy {
  readonly orders: number;
  readonly ordersMatched: number;
  readonly sizeMatched: number;
  readonly profit: number;
  readonly fills: readonly GoldenFill[];
}

async function tapeOf(market: string): Promise<Tape> {
  const path = betfairStreams().find((one) => basename(one).split('.bz2')[0] === market);
  if (path === undefined)
    throw new Error(`flumine.json has market ${market}: expected its recording in ${recordings.path}`);
  const { markets } = await readStream(fileAt(path), { keepTexts: false });
  return markets[0]!.finish({ fingerprint: '', shared: false });
}

/** Orders in one order, whatever order they were placed in: by runner, then by price. */
const sorted = (fills: readonly GoldenFill[]): GoldenFill[] =>
  [...fills].sort((a, b) => a.selectionId - b.selectionId || (b.price ?? 0) - (a.price ?? 0));

/** What the golden gives of an order; the first strategies give less. */
const comparable = (fill: GoldenFill, like: GoldenFill) => ({
  selectionId: fill.selectionId,
  side: fill.side,
  sizeMatched: fill.sizeMatched,
  averagePriceMatched: fill.averagePriceMatched,
  profit: fill.profit + 0,
  ...(like.matches === undefined
    ? {}
    : {
        sizeCancelled: fill.sizeCancelled,
        sizeLapsed: fill.sizeLapsed,
        sizeVoided: fill.sizeVoided,
        matches: fill.matches
      })
});

/** A sum in whole pennies; -0 is 0. */
const pennies = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value, 0) * 100) / 100 + 0;

describe.skipIf(!goldens.present || !recordings.present)('flumine, to the penny', () => {
  const { markets } = goldens.present ? (readGolden('flumine.json') as Golden) : { markets: {} };
  for (const [market, { strategies }] of Object.entries(markets)) {
    it(`market ${market}: strategies ${REPRODUCED.join(', ')}`, async () => {
      const tape = await tapeOf(market);
      for (const name of REPRODUCED) {
        const want = strategies[name];
        if (want === undefined) continue;
        const own = playStrategy(tape, STRATEGIES[name]!);
        const expected = sorted(want.fills);
        const got = sorted(own);
        expect(
          got.map((fill, i) => comparable(fill, expected[i] ?? fill)),
          `strategy ${name}`
        ).toEqual(expected.map((fill) => comparable(fill, fill)));
        expect(
          {
            orders: own.length,
            ordersMatched: own.filter((fill) => fill.sizeMatched > 0).length,
            sizeMatched: pennies(own.map((fill) => fill.sizeMatched)),
            profit: pennies(own.map((fill) => fill.profit))
          },
          `strategy ${name}`
        ).toEqual({
          orders: want.orders,
          ordersMatched: want.ordersMatched,
          sizeMatched: pennies([want.sizeMatched]),
          profit: pennies([want.profit])
        });
      }
    });
  }
});
