/**
 * A queue as simulators compute it that hold sizes as binary doubles of the venue's unit, let the front go below zero
 * and count what is missing as reached by the next trade, and round what reaches an order to the nearest lot: there
 * two thirds of a lot fill a whole one. To reproduce them; our own models count whole lots, stop at zero and never
 * fill more than traded.
 */
import { levelChange } from './queue-model.ts';
import type { FrontRule, QueueModel } from './queue-model.ts';

/**
 * @param lotSize the venue's, in its unit
 * @param rule in the venue's unit
 */
export function binarySizes(id: string, rule: FrontRule, lotSize: number): QueueModel {
  // The double nearest to the size as the venue writes it: a quotient of whole numbers is rounded once.
  const lotsPerUnit = Math.round(1 / lotSize);
  const size = lotSize < 1 ? (lots: number) => lots / lotsPerUnit : (lots: number) => lots * lotSize;
  const change = levelChange();
  return {
    id,
    onPlace: (visible) => visible,
    onTrade: (position, volume, rest) => {
      const front = (Number.isNaN(position.own) ? size(position.ahead) : position.own) - size(volume);
      const reached = Math.min(rest, Math.max(0, Math.round(-front / lotSize)));
      position.own = front + size(reached);
      position.ahead = position.own / lotSize;
      return reached;
    },
    onDepth: (position, before, after, traded) => {
      change[0] = Number.isNaN(position.own) ? size(position.ahead) : position.own;
      change[1] = size(before);
      change[2] = size(after);
      change[3] = size(traded);
      rule(change);
      position.own = change[0];
      position.ahead = position.own / lotSize;
    }
  };
}
