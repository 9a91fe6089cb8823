/**
 * Exchanges of markets that no environment is playing, by the number of their runners: the next market of that size is
 * played on one of them. After a while there are as many as are ever wanted at once, and a new market makes nothing.
 */
import type { Seed } from '../../../core/units.ts';
import { MarketDraw } from '../market-draw.ts';
import type { ScenarioOptions } from '../market-draw.ts';
import { LiveExchange, startEpochNanosOf } from './live-exchange.ts';
import type { LiveExchangeOptions } from './live-exchange.ts';

/** An exchange and the market that is played on it. */
export interface LiveMarket {
  readonly exchange: LiveExchange;
  /** Read by the exchange as long as the market is played. */
  draw: MarketDraw;
}

export interface LivePoolOptions {
  readonly exchange: Omit<LiveExchangeOptions, 'scenario' | 'history' | 'level'>;
  readonly draw: Pick<ScenarioOptions, 'behaviour' | 'leadSeconds' | 'race'>;
  /** Scheduled starts, milliseconds since the epoch; market i has the i-th, and so on round. */
  readonly scheduledMillis: readonly number[];
}

export class LiveExchangePool {
  readonly #options: LivePoolOptions;
  readonly #startEpochNanos: readonly bigint[];
  /** By the number of runners. */
  readonly #free: LiveMarket[][] = [];
  /** What the next market is drawn into: how many runners it has is known only then. */
  #next: MarketDraw;
  /** Its bits, signed. */
  #seed = 0;

  constructor(options: LivePoolOptions) {
    this.#options = options;
    this.#next = new MarketDraw(options.draw);
    const { leadSeconds } = this.#next;
    this.#startEpochNanos = options.scheduledMillis.map((scheduledMillis) =>
      startEpochNanosOf({ leadSeconds, scheduledMillis })
    );
  }

  /** Draws from this seed's markets from now on. */
  of(seed: Seed): void {
    this.#seed = seed | 0;
  }

  /** The seed's market numbered `index`, as it stands when it opens. @param level of realism, 0 to 1 */
  take(index: number, level: number): LiveMarket {
    const round = this.#draw(index);
    const draw = this.#next;
    const market = this.#free[draw.runners]?.pop();
    if (market === undefined) {
      this.#next = new MarketDraw(this.#options.draw);
      return { exchange: this.#make(draw, level, false), draw };
    }
    this.#next = market.draw;
    market.draw = draw;
    market.exchange.realism.level = level;
    market.exchange.begin(draw, draw.stream, this.#startEpochNanos[round]!);
    return market;
  }

  /** The same on an exchange that keeps history; it is never used again. */
  traced(index: number, level: number): LiveMarket {
    this.#draw(index);
    const draw = this.#next;
    this.#next = new MarketDraw(this.#options.draw);
    return { exchange: this.#make(draw, level, true), draw };
  }

  #make(draw: MarketDraw, level: number, history: boolean): LiveExchange {
    return new LiveExchange({ ...this.#options.exchange, scenario: draw.scenario(), level, history });
  }

  /** Its market is over. */
  give(market: LiveMarket): void {
    const { runners } = market.draw;
    while (this.#free.length <= runners) this.#free.push([]);
    this.#free[runners]!.push(market);
  }

  /** Draws a market into `#next`. @returns which scheduled start it has */
  #draw(index: number): number {
    const { scheduledMillis } = this.#options;
    const round = index % scheduledMillis.length;
    const draw = this.#next;
    draw.of(this.#seed);
    draw.scheduledMillis = scheduledMillis[round]!;
    draw.draw(index);
    return round;
  }
}
