/**
 * A small market written out row by row, and an exchange at its first second: 100.00 at 4.50 and 200.00 at 4.40 to back,
 * 50.00 at 4.60 and 80.00 at 4.70 to lay. Ticks are named by their prices.
 */
import { Random } from '../../src/lib/core/random.ts';
import { lots, seconds } from '../../src/lib/core/units.ts';
import type { Seed, Ticks } from '../../src/lib/core/units.ts';
import type { ExchangeOptions } from '../../src/lib/env/matching/exchange-options.ts';
import { SimulatedExchange } from '../../src/lib/env/matching/exchange.ts';
import { constantLatency } from '../../src/lib/env/matching/latency.ts';
import type { Order, OrderRequest, Side } from '../../src/lib/env/matching/order.ts';
import { betfairClassic } from '../../src/lib/market/ladder.ts';
import type { MarketRules } from '../../src/lib/market/rules.ts';
import type { TapeBuilder } from '../../src/lib/market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';
import { miniBuilder, miniMarket } from './mini-tape.ts';

export const at = (price: number): Ticks => betfairClassic.tickOf(price)!;

export interface Scene {
  readonly exchange: SimulatedExchange;
  readonly place: (request: Partial<OrderRequest> & { side: Side; price: number; stake: number }) => Order;
}

/** A market of three runners, and what `script` writes after its first message. */
export function scene(
  script: (builder: TapeBuilder) => void,
  options: Partial<ExchangeOptions> = {},
  rules?: MarketRules
): Scene {
  const builder = miniBuilder();
  open(builder);
  script(builder);
  const market = miniMarket({ runners: 3, scheduledSeconds: 600 });
  const tape = builder.build(rules === undefined ? market : { ...market, rules }, { shared: false });
  const exchange = new SimulatedExchange(tape, {
    queue: 'fullQueue',
    latency: constantLatency({ place: 100, cancel: 100, replace: 200 }),
    random: new Random(1 as Seed),
    bankroll: 1_000_000,
    history: true,
    ...options
  });
  exchange.advanceTo(seconds(1));
  return {
    exchange,
    place: ({ price, stake, ...request }) => exchange.place({ slot: 0, tick: at(price), lots: lots(stake), ...request })
  };
}

function open(builder: TapeBuilder): void {
  builder.message(seconds(0));
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open);
  builder.row(RowKind.bid, 0, at(4.5), 10_000);
  builder.row(RowKind.bid, 0, at(4.4), 20_000);
  builder.row(RowKind.ask, 0, at(4.6), 5_000);
  builder.row(RowKind.ask, 0, at(4.7), 8_000);
}

/** A message of one trade on the first runner, maker and taker both counted. */
export const trade = (builder: TapeBuilder, time: number, price: number, size: number): void => {
  builder.message(seconds(time));
  builder.row(RowKind.trade, 0, at(price), size);
};
