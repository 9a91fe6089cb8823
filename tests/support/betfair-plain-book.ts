/**
 * Books of an Exchange Stream the slow and plain way: `JSON.parse`, a map of sizes by price, nothing kept between. What
 * the project's own reader is held against on messages that nobody recorded; it shares no code with it.
 */

interface PlainBook {
  /** Lots by price. */
  readonly back: Map<number, number>;
  readonly lay: Map<number, number>;
  /** Lots by price on the ladder, and by price in 1e-4 as `o20150` off it. */
  readonly traded: Map<number | string, number>;
  last: number | undefined;
}

interface PlainEntry {
  readonly id: string;
  readonly img?: boolean;
  readonly rc?: readonly PlainRunner[] | null;
}
interface PlainRunner {
  readonly id: number;
  readonly hc?: number | null;
  readonly ltp?: number | null;
  readonly atb?: readonly (readonly [number, number])[] | null;
  readonly atl?: readonly (readonly [number, number])[] | null;
  readonly trd?: readonly (readonly [number, number])[] | null;
}
export interface PlainMessage {
  readonly op: string;
  readonly pt: number;
  readonly mc?: readonly PlainEntry[] | null;
}

/** [from, to, step] of "Betfair Price Increments". */
const BANDS: readonly (readonly [number, number, number])[] = [
  [1.01, 2, 0.01],
  [2, 3, 0.02],
  [3, 4, 0.05],
  [4, 6, 0.1],
  [6, 10, 0.2],
  [10, 20, 0.5],
  [20, 30, 1],
  [30, 50, 2],
  [50, 100, 5],
  [100, 1000, 10]
];
const PRICES: ReadonlySet<string> = new Set(
  BANDS.flatMap(([from, to, step]) =>
    Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => (from + i * step).toFixed(2))
  )
);
const onLadder = (price: number): boolean =>
  PRICES.has(price.toFixed(2)) && Math.abs(price - Number(price.toFixed(2))) < 1e-8;
const LARGEST_SIZE = 1e11;

export class PlainMarket {
  readonly runners = new Map<string, PlainBook>();
  /** Levels, prices and runners that no book can hold: left out. */
  leftOut = 0;

  /** One entry of a message, as the API describes it: an image replaces all, a size is absolute, 0 removes. */
  apply(entry: PlainEntry): void {
    if (entry.img === true) this.runners.clear();
    for (const runner of entry.rc ?? []) {
      const handicap = runner.hc ?? 0;
      const sound = Number.isInteger(runner.id) && runner.id >= 0 && runner.id < 2 ** 38;
      if (!sound || Math.abs(handicap) >= 1024 || !Number.isInteger(handicap * 4)) {
        this.leftOut++;
        continue;
      }
      const key = `${String(runner.id)} ${String(handicap)}`;
      let book = this.runners.get(key);
      if (book === undefined) {
        this.runners.set(key, (book = { back: new Map(), lay: new Map(), traded: new Map(), last: undefined }));
      }
      for (const field of Object.keys(runner)) {
        if (field === 'atb') this.#levels(book.back, runner.atb);
        if (field === 'atl') this.#levels(book.lay, runner.atl);
        if (field === 'trd') this.#traded(book, runner.trd);
        if (field === 'ltp') this.#last(book, runner.ltp);
      }
    }
  }

  #levels(side: Map<number, number>, levels: PlainRunner['atb']): void {
    for (const [price, size] of levels ?? []) {
      if (!this.#sound(size) || !onLadder(price)) this.leftOut++;
      else put(side, Number(price.toFixed(2)), size);
    }
  }

  #traded(book: PlainBook, levels: PlainRunner['trd']): void {
    if (levels?.length === 0) book.traded.clear();
    for (const [price, size] of levels ?? []) {
      const key = keyOf(price);
      if (!this.#sound(size) || key === undefined) this.leftOut++;
      else put(book.traded, key, size);
    }
  }

  #last(book: PlainBook, price: number | null | undefined): void {
    if (price === undefined || price === null) return;
    const key = keyOf(price);
    if (key === undefined) this.leftOut++;
    else book.last = typeof key === 'number' ? key : Number(key.slice(1)) / 1e4;
  }

  #sound(size: number): boolean {
    return size >= 0 && size <= LARGEST_SIZE;
  }

  /** Every runner's book as text, empty ones left out: `id handicap back lay traded last`. */
  text(): string {
    return [...this.runners]
      .map(([key, { back, lay, traded, last }]) => bookText(key, [back, lay, traded], last))
      .filter((line) => line !== '')
      .sort()
      .join('\n');
  }
}

/** One runner as a line; empty where there is nothing to tell. */
export function bookText(
  key: string,
  sides: readonly ReadonlyMap<number | string, number>[],
  last: number | undefined
): string {
  if (sides.every((side) => side.size === 0) && last === undefined) return '';
  const text = (side: ReadonlyMap<number | string, number>): string =>
    [...side]
      .map(([price, lots]) => `${String(price)}:${String(lots)}`)
      .sort()
      .join(',');
  return `${key} | ${sides.map(text).join(' | ')} | ${String(last)}`;
}

/** A traded price off the ladder is kept to 1e-4. */
function keyOf(price: number): number | string | undefined {
  if (onLadder(price)) return Number(price.toFixed(2));
  const units = Math.round(price * 1e4);
  return units > 0 && units < 2 ** 31 ? `o${String(units)}` : undefined;
}

function put<K>(side: Map<K, number>, key: K, size: number): void {
  const lots = Math.round(size * 100);
  if (lots === 0) side.delete(key);
  else side.set(key, lots);
}
