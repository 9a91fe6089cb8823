/**
 * What an order that joined the best price of either side would wait for, as far as a book of levels tells: for how
 * long that price has been the best, ln(1 + s) / 6; how long what waits there lasts at the pace of the trades that hit
 * the side, ln(1 + lots / (lots/s)) / 8 seconds, 1 when nothing hits it; and the share of what left the level that was
 * traded and not cancelled, which says whether a queue moves by fills.
 */
import { NO_TICK } from '../tape.ts';
import { DecayedSum } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily, TradeSeen } from './feature-set.ts';
import { tradeSign } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { clamp } from './scale.ts';

const WINDOW = 60;
/** Lots: what is left of a decayed sum below this is dust. */
const DUST = 0.01;
const SIDES = ['back', 'lay'] as const;

interface Side {
  /** When the best price became what it is, seconds. */
  readonly since: Float64Array;
  /** Lots traded against the side, and lots that left its best price for any reason. */
  readonly hits: DecayedSum;
  readonly left: DecayedSum;
}

export class Queue implements RunnerFamily {
  readonly names = SIDES.flatMap((side) => [`${side}_queue_age`, `${side}_queue_wait`, `${side}_queue_filled`]);
  readonly about = SIDES.flatMap((side) => [
    { unit: '6 nats of seconds', formula: `ln(1 + seconds for which the best ${side} price has stood) / 6` },
    {
      unit: '8 nats of seconds',
      formula: `ln(1 + lots at the best ${side} price / lots traded against it a second) / 8, T = ${String(WINDOW)}; 1 where none`
    },
    { unit: 'share', formula: `lots traded against / lots that left the best ${side} price, T = ${String(WINDOW)}` }
  ]);
  readonly #bid: Side;
  readonly #ask: Side;

  constructor(memory: FeatureMemory, slots: number) {
    const side = (): Side => ({
      since: memory.array(slots, Number.NaN),
      hits: new DecayedSum(memory, slots, WINDOW),
      left: new DecayedSum(memory, slots, WINDOW)
    });
    this.#bid = side();
    this.#ask = side();
  }

  onTrade(trade: TradeSeen, quotes: Quotes): void {
    const sign = tradeSign(trade, quotes);
    if (sign === 0) return;
    (sign > 0 ? this.#ask : this.#bid).hits.add(trade.slot, trade.lots, trade.time);
  }

  onQuotes(slot: number, quotes: Quotes): void {
    const time = quotes.clock[0]!;
    const { bidTick, formerBidTick, bidLots, formerBidLots, askTick, formerAskTick, askLots, formerAskLots } = quotes;
    follow(this.#bid, slot, time, {
      moved: bidTick[slot]! !== formerBidTick[slot]!,
      gone: bidTick[slot]! < formerBidTick[slot]!,
      lots: bidLots[slot]!,
      former: formerBidLots[slot]!
    });
    const ask = askTick[slot]!;
    follow(this.#ask, slot, time, {
      moved: ask !== formerAskTick[slot]!,
      gone: formerAskTick[slot]! !== NO_TICK && (ask === NO_TICK || ask > formerAskTick[slot]!),
      lots: askLots[slot]!,
      former: formerAskLots[slot]!
    });
  }

  write({ quotes, now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    writeSide(this.#bid, slot, now, quotes.bidLots[slot]!, into, at);
    writeSide(this.#ask, slot, now, quotes.askLots[slot]!, into, at + 3);
  }
}

function follow(
  side: Side,
  slot: number,
  time: number,
  best: { readonly moved: boolean; readonly gone: boolean; readonly lots: number; readonly former: number }
): void {
  if (best.moved) side.since[slot] = time;
  // A price that was left took all its lots along; one that was bettered kept them, out of sight.
  const gone = best.gone ? best.former : best.moved ? 0 : Math.max(0, best.former - best.lots);
  if (gone > 0) side.left.add(slot, gone, time);
}

function writeSide(side: Side, slot: number, now: number, lots: number, into: Float32Array, at: number): void {
  if (lots === 0) {
    into.fill(0, at, at + 3);
    return;
  }
  const hits = side.hits.at(slot, now);
  const left = side.left.at(slot, now);
  into[at] = Math.log1p(Math.max(0, now - side.since[slot]!)) / 6;
  into[at + 1] = hits < DUST ? 1 : clamp(Math.log1p((lots * WINDOW) / hits) / 8, 0, 1);
  into[at + 2] = left < DUST ? 0 : clamp(hits / left, 0, 1);
}
