/**
 * Simulated markets beside every recorded Australian win market that is found, measured the same way on both. The
 * figures are printed, so that whoever changes the simulator sees what moved.
 */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { realismRows, simulatedFacts } from '../../src/lib/env/simulator/realism/realism-report.ts';
import type { RealismReport } from '../../src/lib/env/simulator/realism/realism-report.ts';
import { recordedFacts } from '../support/recorded-facts.ts';
import { recordings } from '../support/recordings.ts';

/** One recording is no range: below this the comparison is not made. */
const FEWEST = 2;
/**
 * Of the figures compared, those that may be apart: recorded markets differ among themselves by more than any one
 * simulator can span, and the report names every one that is.
 */
const MOST_APART_SHARE = 0.1;

describe.skipIf(!recordings.present)('simulated markets beside recorded ones', async () => {
  const recorded = recordings.present ? await recordedFacts() : new Map<string, never>();

  test('share spread, depth, trade sizes, pace, volatility, memory and clustering', async ({ skip }) => {
    if (recorded.size < FEWEST) skip(`only ${String(recorded.size)} recorded Australian win markets found`);
    const simulated = await simulatedFacts();
    const rows = realismRows({ recorded: [...recorded.values()], simulated, sample: [] });
    console.table(
      rows.map((row) => ({
        figure: `${row.group}, ${row.label}`,
        low: row.recorded?.low,
        high: row.recorded?.high,
        simulated: row.simulated?.mean,
        alike: row.simulatedAlike
      }))
    );
    const compared = rows.filter((row) => row.simulatedAlike !== undefined);
    const apart = compared.filter((row) => row.simulatedAlike === false);
    expect(compared.length).toBeGreaterThan(40);
    expect(apart.length, apart.map((row) => `${row.group}, ${row.label}`).join('; ')).toBeLessThanOrEqual(
      MOST_APART_SHARE * compared.length
    );
    // These are what an agent lives on: none of them may be apart.
    for (const row of compared) {
      if (['spread', 'book', 'depth', 'trades', 'clustering'].includes(row.group)) {
        expect(row.simulatedAlike, `${row.group}, ${row.label}`).toBe(true);
      }
    }
  });

  test('are shown in the app beside what the recordings say', ({ skip }) => {
    const path = new URL('../../src/lib/ui/realism/measured.json', import.meta.url);
    const shown = JSON.parse(readFileSync(path, 'utf8')) as RealismReport;
    if (shown.recordedMarkets.some((id) => !recorded.has(id))) skip('the report was measured on other recordings');
    const asked = shown.recordedMarkets.map((id) => recorded.get(id)!);
    const rows = realismRows({ recorded: asked, simulated: [], sample: [] });
    expect(shown.rows.map((row) => row.recorded)).toEqual(rows.map((row) => row.recorded));
  });
});
