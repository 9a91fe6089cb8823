import { describe, expect, test } from 'vitest';
import type { MarketRecord } from '$lib/data/records.ts';
import { Book } from '$lib/market/book.ts';
import { betfairClassic } from '$lib/market/ladder.ts';
import { betfairRules } from '$lib/market/venues/betfair.ts';
import { binanceSpotRules } from '$lib/market/venues/binance.ts';
import { kalshiRules } from '$lib/market/venues/kalshi.ts';
import type { Nanos } from '$lib/core/units.ts';
import { filterFrom, filterMarkets, queryOf } from './market-filter.ts';
import { bookPercent, ladderRows, priceText } from './ladder-rows.ts';
import { marketMillis, marketTitle, matchedUnit, momentWord, sizeUnit } from './market-words.ts';
import { sparklinePath } from './sparkline.ts';
import { placeLabels } from './timeline-labels.ts';

const rules = betfairRules();
const tickOf = (price: number): number => betfairClassic.tickOf(price) ?? -1;

describe('ladder', () => {
  test('prices carry the decimals of their step', () => {
    expect([1.01, 2.02, 3.05, 4.6, 9.8, 10, 120, 1000].map((price) => priceText(rules, tickOf(price)))).toEqual([
      '1.01',
      '2.02',
      '3.05',
      '4.6',
      '9.8',
      '10.0',
      '120',
      '1000'
    ]);
  });

  test('rows stand around the middle, highest price first, and keep their number at both ends', () => {
    const book = new Book(betfairClassic);
    book.bids.set(100, 500);
    book.asks.set(102, 700);
    book.setTraded(101, 900);
    const rows = ladderRows(book, { rules, centre: 101, count: 5 });
    expect(rows.map((row) => [row.tick, row.back, row.lay, row.traded])).toEqual([
      [103, 0, 0, 0],
      [102, 0, 7, 0],
      [101, 0, 0, 9],
      [100, 5, 0, 0],
      [99, 0, 0, 0]
    ]);
    expect(rows.filter((row) => row.bestBack || row.bestLay).map((row) => row.tick)).toEqual([102, 100]);
    for (const centre of [0, 349]) expect(ladderRows(book, { rules, centre, count: 21 })).toHaveLength(21);
  });

  test('the book of two even runners is 100 per cent; a runner without a price leaves none', () => {
    const books = [new Book(betfairClassic), new Book(betfairClassic)];
    for (const book of books) book.bids.set(tickOf(2), 100);
    expect(bookPercent(books, 'back', () => true)).toBeCloseTo(100, 10);
    expect(bookPercent(books, 'lay', () => true)).toBeNaN();
    books[1]!.bids.clear();
    expect(bookPercent(books, 'back', (slot) => slot === 0)).toBeCloseTo(50, 10);
  });
});

describe('filters of the markets', () => {
  const market = (id: string, more: Partial<MarketRecord>): MarketRecord => ({
    id,
    dataset: 'd',
    name: 'R1',
    eventName: 'Moe',
    kind: 'WIN',
    country: 'AU',
    venue: 'betfair',
    synthetic: false,
    runners: 8,
    messages: 1,
    definitions: 1,
    rows: 1,
    trades: 1,
    matched: 1,
    firstMillis: 0,
    lastMillis: 0,
    scheduledMillis: Number(id),
    status: 'closed',
    winners: [],
    fingerprint: '',
    trainable: true,
    oddities: [],
    ...more
  });
  const all = [
    market('1', {}),
    market('2', { synthetic: true, eventName: 'Figment Hill' }),
    market('3', { trainable: false, dataset: 'other', matched: 50 })
  ];
  const shown = (query: string): string[] =>
    filterMarkets(all, filterFrom(new URLSearchParams(query))).map((each) => each.id);

  test('each narrows, and all together', () => {
    expect(shown('')).toEqual(['3', '2', '1']);
    expect(shown('sort=matched')[0]).toBe('3');
    expect(shown('dataset=d')).toEqual(['2', '1']);
    expect(shown('q=figment r1')).toEqual(['2']);
    expect(shown('trainable&recorded')).toEqual(['1']);
  });

  test('a filter survives the address', () => {
    for (const query of ['', 'dataset=a+b&q=moe&trainable=&recorded=&sort=name']) {
      expect(queryOf(filterFrom(new URLSearchParams(query)))).toBe(query);
    }
  });

  test('venue, days, volume and regime narrow; a regime that is not known yet hides nothing', () => {
    const day = (n: number): number => Date.UTC(2026, 0, n, 12);
    const some = [
      market('a', { venue: 'kalshi', scheduledMillis: day(1), matched: 10 }),
      market('b', { scheduledMillis: day(2), matched: 20 }),
      market('c', { scheduledMillis: day(3), matched: 30 })
    ];
    const regimes = new Map([
      ['a', 'calm, ranging'],
      ['b', 'wild, trending']
    ]);
    const shown = (query: string) =>
      filterMarkets(some, filterFrom(new URLSearchParams(`sort=name&${query}`)), ({ id }) => regimes.get(id))
        .map((each) => each.id)
        .sort();
    expect(shown('venue=kalshi')).toEqual(['a']);
    expect(shown('from=2026-01-02')).toEqual(['b', 'c']);
    expect(shown('from=2026-01-02&to=2026-01-02')).toEqual(['b']);
    expect(shown('matched=20')).toEqual(['b', 'c']);
    expect(shown('regime=wild')).toEqual(['b', 'c']);
    expect(shown('regime=ranging')).toEqual(['a', 'c']);
    const query = 'venue=kalshi&from=2026-01-01&to=2026-01-03&matched=5&regime=wild';
    expect(queryOf(filterFrom(new URLSearchParams(query)))).toBe(query);
  });

  test('a market without a name is called by its id', () => {
    expect(marketTitle({ id: '1.2', name: '', eventName: '' })).toBe('Market 1.2');
    expect(marketTitle({ id: '1.2', name: 'R6', eventName: 'Moe' })).toBe('Moe, R6');
  });
});

test('a sparkline shows nothing later than the moment looked at, in place or in scale', () => {
  const millis = Float64Array.of(0, 1, 2, 3);
  const early = sparklinePath(Float64Array.of(4, 4, 4, 400), millis, 2);
  expect(early).toBe(sparklinePath(Float64Array.of(4, 4, 4, 4), millis, 2));
  expect(early.match(/[ML]/g)).toHaveLength(3);
});

test('labels of a timeline never overlap, and the turn in play is always named', () => {
  const events = Array.from({ length: 12 }, (_, i) => ({
    time: (i * 1e9) as Nanos,
    kind: i === 11 ? ('inPlay' as const) : ('removal' as const),
    text: i === 11 ? 'In play' : `Horse ${i} removed`
  }));
  const marks = placeLabels(events, (event) => (event.time / 1e9) * 20, 400);
  expect(marks).toHaveLength(12);
  expect(marks.at(-1)?.label).toBe('In play');
  const spans = marks
    .filter((mark) => mark.label !== '')
    .map((mark) => {
      const wide = mark.label.length * 5.8;
      return mark.anchor === 'start' ? [mark.labelX, mark.labelX + wide] : [mark.labelX - wide, mark.labelX];
    })
    .sort((a, b) => a[0]! - b[0]!);
  spans.slice(1).forEach((span, i) => {
    expect(span[0]).toBeGreaterThan(spans[i]![1]!);
  });
});

describe('what is said of contracts and assets', () => {
  const runner = { slot: 0, id: 'a', handicap: 0, name: 'BTCUSDT', sortPriority: 1 };
  const asset = {
    rules: binanceSpotRules({ symbol: 'BTCUSDT', priceDecimals: 1, sizeDecimals: 3, lowestStep: 1, steps: 9 }),
    runners: [runner],
    scheduledMillis: 0
  };
  const contract = { ...asset, rules: kalshiRules(), scheduledMillis: 9 };

  test('a clock counts to the close of a contract, and to the end of what trades without one', () => {
    expect(momentWord(asset)).toBe('end');
    expect(momentWord(contract)).toBe('close');
    expect(marketMillis({ scheduledMillis: 0, firstMillis: 7 })).toBe(7);
    expect(marketMillis({ scheduledMillis: 9, firstMillis: 7 })).toBe(9);
  });

  test('sizes carry what they are counted in', () => {
    expect(sizeUnit(asset)).toBe('BTC');
    expect(sizeUnit(contract)).toBe('contracts');
    expect(matchedUnit({ kind: 'PERPETUAL', name: 'BTCUSDT perpetual' })).toBe(' BTC');
    expect(matchedUnit({ kind: 'WIN', name: 'R6 1000m' })).toBe('');
  });

  test('a name that begins with its event stands alone', () => {
    expect(marketTitle({ id: 'E-00', name: 'E-00', eventName: 'E' })).toBe('E-00');
    expect(marketTitle({ id: '1.2', name: 'R6', eventName: 'Moe' })).toBe('Moe, R6');
    expect(marketTitle({ id: '1.2', name: '', eventName: '' })).toBe('Market 1.2');
  });
});
