/** Commission on a market's net winnings, charged once and never on a loss (Betfair: market base rate and discount). */
import type { FeeSchedule } from '../../market/rules.ts';

/** Share of net winnings that is kept by the venue: base rate times (1 - discount); 0 for other schedules. */
export function commissionRate(fees: FeeSchedule): number {
  return fees.kind === 'commissionOnNetWinnings' ? fees.rate * (1 - fees.discount) : 0;
}

/** @returns the commission in the unit of `netWinnings`, not rounded; 0 when there are none */
export function commissionOn(netWinnings: number, rate: number): number {
  return netWinnings > 0 ? netWinnings * rate : 0;
}
