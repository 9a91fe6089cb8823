/**
 * What other queue models would have made of the same resting orders, worked in the same pass as the model that counts.
 * Every model keeps its own place in the queue and its own use of each trade, so what it reports is what an exchange
 * that ran under it would have filled. Knows nothing of sides, prices or books: an engine says which trades reach a
 * shadow, best placed first, and how the level it rests at changed.
 */
import type { Nanos } from '../../core/units.ts';
import type { QueueModel, QueuePosition } from './queue/queue-model.ts';
import { passTrade } from './queue/pass-trade.ts';
import type { PassingTrade } from './queue/pass-trade.ts';

/** One model's view of one resting order. */
export interface ShadowPosition extends QueuePosition {
  readonly model: string;
  /** Queue ahead when it came to rest, taker-side lots. */
  aheadOnArrival: number;
  /** Lots that this model has filled, and those it may still. */
  filled: number;
  rest: number;
  /** Time and message of its first and of its last fill; NaN and -1 before. */
  firstAt: number;
  firstMessage: number;
  lastAt: number;
}

/** All other models' views of one resting order. Ends when the order is withdrawn, not when the counting model filled it. */
export interface Shadow {
  readonly positions: readonly ShadowPosition[];
  /** Size of the level when last seen, and the taker-side lots traded there since. */
  level: number;
  traded: number;
}

/** The moment of a trade, for the record. */
export interface TradeMoment {
  readonly time: Nanos;
  readonly message: number;
}

export class ShadowQueues {
  readonly models: readonly QueueModel[];
  /** By model, then by trade of the message: taker-side lots not yet used; filled in when a trade is first met. */
  readonly #left: Float64Array[];
  #known = 0;
  readonly #passing: PassingTrade = { left: new Float64Array(0), index: 0 };

  constructor(models: readonly QueueModel[]) {
    this.models = models;
    this.#left = models.map(() => new Float64Array(64));
  }

  /** A new message: forgets how much of each trade was used. */
  begin(): void {
    this.#known = 0;
  }

  /**
   * An order comes to rest with `lots` behind `visible` lots.
   * @param level size of the recorded level, where not all of it is ahead
   */
  rest(lots: number, visible: number, level = visible): Shadow {
    const positions = this.models.map((model) => {
      const ahead = model.onPlace(visible);
      const none = { filled: 0, firstAt: Number.NaN, firstMessage: -1, lastAt: Number.NaN };
      return { model: model.id, ahead, aheadOnArrival: ahead, own: Number.NaN, rest: lots, ...none };
    });
    return { positions, level, traded: 0 };
  }

  /**
   * The message's `index`th trade, of `volume` taker-side lots, reaches a shadow. The trades of a message are numbered
   * from 0 and keep their number from shadow to shadow.
   */
  trade(shadow: Shadow, index: number, volume: number, at: TradeMoment): void {
    while (this.#known <= index) this.#meet(this.#known++);
    for (let m = 0; m < this.models.length; m++) {
      const position = shadow.positions[m]!;
      const left = this.#left[m]!;
      if (Number.isNaN(left[index]!)) left[index] = volume;
      if (position.rest <= 0 || left[index]! <= 0) continue;
      this.#passing.left = left;
      this.#passing.index = index;
      const lots = passTrade(this.models[m]!, position, this.#passing, position.rest);
      if (lots <= 0) continue;
      position.rest -= lots;
      fill(position, lots, at);
    }
  }

  /** What is left of the order ends by a match outside the queue: `matched` tells how many lots that gives for a rest. */
  close(shadow: Shadow, matched: (rest: number) => number, at: TradeMoment): void {
    for (const position of shadow.positions) {
      const lots = position.rest > 0 ? matched(position.rest) : 0;
      position.rest = 0;
      if (lots > 0) fill(position, lots, at);
    }
  }

  /** The level a shadow rests at now holds `after` lots. */
  depth(shadow: Shadow, after: number): void {
    const { level, traded } = shadow;
    if (after === level) return;
    for (let m = 0; m < this.models.length; m++) {
      this.models[m]!.onDepth?.(shadow.positions[m]!, level, after, traded);
    }
    shadow.level = after;
    shadow.traded = 0;
  }

  /** An order-level source told that `lots` were cancelled by somebody who had `place` lots before him in the level. */
  cancelledByOthers(shadow: Shadow, place: number, lots: number): void {
    for (let m = 0; m < this.models.length; m++) this.models[m]!.onCancel?.(shadow.positions[m]!, place, lots);
  }

  /** `lots` of the order are withdrawn; a model that had filled more than is left then keeps what it filled. */
  cancel(shadow: Shadow, lots: number): void {
    for (const position of shadow.positions) position.rest = Math.max(0, position.rest - lots);
  }

  /** The order waits no longer, in any model; what each filled stays on record. */
  end(shadow: Shadow): void {
    for (const position of shadow.positions) position.rest = 0;
  }

  /** Whether any model may still fill something. */
  open(shadow: Shadow): boolean {
    return shadow.positions.some((position) => position.rest > 0);
  }

  #meet(index: number): void {
    for (let m = 0; m < this.#left.length; m++) {
      if (index === this.#left[m]!.length) {
        const wider = new Float64Array(index * 2);
        wider.set(this.#left[m]!);
        this.#left[m] = wider;
      }
      this.#left[m]![index] = Number.NaN;
    }
  }
}

function fill(position: ShadowPosition, lots: number, at: TradeMoment): void {
  position.filled += lots;
  position.lastAt = at.time;
  if (position.firstMessage >= 0) return;
  position.firstAt = at.time;
  position.firstMessage = at.message;
}
