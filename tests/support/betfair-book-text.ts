/**
 * Books of a replayed market as the text lines that `betfair-books.json` hashes; its `definition` tells the format. What
 * a tape does not hold (version, reconciliation, words for a runner's status) is read from the definitions kept with it.
 */
import { assert } from '../../src/lib/core/assert.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import type { Book } from '../../src/lib/market/book.ts';
import type { Depth } from '../../src/lib/market/depth.ts';
import { MarketStatus, NO_TICK, RowKind } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import type { ParsedMarket } from '../../src/lib/data/betfair/parsed-market.ts';
import type { Ticks } from '../../src/lib/core/units.ts';

type Level = readonly [price: number, size: number];

export interface BookRunner {
  readonly id: number;
  readonly handicap: number;
  readonly status: string;
  readonly startingPrice: number | undefined;
  readonly lastTraded: number | undefined;
  readonly back: readonly Level[];
  readonly lay: readonly Level[];
  readonly traded: readonly Level[];
  readonly totalTraded: number;
}

export interface BookHead {
  readonly publishTime: number;
  readonly marketId: string;
  readonly status: string;
  readonly inPlay: boolean;
  readonly version: number;
  readonly betDelay: number;
  readonly bspReconciled: boolean;
}

interface DefinedText {
  readonly id: number;
  readonly hc?: number;
  readonly status: string;
  readonly bsp?: unknown;
}

interface DefinitionText {
  readonly status: string;
  readonly version: number;
  readonly bspReconciled: boolean;
  readonly runners: readonly DefinedText[];
}

const STATUS = new Map(Object.entries(MarketStatus).map(([name, value]) => [value, name.toUpperCase()]));

export class BookReplay {
  readonly messages: number;
  readonly #tape: Tape;
  readonly #market: ParsedMarket;
  readonly #state: MarketState;
  readonly #published: Float64Array;
  /** Slots in the order of the golden: by id, then handicap. */
  readonly #order: readonly number[];
  readonly #statuses: (string | undefined)[];
  /** As the definition says: more decimals than a tape's 1e-6. */
  readonly #startingPrices: Float64Array;
  readonly #best3: string[] = [];
  readonly #full: string[] = [];
  readonly #dirty: Uint8Array;
  #definition: DefinitionText | undefined;
  #definitions = 0;
  #message = 0;

  constructor(market: ParsedMarket) {
    this.#market = market;
    this.#tape = market.finish({ fingerprint: '', shared: false });
    this.#state = new MarketState(this.#tape.market);
    this.#published = market.publishMillis();
    this.messages = this.#published.length;
    const { runners } = this.#tape.market;
    this.#order = runners
      .map((runner) => runner.slot)
      .sort((a, b) => Number(runners[a]!.id) - Number(runners[b]!.id) || runners[a]!.handicap - runners[b]!.handicap);
    this.#statuses = runners.map(() => undefined);
    this.#startingPrices = new Float64Array(runners.length);
    this.#dirty = new Uint8Array(runners.length).fill(1);
  }

  get state(): MarketState {
    return this.#state;
  }

  /** Applies the next message and gives its two texts. */
  next(): { readonly best3: string; readonly full: string; readonly head: BookHead } {
    const { messageStart, slot, kind } = this.#tape;
    const message = this.#message++;
    for (let row = messageStart[message]!; row < messageStart[message + 1]!; row++) {
      this.#state.apply(this.#tape, row);
      if (kind[row] === RowKind.clear) this.#dirty.fill(1);
      else if (slot[row]! < this.#dirty.length) this.#dirty[slot[row]!] = 1;
    }
    if (this.#market.definitions[this.#definitions]?.message === message) this.#define();
    const head = this.#head(message);
    let best3 = '';
    let full = '';
    for (const one of this.#order) {
      if (this.#statuses[one] === undefined) continue;
      if (this.#dirty[one] === 1) this.#write(one);
      best3 += this.#best3[one]!;
      full += this.#full[one]!;
    }
    const line = `B|${['', head.publishTime, head.marketId, head.status, flag(head.inPlay), head.version, head.betDelay, flag(head.bspReconciled)].slice(1).join('|')}\n`;
    return { best3: line + best3, full: line + full, head };
  }

  /** The runners of the book after the last message. */
  runners(): readonly BookRunner[] {
    return this.#order.filter((slot) => this.#statuses[slot] !== undefined).map((slot) => this.#runner(slot));
  }

  #define(): void {
    const kept = this.#market.definitions[this.#definitions++]!;
    this.#definition = JSON.parse(kept.json) as DefinitionText;
    this.#statuses.fill(undefined);
    this.#startingPrices.fill(Number.NaN);
    for (const runner of this.#definition.runners) {
      const slot = this.#tape.market.runners.findIndex(
        (one) => one.id === String(runner.id) && one.handicap === (runner.hc ?? 0)
      );
      this.#statuses[slot] = runner.status;
      if (typeof runner.bsp === 'number') this.#setStartingPrice(slot, runner.bsp, this.#definition.bspReconciled);
    }
    this.#dirty.fill(1);
  }

  /** The text shows a price before it is reconciled; a tape does not. */
  #setStartingPrice(slot: number, price: number, reconciled: boolean): void {
    const held = this.#state.startingPrice[slot]!;
    assert(
      reconciled ? Math.abs(held - price) <= 1e-6 : Number.isNaN(held),
      `starting price of slot ${String(slot)}: tape ${String(held)}, text ${String(price)}`
    );
    this.#startingPrices[slot] = price;
  }

  #head(message: number): BookHead {
    const { status, inPlay, betDelaySeconds } = this.#state;
    return {
      publishTime: this.#published[message]!,
      marketId: this.#market.id,
      status: STATUS.get(status)!,
      inPlay,
      version: this.#definition!.version,
      betDelay: betDelaySeconds,
      bspReconciled: this.#definition!.bspReconciled
    };
  }

  #write(slot: number): void {
    const { id, handicap } = this.#tape.market.runners[slot]!;
    const book = this.#state.books[slot]!;
    const status = this.#statuses[slot]!;
    const last = optional(book.lastTradedPrice);
    const name = `${id}|${String(handicap)}|${status}`;
    const best = (depth: Depth, down: boolean): string => levelText(levels(book, depth, down, 3));
    this.#best3[slot] =
      status === 'ACTIVE'
        ? `R|${name}|${best(book.bids, true)}|${best(book.asks, false)}|${last}|${String(book.totalTraded)}\n`
        : `R|${name}||||\n`;
    const all = (list: readonly Level[]): string => levelText(list);
    this.#full[slot] =
      `F|${name}|${all(levels(book, book.bids, true))}|${all(levels(book, book.asks, false))}|` +
      `${all(tradedLevels(book))}|${last}|${optional(this.#startingPrices[slot]!)}\n`;
    this.#dirty[slot] = 0;
  }

  #runner(slot: number): BookRunner {
    const { id, handicap } = this.#tape.market.runners[slot]!;
    const book = this.#state.books[slot]!;
    const present = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);
    return {
      id: Number(id),
      handicap,
      status: this.#statuses[slot]!,
      startingPrice: present(this.#startingPrices[slot]!),
      lastTraded: present(book.lastTradedPrice),
      back: levels(book, book.bids, true),
      lay: levels(book, book.asks, false),
      traded: tradedLevels(book),
      totalTraded: book.totalTraded / 100
    };
  }
}

const flag = (value: boolean): number => (value ? 1 : 0);
const optional = (value: number): string => (Number.isNaN(value) ? '' : String(value));
const levelText = (list: readonly Level[]): string =>
  list.map(([price, size]) => `${String(price)}:${String(size)}`).join(',');

function levels(book: Book, depth: Depth, down: boolean, limit = Number.POSITIVE_INFINITY): Level[] {
  const list: Level[] = [];
  let tick = down ? depth.highest : depth.lowest;
  while (tick !== NO_TICK && list.length < limit) {
    list.push([book.ladder.priceOf(tick as Ticks), depth.at(tick) / 100]);
    tick = down ? depth.below(tick) : depth.above(tick);
  }
  return list;
}

function tradedLevels(book: Book): Level[] {
  const list = levels(book, book.traded, false);
  if (book.offLadder.length === 0) return list;
  const extra = book.offLadder.map(({ price, lots }): Level => [price, lots / 100]);
  return [...list, ...extra].sort(([a], [b]) => a - b);
}
