/**
 * Measures how like recorded markets the simulated ones are and writes the figures the app shows:
 * `node scripts/measure-realism.ts` (Node 24; recordings from FURLONG_DATA). Figures alone, nothing of the recordings.
 */
import { writeFileSync } from 'node:fs';
import { realismRows, sampleFacts, simulatedFacts } from '../src/lib/env/simulator/realism/realism-report.ts';
import type { RealismReport } from '../src/lib/env/simulator/realism/realism-report.ts';
import { recordedFacts } from '../tests/support/recorded-facts.ts';

const recorded = await recordedFacts();
if (recorded.size === 0)
  throw new Error('no recorded Australian win market: expected some in the data folder; set FURLONG_DATA');
const [simulated, sample] = [await simulatedFacts(), await sampleFacts()];
const rows = realismRows({ recorded: [...recorded.values()], simulated, sample });
const report: RealismReport = {
  recordedMarkets: [...recorded.keys()],
  simulatedMarkets: simulated.length,
  sampleMarkets: sample.length,
  rows
};
writeFileSync(new URL('../src/lib/ui/realism/measured.json', import.meta.url), `${JSON.stringify(report, null, 1)}\n`);
console.table(
  rows.map(({ group, label, unit, recorded: r, simulated: s, sample: shipped, simulatedAlike, sampleAlike }) => ({
    figure: `${group}, ${label}`,
    unit,
    recorded: r === undefined ? '' : `${String(r.low)} to ${String(r.high)}`,
    simulated: s?.mean,
    alike: simulatedAlike,
    sample: shipped?.mean,
    sampleAlike
  }))
);
