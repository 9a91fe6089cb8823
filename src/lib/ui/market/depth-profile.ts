/** One look at a book: how much waits up to each price, outward from the middle on both sides. Pure. */
import type { Ticks } from '$lib/core/units.ts';
import type { Book } from '$lib/market/book.ts';
import type { MarketRules } from '$lib/market/rules.ts';
import { NO_TICK } from '$lib/market/tape.ts';

export interface ProfileLevel {
  readonly tick: number;
  readonly price: number;
  /** All that waits from the best price to this one, in the venue's unit of size. */
  readonly total: number;
}

export interface DepthProfile {
  /** From the best price outward; both sides reach equally far from the middle. */
  readonly bids: readonly ProfileLevel[];
  readonly asks: readonly ProfileLevel[];
  readonly low: number;
  readonly high: number;
  /** The larger of both sides' totals. */
  readonly most: number;
}

/** Undefined where a side is empty: there is no middle then. */
export function depthProfile(book: Book, rules: MarketRules): DepthProfile | undefined {
  if (book.bestBid === NO_TICK || book.bestAsk === NO_TICK) return undefined;
  const price = (tick: number): number => rules.ladder.priceOf(tick as Ticks);
  const middle = (price(book.bestBid) + price(book.bestAsk)) / 2;
  const reach = Math.min(middle - price(book.bids.lowest), price(book.asks.highest) - middle);
  const side = (from: number, next: (tick: number) => number, at: (tick: number) => number): ProfileLevel[] => {
    const levels: ProfileLevel[] = [];
    let lots = 0;
    for (let tick = from; tick !== NO_TICK; tick = next(tick)) {
      if (levels.length > 0 && Math.abs(price(tick) - middle) > reach * (1 + 1e-9)) break;
      lots += at(tick);
      levels.push({ tick, price: price(tick), total: lots * rules.lotSize });
    }
    return levels;
  };
  const { bids, asks } = book;
  const down = side(
    book.bestBid,
    (tick) => bids.below(tick),
    (tick) => bids.at(tick)
  );
  const up = side(
    book.bestAsk,
    (tick) => asks.above(tick),
    (tick) => asks.at(tick)
  );
  return {
    bids: down,
    asks: up,
    low: Math.min(middle - reach, down.at(-1)?.price ?? middle),
    high: Math.max(middle + reach, up.at(-1)?.price ?? middle),
    most: Math.max(down.at(-1)?.total ?? 0, up.at(-1)?.total ?? 0)
  };
}

/** The level that a price has just reached, on the side it lies; undefined between the best prices. */
export function levelAt(profile: DepthProfile, price: number): ProfileLevel | undefined {
  return (
    profile.bids.findLast((level) => level.price >= price && price <= (profile.bids[0]?.price ?? -Infinity)) ??
    profile.asks.findLast((level) => level.price <= price)
  );
}

/** An area under a side's steps as an SVG path; it closes on the baseline. */
export function profilePath(
  levels: readonly ProfileLevel[],
  scale: { readonly x: (price: number) => number; readonly y: (total: number) => number }
): string {
  const [first] = levels;
  const last = levels.at(-1);
  if (first === undefined || last === undefined) return '';
  const { x, y } = scale;
  const steps = levels.map((level) => `H${x(level.price).toFixed(1)}V${y(level.total).toFixed(1)}`).join('');
  return `M${x(first.price).toFixed(1)} ${y(0).toFixed(1)}${steps}V${y(0).toFixed(1)}Z`;
}

/** What sizes of an instrument are counted in: `BTC` of `BTCUSDT`; nothing where its name does not tell. */
export function baseAsset(symbol: string): string {
  return /^(.+?)[-_/]?(?:USDT|USDC|FDUSD|TUSD|BTC|ETH|BNB|EUR|GBP|TRY|BRL|JPY)$/u.exec(symbol)?.[1] ?? '';
}

/** Three to seven round totals up to the most, for the axis; none for an empty book. */
export function roundTotals(most: number): readonly number[] {
  if (!(most > 0)) return [];
  const rough = most / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([5, 2, 1].find((times) => times * power <= rough) ?? 1);
  return Array.from({ length: Math.floor(most / step + 1e-9) }, (_, i) => (i + 1) * step);
}
