/** What recorded Australian win markets show of the stylised facts, for the test and for the report. */
import { realismFacts } from '../../src/lib/env/simulator/realism/realism-facts.ts';
import type { RealismFacts } from '../../src/lib/env/simulator/realism/realism-facts.ts';
import { fileAt, readStream } from './read-stream.ts';
import { betfairStreams } from './recordings.ts';

/** A market that hardly trades has no typical figures. */
const FEWEST_TRADES_A_MINUTE = 30;

/** By market id: every full-ladder Australian win market found that turned in play and traded through its last minutes. */
export async function recordedFacts(): Promise<ReadonlyMap<string, RealismFacts>> {
  const found = new Map<string, RealismFacts>();
  for (const path of betfairStreams()) {
    // A recording that the reader refuses is another test's affair.
    const { markets } = await readStream(fileAt(path), { keepTexts: false }).catch(() => ({ markets: [] }));
    for (const market of markets) {
      const tape = market.finish({ fingerprint: '', shared: false });
      if (tape.market.country !== 'AU' || tape.market.kind !== 'WIN') continue;
      const facts = realismFacts(tape);
      const last = facts?.tradesPerMinute.slice(-5) ?? [];
      if (facts !== undefined && last.every((rate) => rate > FEWEST_TRADES_A_MINUTE)) found.set(tape.market.id, facts);
    }
  }
  return found;
}
