/**
 * Stochastic slippage: now and then the price has moved away by the time a taking order arrives, though the recording
 * does not show it (others who were quicker, or a book thinner than it was published). The levels nearest to the touch
 * are then gone for this order. It takes what shows beyond them as far as its limit goes, at those levels' own sizes
 * and prices, and what is left of it waits: a fill is never past the limit and never out of nothing.
 */
import { AppError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';

/** Ticks by which the best price has moved against an arriving order that would take: 0 or more. */
export type SlippageModel = (random: Random) => number;

/**
 * Moves by a whole number of ticks with given probabilities.
 * @param probabilities of 1, 2, 3... ticks; what they leave to 1 is the probability of none
 * @throws AppError where one is no probability, or their sum is over 1
 */
export function tickSlippage(probabilities: readonly number[]): SlippageModel {
  const upTo: number[] = [];
  let sum = 0;
  for (const probability of probabilities) {
    sum += probability;
    if (!(probability >= 0) || sum > 1 + 1e-12) {
      throw new AppError('config.invalid', {
        subject: 'slippage',
        expected: 'probabilities of 1, 2, 3... ticks that sum to 1 at most',
        got: probabilities.join(', '),
        remedy: 'lower them'
      });
    }
    upTo.push(sum);
  }
  return (random) => {
    random.drawUniform();
    const draw = random.drawn;
    for (let ticks = 0; ticks < upTo.length; ticks++) if (draw < upTo[ticks]!) return ticks + 1;
    return 0;
  };
}
