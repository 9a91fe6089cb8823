/** Commission on a market's net winnings, charged once and never on a loss (Betfair: market base rate and discount). */
/** @returns the commission in the unit of `netWinnings`, not rounded; 0 when there are none */
export function commissionOn(netWinnings: number, rate: number): number {
  return netWinnings > 0 ? netWinnings * rate : 0;
}
