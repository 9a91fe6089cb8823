/** Holds results against the recordings that are stored: which markets both have, and whether they agree on who won. */
import type { MarketRecord, Oddity } from '../records.ts';
import { RESULTS_SUFFIX } from './results.ts';
import { RESULTS_KIND } from './results-table.ts';

/** Of results whose market is stored as a recording too. */
export const RESULTS_JOINED = 'results-joined';
/** Of a recording that ends with other winners than its results name. */
export const RESULTS_DISAGREE = 'results-disagree';
/** Of a recording that ends before its outcome, which its results tell. */
export const OUTCOME_FROM_RESULTS = 'outcome-from-results';

/**
 * @param imported the markets of the dataset that has just come, results or recordings
 * @param stored all markets there are
 */
export function joinResults(imported: readonly MarketRecord[], stored: readonly MarketRecord[]): readonly Oddity[] {
  const isNew = new Set(imported.map(({ dataset, id }) => `${dataset}\n${id}`));
  const results = new Map(
    stored.filter(({ kind }) => kind === RESULTS_KIND).map((one) => [one.id.replace(RESULTS_SUFFIX, ''), one])
  );
  const found: Record<string, { count: number; example: string; severity: Oddity['severity'] }> = {};
  const tell = (code: string, severity: Oddity['severity'], example: string): void => {
    const held = found[code];
    if (held === undefined) found[code] = { count: 1, example, severity };
    else held.count++;
  };
  for (const market of stored) {
    const result = market.kind === RESULTS_KIND ? undefined : results.get(market.id);
    if (result === undefined) continue;
    if (![market, result].some(({ dataset, id }) => isNew.has(`${dataset}\n${id}`))) continue;
    const [told, recorded] = [result, market].map(({ winners }) => [...winners].sort().join(', ')) as [string, string];
    const both = `market ${market.id} of ${market.dataset} and its results in ${result.dataset}`;
    tell(RESULTS_JOINED, 'note', `${both}: the table results joins them by market and id`);
    if (recorded === '')
      tell(OUTCOME_FROM_RESULTS, 'note', `${both}: the recording ends before its outcome; ${told} won`);
    else if (recorded !== told)
      tell(RESULTS_DISAGREE, 'warning', `${both}: ${recorded} won in the recording, ${told} in the results`);
  }
  return Object.entries(found).map(([code, rest]) => ({ code, ...rest }));
}
