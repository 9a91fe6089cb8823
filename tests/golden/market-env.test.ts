/** On recorded markets, episodes from book histories are bit for bit those played message by message. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MarketEnvSchema } from '../../src/lib/config/run-config.ts';
import { timelineOf } from '../../src/lib/env/market/timeline.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { playBoth } from '../support/play-both.ts';
import { fileAt, readStream } from '../support/read-stream.ts';
import { betfairStreams } from '../support/recordings.ts';

const MOST_MARKETS = 12;
const config = v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', environments: 8, slots: 8 });

async function playable(): Promise<Tape[]> {
  const tapes: Tape[] = [];
  for (const path of betfairStreams()) {
    const { markets } = await readStream(fileAt(path), { keepTexts: false });
    for (const market of markets) {
      if (tapes.length === MOST_MARKETS) return tapes;
      const tape = market.finish({ fingerprint: '', shared: false });
      if ((timelineOf(tape, config)?.steps ?? 0) > 10) tapes.push(tape);
    }
  }
  return tapes;
}

const tapes = await playable();

describe.skipIf(tapes.length === 0)('market environment on recorded markets', () => {
  for (const [name, options] of [
    ['as configured by default', {}],
    ['with large stakes', { stakeCap: 800, exposureLimit: 1e6, bankroll: 1e6 }],
    ['a decision a second, from an hour before', { startMinutes: 60, decisionSeconds: 1, maxSteps: 4000 }]
  ] as const) {
    it(`is the one played message by message, ${name}`, () => {
      const played = playBoth({ ...config, ...options }, tapes, 500);
      expect(played.firstDifference).toBeUndefined();
      if ('maxSteps' in options) return;
      expect(played.ended).toBeGreaterThan(0);
      expect(played.filledByTrades).toBeGreaterThan(0);
      expect(played.filledByTaking).toBeGreaterThan(0);
    });
  }
});
