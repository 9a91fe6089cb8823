/** A scenario played to its end, as a tape like a recorded market's, labelled synthetic. */
import { nanos } from '../../core/units.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import type { MarketInfo, Tape } from '../../market/tape.ts';
import { intoTape } from './publisher.ts';
import { scenarioFingerprint } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedMarket } from './simulated-market.ts';

const SIMULATED_MARKET_BASE_RATE_PERCENT = 5;

/** What a simulated market says of itself. @param fingerprint of its scenario, there being no file */
export function simulatedMarketInfo(scenario: Scenario, fingerprint: string): MarketInfo {
  return {
    id: scenario.marketId,
    venue: 'betfair',
    name: scenario.raceName,
    eventName: `${scenario.course} (simulated)`,
    kind: 'WIN',
    country: 'AU',
    rules: betfairRules({ currency: 'AUD', marketBaseRatePercent: SIMULATED_MARKET_BASE_RATE_PERCENT }),
    runners: scenario.runners.map((name, slot) => ({
      slot,
      id: `${scenario.marketId}.${slot + 1}`,
      handicap: 0,
      name,
      sortPriority: slot + 1
    })),
    scheduledMillis: scenario.scheduledMillis,
    fingerprint,
    synthetic: true
  };
}

export async function simulateTape(scenario: Scenario, options: { readonly shared: boolean }): Promise<Tape> {
  const info = simulatedMarketInfo(scenario, await scenarioFingerprint(scenario));
  const startMillis = scenario.scheduledMillis - scenario.leadSeconds * 1000;
  const builder = new TapeBuilder(BigInt(startMillis) * 1_000_000n);
  const market = new SimulatedMarket(scenario, intoTape(builder));
  market.advanceTo(nanos(Math.ceil(market.endSeconds * 1e9)));
  return builder.build(info, options);
}
