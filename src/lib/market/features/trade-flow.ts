/**
 * What trades: money a second as log10(1 + amount / s) / 3, the balance of trades at or above the former best lay (+1)
 * against those at or below the former best back (-1), both decayed; all traded so far; and seconds since the last
 * trade as ln(1 + s) / 6.
 */
import { DecayedSum } from './decayed.ts';
import type { FeatureMemory } from './feature-memory.ts';
import type { FeatureView, RunnerFamily, TradeSeen } from './feature-set.ts';
import { tradeSign } from './feature-set.ts';
import type { Quotes } from './quotes.ts';
import { clamp, moneyScale } from './scale.ts';

const WINDOWS = [10, 60] as const;

export class TradeFlow implements RunnerFamily {
  readonly names = [
    ...WINDOWS.flatMap((seconds) => [`traded_rate_${String(seconds)}s`, `trade_balance_${String(seconds)}s`]),
    'traded_total',
    'since_trade'
  ];
  readonly about = [
    ...WINDOWS.flatMap((seconds) => [
      {
        unit: '1000 of the currency a second, decimal logarithm',
        formula: `log10(1 + sum of w money / T) / 3, w = exp(-t / T), T = ${String(seconds)}`
      },
      {
        unit: 'share, -1 to 1',
        formula: `sum of w s lots / sum of w lots, s = 1 bought at the lay, -1 sold at the back, T = ${String(seconds)}`
      }
    ]),
    { unit: '10^6 of the currency, decimal logarithm', formula: 'log10(1 + all money traded) / 6' },
    { unit: '6 nats of seconds', formula: 'ln(1 + seconds since the last trade) / 6; 1.5 before the first' }
  ];
  readonly #volume: readonly DecayedSum[];
  readonly #signed: readonly DecayedSum[];
  readonly #last: Float64Array;

  constructor(memory: FeatureMemory, slots: number) {
    this.#volume = WINDOWS.map((tau) => new DecayedSum(memory, slots, tau));
    this.#signed = WINDOWS.map((tau) => new DecayedSum(memory, slots, tau));
    this.#last = memory.array(slots, Number.NaN);
  }

  onTrade(trade: TradeSeen, quotes: Quotes): void {
    const { slot, lots, time } = trade;
    const sign = tradeSign(trade, quotes);
    for (let i = 0; i < WINDOWS.length; i++) {
      this.#volume[i]!.add(slot, lots, time);
      if (sign !== 0) this.#signed[i]!.add(slot, sign * lots, time);
    }
    this.#last[slot] = time;
  }

  write({ state, now }: FeatureView, slot: number, into: Float32Array, at: number): void {
    const { lotSize } = state.market.rules;
    for (let i = 0; i < WINDOWS.length; i++) {
      const volume = this.#volume[i]!.at(slot, now);
      into[at + 2 * i] = Math.log10(1 + (volume * lotSize) / WINDOWS[i]!) / 3;
      into[at + 2 * i + 1] = volume < 0.01 ? 0 : clamp(this.#signed[i]!.at(slot, now) / volume, -1, 1);
    }
    const end = at + 2 * WINDOWS.length;
    into[end] = moneyScale(state.books[slot]!.totalTraded * lotSize);
    const last = this.#last[slot]!;
    // Nothing traded yet is as long ago as an hour and a half.
    into[end + 1] = Number.isNaN(last) ? 1.5 : Math.log1p(now - last) / 6;
  }
}
