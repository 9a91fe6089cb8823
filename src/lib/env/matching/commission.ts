/**
 * Commission on a market's net winnings, charged once and never on a loss: net winnings x market base rate x (1 -
 * discount rate) (support.betfair.com, answer 413: "What is Commission and how is it calculated?").
 */

/**
 * @param rate market base rate, 0 to 1
 * @param discount discount rate, 0 to 1
 * @returns the commission in the unit of `netWinnings`, not rounded; 0 when there are none
 */
export function commissionOn(netWinnings: number, rate: number, discount = 0): number {
  return netWinnings > 0 ? netWinnings * rate * (1 - discount) : 0;
}
