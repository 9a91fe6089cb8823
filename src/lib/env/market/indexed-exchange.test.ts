/** An episode played from a book history is, bit for bit, the episode played message by message. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventfulTape } from '../../../../tests/support/eventful-tape.ts';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { playBoth } from '../../../../tests/support/play-both.ts';
import { MarketEnvSchema } from '../../config/run-config.ts';
import type { MarketEnvConfig } from '../../config/run-config.ts';
import type { Tape } from '../../market/tape.ts';
import { sampleTape } from '../simulator/sample-markets.ts';

const market = (text: Record<string, unknown>): MarketEnvConfig =>
  v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', environments: 6, slots: 4, ...text });

const minis: Tape[] = [1, 2, 3, 4, 5].map((seed) => miniTape({ seed, id: `1.${String(seed)}` }));
const eventful: Tape[] = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
  eventfulTape({ seed, winners: seed % 4 === 0 ? 3 : 1 })
);
const simulated = await Promise.all([0, 3, 7].map((index) => sampleTape(index)));

describe('an episode from a book history', () => {
  const short = { startMinutes: 1, decisionSeconds: 2 };
  const events = { slots: 5, startMinutes: 3.8, decisionSeconds: 1, exposureLimit: 1e6, bankroll: 1e5, stakeCap: 30 };
  const late = { placeLatencyMillis: 3000, cancelLatencyMillis: 3000 };
  const chance = { latencyModel: 'logNormal', latencySpread: 2, slippagePercent: 30 };
  for (const [name, tapes, text, steps] of [
    ['on small markets', minis, short, 400],
    ['on small markets, decisions under the latency', minis, { startMinutes: 1, decisionSeconds: 0.1 }, 900],
    ['on small markets, no latency at all', minis, { ...short, placeLatencyMillis: 0, cancelLatencyMillis: 0 }, 300],
    ['on simulated markets', simulated, { slots: 8 }, 400],
    ['on simulated markets, large stakes', simulated, { slots: 8, stakeCap: 900, exposureLimit: 1e6 }, 400],
    ['on simulated markets, latency of half a step', simulated, { placeLatencyMillis: 2600 }, 300],
    // A cancel may find the record of an order that is done in another order's hands.
    [
      'with cancels two decisions late, small markets',
      minis,
      { ...short, decisionSeconds: 1, cancelLatencyMillis: 2000 },
      400
    ],
    [
      'with cancels two decisions late',
      simulated,
      { startMinutes: 1, decisionSeconds: 1, cancelLatencyMillis: 2000 },
      300
    ],
    ['with cancels later than a decision', simulated, { cancelLatencyMillis: 6000 }, 300],
    ['with latency by chance, of any length', simulated, { latencyModel: 'logNormal', latencySpread: 2 }, 300],
    ['with latency by chance', simulated, { latencyModel: 'logNormal', latencySpread: 1.5 }, 300],
    ['with slippage', simulated, { slots: 8, slippagePercent: 40, latencyModel: 'logNormal' }, 300],
    ['with a risk-averse queue', simulated, { slots: 8, queue: 'riskAverse' }, 300],
    ['with a queue by probability', simulated, { slots: 8, queue: 'probPower' }, 300],
    ['with a queue by its logarithm', minis, { ...short, queue: 'probLog' }, 300],
    ['with removals, suspensions and reopenings', eventful, events, 700],
    ['with removals, suspensions and reopenings, late', eventful, { ...events, ...late }, 700],
    ['with removals and a risk-averse queue', eventful, { ...events, ...chance, queue: 'riskAverse' }, 700],
    ['with removals and a small bankroll', eventful, { ...events, bankroll: 20 }, 700],
    ['in a curriculum', simulated, { curriculumSteps: 1500, slippagePercent: 20, queue: 'probLog' }, 300]
  ] as const) {
    it(`is the one played message by message: ${name}`, () => {
      const played = playBoth(market(text), tapes, steps);
      expect(played.firstDifference).toBeUndefined();
      expect(played.filledByTrades).toBeGreaterThan(5);
      expect(played.filledByTaking).toBeGreaterThan(5);
      expect(played.ended).toBeGreaterThan(2);
    });
  }
});
