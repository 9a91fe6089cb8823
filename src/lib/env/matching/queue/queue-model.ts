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
   * change. Moves the queue; nothing fills by it. Absent where cancellations ahead are ignored.
   */
  onDepth?(position: QueuePosition, before: number, after: number, traded: number): void;
}
