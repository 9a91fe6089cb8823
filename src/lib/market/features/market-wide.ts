/** Features of the whole market: written once, not a runner. */
import { MarketStatus, NO_TICK } from '../tape.ts';
import type { Ticks } from '../../core/units.ts';
import type { FeatureView, MarketFamily } from './feature-set.ts';
import { clamp, moneyScale, squash } from './scale.ts';

/**
 * Book percentage, the sum of 1 / price over the runners less one, times ten and clamped to [-2, 2]: of the best back
 * prices (above zero: a backer of all loses) and of the best lay prices (below zero: a layer of all loses). In a market
 * with n winners the sum is n, and is divided by it. Only told while every active runner has the price.
 */
export class BookPercentage implements MarketFamily {
  readonly names = ['back_book', 'lay_book'];
  readonly about = [
    { unit: '10 %', formula: '10 (sum of 1 / back / winners - 1), within -2 and 2' },
    { unit: '10 %', formula: '10 (sum of 1 / lay / winners - 1), within -2 and 2' }
  ];

  write({ state, quotes }: FeatureView, into: Float32Array, at: number): void {
    const { rules } = state.market;
    const winners = rules.settlement.kind === 'backLay' ? Math.max(1, rules.settlement.winners) : 1;
    let back = 0;
    let lay = 0;
    for (let slot = 0; slot < state.books.length; slot++) {
      if (state.removed[slot] === 1) continue;
      const bid = quotes.bidTick[slot]!;
      const ask = quotes.askTick[slot]!;
      back += bid === NO_TICK ? Number.NaN : 1 / rules.ladder.priceOf(bid as Ticks);
      lay += ask === NO_TICK ? Number.NaN : 1 / rules.ladder.priceOf(ask as Ticks);
    }
    into[at] = Number.isNaN(back) ? 0 : clamp(10 * (back / winners - 1), -2, 2);
    into[at + 1] = Number.isNaN(lay) ? 0 : clamp(10 * (lay / winners - 1), -2, 2);
  }
}

/**
 * Time to the scheduled start as announced so far: t / 30 min, clamped to [-1, 2], and asinh(t / 1 min) / 4, which
 * tells the last minutes apart. Below zero once the start is late.
 */
export class TimeToOff implements MarketFamily {
  readonly names = ['to_off', 'to_off_log'];
  readonly about = [
    { unit: '30 minutes', formula: 'time to the scheduled start / 30 min, within -1 and 2' },
    { unit: '4 nats of minutes', formula: 'asinh(time to the scheduled start / 1 min) / 4' }
  ];

  write({ state, nowMillis }: FeatureView, into: Float32Array, at: number): void {
    const millis = state.scheduledMillis - nowMillis;
    const known = state.scheduledMillis > 0 && Number.isFinite(millis);
    into[at] = known ? clamp(millis / 1_800_000, -1, 2) : 0;
    into[at + 1] = known ? squash(millis / 60_000) / 4 : 0;
  }
}

/** Flags of the market's status; runners still in it / 20; all that was traded as log10(1 + amount) / 6. */
export class Status implements MarketFamily {
  readonly names = ['is_open', 'is_suspended', 'is_in_play', 'active_runners', 'market_traded'];
  readonly about = [
    { unit: 'flag', formula: '1 while the market is open' },
    { unit: 'flag', formula: '1 while it is suspended' },
    { unit: 'flag', formula: '1 once it is in play' },
    { unit: '20 runners', formula: 'runners still in it / 20' },
    { unit: '10^6 of the currency, decimal logarithm', formula: 'log10(1 + all money traded in the market) / 6' }
  ];

  write({ state }: FeatureView, into: Float32Array, at: number): void {
    into[at] = state.status === MarketStatus.open ? 1 : 0;
    into[at + 1] = state.status === MarketStatus.suspended ? 1 : 0;
    into[at + 2] = state.inPlay ? 1 : 0;
    into[at + 3] = state.activeRunners / 20;
    let traded = 0;
    for (let slot = 0; slot < state.books.length; slot++) traded += state.books[slot]!.totalTraded;
    into[at + 4] = moneyScale(traded * state.market.rules.lotSize);
  }
}
