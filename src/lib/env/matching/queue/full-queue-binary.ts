/**
 * The full queue as simulators compute it that hold sizes as binary doubles of the currency and round fills to the
 * nearest hundredth: half a traded penny may then fill a whole one, or none, as the bits fall. To reproduce them; our
 * own is `fullQueue`, which is exact and never fills more than traded.
 */
import type { QueueModel } from './queue-model.ts';

/** To the nearest hundredth of the exact binary value, ties to even: Python's `round(x, 2)`. */
export function roundHundredth(x: number): number {
  const eighths = x * 8;
  if (Number.isInteger(eighths) && eighths % 2 !== 0) {
    const down = Math.floor(x * 100);
    return (down % 2 === 0 ? down : down + 1) / 100;
  }
  return Number(x.toFixed(2));
}

export const fullQueueBinary: QueueModel = {
  id: 'fullQueueBinary',
  onPlace: (visible) => visible,
  onTrade: (position, volume, rest) => {
    const queue = Number.isNaN(position.own) ? position.ahead / 100 : position.own;
    const half = volume / 100;
    if (half <= queue) {
      position.own = queue - half;
      position.ahead = position.own * 100;
      return 0;
    }
    position.own = 0;
    position.ahead = 0;
    return Math.round(roundHundredth(Math.min(rest / 100, half - queue)) * 100);
  }
};
