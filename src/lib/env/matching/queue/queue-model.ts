/** How the queue ahead of a resting order shrinks: pure rules on one position, a file each. */

/** What a model keeps of one resting order; the engine's `Order` is one. */
export interface QueuePosition {
  /** Taker-side lots that must trade first. */
  ahead: number;
  /** For the model alone; NaN when the order comes to rest. */
  own: number;
}

export interface QueueModel {
  readonly id: string;
  /** Queue ahead of an order that comes to rest where `visible` lots wait. */
  onPlace(visible: number): number;
  /**
   * A trade of `volume` taker-side lots reaches the order's price. Moves the queue and returns the lots, not rounded
   * and not more than `rest`, that reach the order.
   */
  onTrade(position: QueuePosition, volume: number, rest: number): number;
  /**
   * The level where the order rests went from `before` to `after` lots, of which `traded` were trades since its last
   * change (or since the order came to rest). Moves the queue; nothing fills by it. Absent where cancellations ahead
   * are ignored.
   */
  onDepth?(position: QueuePosition, before: number, after: number, traded: number): void;
  /**
   * An order-level source told that `lots` were cancelled by somebody who had `place` lots before him in the order's
   * level. Absent where the model estimates from sizes alone.
   */
  onCancel?(position: QueuePosition, place: number, lots: number): void;
}

/**
 * A change of a level as a queue rule is told of it, all in one unit of size, and written over by its answer:
 * [0] what is ahead before the change, [1] the level before, [2] and after it, [3] what traded there since its last change,
 * which left from the front and is no cancellation. An array, as fractions that are handed over or back may be objects
 * made for the occasion, and this is asked at every change of a level.
 */
export type LevelChange = Float64Array;
export const levelChange = (): LevelChange => new Float64Array(4);

/** Where the front of a queue stands after a level changed, into [0]. */
export type FrontRule = (change: LevelChange) => void;

/** A queue in which trades take from the front and a rule says what every other change of the level means. */
export function queueByRule(id: string, rule: FrontRule): QueueModel {
  const change = levelChange();
  return {
    id,
    onPlace: (visible) => visible,
    onTrade: tradeThrough,
    onDepth: (position, before, after, traded) => {
      if (!(position.ahead > 0)) return;
      change[0] = position.ahead;
      change[1] = before;
      change[2] = after;
      change[3] = traded;
      rule(change);
      position.ahead = Math.max(0, change[0]);
    }
  };
}

/** A trade takes what is ahead first; what is left of it reaches the order. */
export function tradeThrough(position: QueuePosition, volume: number, rest: number): number {
  const through = volume - position.ahead;
  if (through <= 0) {
    position.ahead -= volume;
    return 0;
  }
  position.ahead = 0;
  return through < rest ? through : rest;
}
