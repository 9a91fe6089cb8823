/**
 * An agent's seeds beside each baseline on the same held-out markets: the mean difference in hedged result, with an
 * interval that knows that both the seeds and the markets might have been others.
 */
import { Random } from '../../src/lib/core/random.ts';
import type { Seed } from '../../src/lib/core/units.ts';
import { quantileOfSorted } from '../../src/lib/research/bootstrap.ts';
import type { MarketResult } from './one-seed.ts';

const SAMPLES = 10_000;
const TAIL = 0.025;

export interface Difference {
  readonly baseline: string;
  /** Of `mtm_roi`: mean over seeds and markets, and its 95 % interval. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap (Efron 1979) over two crossed factors: each sample draws seeds and markets with replacement
 * (Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2)).
 * @param seeds of each seed the policies, the agent first, over the same markets
 */
export function differences(seeds: readonly (readonly MarketResult[])[]): readonly Difference[] {
  const [first = []] = seeds;
  return first.slice(1).map(({ policy }, at) => {
    const table = seeds.map(([agent, ...others]) => agent!.roi.map((roi, market) => roi - others[at]!.roi[market]!));
    const random = new Random(0 as Seed, `against ${policy}`);
    const markets = table[0]!.length;
    const draws = Float64Array.from({ length: SAMPLES }, () => {
      const rows = table.map(() => table[random.below(table.length)]!);
      let sum = 0;
      for (let k = 0; k < markets; k++) {
        const market = random.below(markets);
        for (const row of rows) sum += row[market]!;
      }
      return sum / (markets * rows.length);
    }).sort();
    const all = table.flat();
    return {
      baseline: policy,
      mean: all.reduce((sum, x) => sum + x, 0) / all.length,
      low: quantileOfSorted(draws, TAIL),
      high: quantileOfSorted(draws, 1 - TAIL)
    };
  });
}

/** The loss of the worst runner, over the bankroll, that 95 % of markets stay within: seeds and markets together. */
export function worstRoiP95(results: readonly MarketResult[]): number {
  const all = Float64Array.from(results.flatMap(({ worstRoi }) => worstRoi)).sort();
  return -quantileOfSorted(all, 0.05);
}
