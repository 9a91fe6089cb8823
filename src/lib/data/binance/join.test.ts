/**
 * Order books that Binance's REST interface gave, joined to the updates of a stream by their numbers, whether they stand in
 * the stream or in a file beside it: "How to manage a local order book correctly" of spot, USD-M and COIN-M.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { tarOf } from '../../../../tests/support/archives.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { arrangeFiles } from '../arrange-files.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket } from '../recording.ts';

const T = 1_700_000_000;
const encoder = new TextEncoder();

interface Venue {
  readonly name: string;
  readonly venue: string;
  readonly symbol: string;
  readonly host: string;
  readonly update: (first: number, last: number, previous: number, bids: Levels, asks: Levels) => object;
  readonly image: (last: number, bids: Levels, asks: Levels) => object;
}
type Levels = readonly (readonly [string, string])[];

const SPOT: Venue = {
  name: 'spot',
  venue: 'binance',
  symbol: 'AAAUSDT',
  host: 'https://api.binance.com/api/v3',
  update: (U, u, _previous, b, a) => ({ e: 'depthUpdate', E: T * 1000 + u, s: 'AAAUSDT', U, u, b, a }),
  image: (lastUpdateId, bids, asks) => ({ lastUpdateId, bids, asks })
};
const futures = (name: string, symbol: string, host: string, more: object, image: object): Venue => ({
  name,
  venue: `binance-${name}`,
  symbol,
  host,
  update: (U, u, pu, b, a) => ({
    e: 'depthUpdate',
    E: T * 1000 + u,
    T: T * 1000 + u - 1,
    s: symbol,
    ...more,
    U,
    u,
    pu,
    b,
    a
  }),
  image: (lastUpdateId, bids, asks) => ({ lastUpdateId, ...image, E: T * 1000, T: T * 1000, bids, asks })
});
const VENUES: readonly Venue[] = [
  SPOT,
  futures('usdm', 'AAAUSDT', 'https://fapi.binance.com/fapi/v1', {}, {}),
  futures(
    'coinm',
    'AAAUSD_PERP',
    'https://dapi.binance.com/dapi/v1',
    { ps: 'AAAUSD' },
    { symbol: 'AAAUSD_PERP', pair: 'AAAUSD' }
  )
];

/** A line as a recorder writes it, `second` after the start. */
const line = (second: number, message: object): string => `${String(T + second)}000000000 ${JSON.stringify(message)}`;

async function read(files: readonly File[]): Promise<readonly ReadMarket[]> {
  const { files: arranged, terms, images, chains } = await arrangeFiles(files);
  const markets: ReadMarket[] = [];
  for (const file of arranged) {
    await readRecording(file, {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      onMarket: (market) => {
        markets.push(market);
        return Promise.resolve();
      },
      terms,
      images,
      chains: chains.get(file) ?? []
    });
  }
  return markets;
}

/** Price and size of every level, best first; prices as the ladder has them. */
function levels(tape: Tape): { readonly bids: readonly string[]; readonly asks: readonly string[] } {
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  const { ladder, lotSize } = tape.market.rules;
  const book = state.books[0]!;
  const side = (of: (typeof book)['bids']): string[] => {
    const found: string[] = [];
    for (let tick = 0; tick < ladder.size; tick++) {
      const lots = of.at(tick);
      if (lots > 0) found.push(`${ladder.priceOf(tick as never).toFixed(1)} x ${String(Math.round(lots * lotSize))}`);
    }
    return found;
  };
  return { bids: side(book.bids).reverse(), asks: side(book.asks) };
}

const codes = ({ record }: ReadMarket): readonly string[] => record.oddities.map(({ code }) => code);

describe.each(VENUES)('$name', (venue) => {
  const { update, image } = venue;
  /** Numbers 101 to 110, 111 to 120, 121 to 130: each goes on from the one before. */
  const updates = [
    update(101, 110, 100, [['99.0', '1']], [['101.0', '1']]),
    update(111, 120, 110, [['98.0', '2']], [['101.0', '0']]),
    update(121, 130, 120, [['97.0', '3']], [['103.0', '3']])
  ];
  const stream = updates.map((one, i) => line(i, one)).join('\n');
  /** As the venue's book was after update 110, before 111: deeper than the updates say. */
  const held = image(
    110,
    [
      ['99.0', '1'],
      ['96.0', '7']
    ],
    [
      ['101.0', '1'],
      ['105.0', '8']
    ]
  );
  const expected = { bids: ['99.0 x 1', '98.0 x 2', '97.0 x 3', '96.0 x 7'], asks: ['103.0 x 3', '105.0 x 8'] };
  const asked = (second: string, body: object): string =>
    `${venue.host}/depth?symbol=${venue.symbol}&limit=1000 -> ${second}: ${JSON.stringify(body)}`;

  it.each([
    ['before the first update', `${String(T - 1)}.5`],
    ['among the updates it holds', `${String(T)}.5`],
    ['after updates that it does not hold', `${String(T + 1)}.5`],
    ['after all of them', `${String(T + 9)}.5`]
  ])('an answer received %s gives the same book in the end', async (_, second) => {
    const [market, ...more] = await read([
      new File([stream], 'stream'),
      new File([`${asked(second, held)}\n`], 'answers')
    ]);
    expect(more).toEqual([]);
    expect(market!.record).toMatchObject({ venue: venue.venue, messages: 4 });
    expect(codes(market!)).toEqual([]);
    expect(market!.record.damage).toBeUndefined();
    expect(levels(market!.tape)).toEqual(expected);
  });

  it.each([
    ['in a file of its own, without a time or an address', JSON.stringify(held)],
    ['the same, pretty', JSON.stringify(held, undefined, 2)],
    ['framed as the stream is', line(1, held)]
  ])('%s, before or after the stream, alone or in an archive', async (_, text) => {
    const [recording, answer] = [new File([stream], 'stream.txt'), new File([text], 'book.json')];
    const packed = new File(
      [
        tarOf(
          { path: 'd/book.json', bytes: encoder.encode(text) },
          { path: 'd/stream.txt', bytes: encoder.encode(stream) }
        )
      ],
      'both.tar'
    );
    for (const files of [[recording, answer], [answer, recording], [packed]]) {
      const markets = await read(files);
      expect(markets).toHaveLength(1);
      expect(codes(markets[0]!)).toEqual([]);
      expect(levels(markets[0]!.tape)).toEqual(expected);
    }
  });

  it('in the stream itself is joined as well: what came before it and is newer stays', async () => {
    const lines = [line(0, updates[0]!), line(1, updates[1]!), line(2, held), line(3, updates[2]!)];
    const [market] = await read([new File([lines.join('\n')], 'stream')]);
    expect(codes(market!)).toEqual([]);
    expect(levels(market!.tape)).toEqual(expected);
  });

  it('that the updates do not go on from is told, and the book is not to be trusted', async () => {
    const old = image(70, [['99.0', '1']], [['101.0', '1']]);
    const [market] = await read([
      new File([stream], 'stream'),
      new File([asked(`${String(T - 1)}.5`, old)], 'answers')
    ]);
    expect(codes(market!)).toEqual(['image-not-joined']);
    expect(market!.record.damage).toContain('ends with update 70');
    expect(market!.record.trainable).toBe(false);
  });

  it.each([
    ['received after it', `${String(T + 9)}.5`],
    ['said to be received before it', `${String(T - 1)}.5`]
  ])('that is newer than the whole stream, %s, is not joined: no update goes on from it', async (_, second) => {
    const late = image(131, [['99.0', '1']], [['103.0', '3']]);
    const [market] = await read([new File([stream], 'stream'), new File([asked(second, late)], 'answers')]);
    expect(codes(market!)).toEqual(['image-not-joined']);
    expect(market!.record.damage).toContain('ends with update 131');
    expect(market!.record.reason).toContain('cannot be trusted');
  });

  it('that ends with the very last update is joined', async () => {
    const last = image(130, [['99.0', '1']], [['103.0', '3']]);
    const [market] = await read([
      new File([stream], 'stream'),
      new File([asked(`${String(T + 9)}.5`, last)], 'answers')
    ]);
    expect(codes(market!)).toEqual([]);
    expect(market!.record.damage).toBeUndefined();
  });

  it('is part of the market’s fingerprint, under whatever name it comes; without one it is the recording’s own', async () => {
    const recording = new File([stream], 'stream');
    const printOf = async (...files: readonly File[]): Promise<string> => {
      const [market] = await read([recording, ...files]);
      expect(market!.tape.market.fingerprint).toBe(market!.record.fingerprint);
      return market!.record.fingerprint;
    };
    const answer = asked(`${String(T)}.5`, held);
    const [alone, joined] = [await printOf(), await printOf(new File([answer], 'a'))];
    expect(alone).toBe(createHash('sha256').update(stream).digest('hex'));
    expect(joined).not.toBe(alone);
    expect(await printOf(new File([answer], 'b'))).toBe(joined);
    const file = new File([answer], 'c');
    expect((await arrangeFiles([file, recording])).beside).toEqual([file]);
    expect(await printOf(new File([answer.replace('96.0', '95.0')], 'a'))).not.toBe(joined);
  });

  it('without one the book says that it has none', async () => {
    const [market] = await read([new File([stream], 'stream')]);
    expect(codes(market!)).toEqual(['no-snapshot']);
  });

  it('an update that is missing is told', async () => {
    const lines = [line(0, held), line(1, updates[0]!), line(2, updates[2]!)];
    const [market] = await read([new File([lines.join('\n')], 'stream')]);
    expect(codes(market!)).toContain('sequence-gap');
  });
});

describe('an order book in the stream itself, which names nobody', () => {
  const update = (symbol: string, first: number, last: number, bids: Levels): object => ({
    ...SPOT.update(first, last, first - 1, bids, []),
    s: symbol
  });
  const held = SPOT.image(110, [['90.0', '5']], [['200.0', '5']]);
  const stream = (): File =>
    new File(
      [
        [
          line(0, update('AAAUSDT', 101, 110, [['99.0', '1']])),
          line(1, held),
          line(2, update('AAAUSDT', 111, 120, []))
        ].join('\n')
      ],
      'recorded'
    );
  const answer = (symbol: string, last: number): File =>
    new File(
      [
        `https://api.binance.com/api/v3/depth?symbol=${symbol} -> ${String(T)}.5: ${JSON.stringify(SPOT.image(last, [['80.0', '2']], []))}`
      ],
      `of ${symbol}`
    );

  test('is the instrument’s own, whatever is imported beside it', async () => {
    const [alone] = await read([stream()]);
    const other = new File([line(0, update('BBBUSDT', 101, 110, [['50.0', '1']]))], 'other');
    const beside = await read([stream(), other, answer('BBBUSDT', 105)]);
    const found = beside.find(({ tape }) => tape.market.runners[0]?.id === 'AAAUSDT');
    expect(found?.record).toEqual(alone?.record);
    expect(levels(found!.tape)).toEqual(levels(alone!.tape));
    expect(codes(found!)).not.toContain('no-snapshot');
  });

  test('stands beside one that was asked for', async () => {
    const [market] = await read([stream(), answer('AAAUSDT', 105)]);
    expect(levels(market!.tape).asks).toEqual(['200.0 x 5']);
  });
});

describe('whose they are', () => {
  const spot = (symbol: string, last: number): object => ({
    ...SPOT.update(last - 9, last, 0, [['99.0', '1']], []),
    s: symbol
  });
  test('of two instruments the address tells, else the name of the file; what fits neither is left alone', async () => {
    const stream = new File([[line(0, spot('AAAUSDT', 110)), line(1, spot('BBBUSDT', 110))].join('\n')], 'stream');
    const image = (bid: string): string => JSON.stringify(SPOT.image(105, [[bid, '5']], [['200.0', '5']]));
    const markets = await read([
      stream,
      new File([`https://api.binance.com/api/v3/depth?symbol=AAAUSDT -> ${String(T)}.5: ${image('90.0')}`], 'x'),
      new File([image('80.0')], 'BBBUSDT-depth.json')
    ]);
    expect(markets.map(({ tape }) => [tape.market.runners[0]?.id, levels(tape).bids])).toEqual([
      ['AAAUSDT', ['99.0 x 1', '90.0 x 5']],
      ['BBBUSDT', ['99.0 x 1', '80.0 x 5']]
    ]);
    const { files, images } = await arrangeFiles([stream, new File([image('80.0')], 'nobody.json')]);
    expect(files.map(({ name }) => name)).toEqual(['stream', 'nobody.json']);
    expect(images).toEqual([]);
  });

  test('an order book of futures is none of the spot market’s', async () => {
    const futuresImage = { ...VENUES[1]!.image(105, [['90.0', '5']], []), E: 1, T: 1 };
    const files = [
      new File([line(0, spot('AAAUSDT', 110))], 'stream'),
      new File([JSON.stringify(futuresImage)], 'AAAUSDT')
    ];
    expect((await arrangeFiles(files)).images).toEqual([]);
  });
});
