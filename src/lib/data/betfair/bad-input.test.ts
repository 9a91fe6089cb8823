/** What each fault in a stream is told as, where, and what it leaves of the book. The texts are part of what is tested. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { Ticks } from '../../core/units.ts';
import type { Depth } from '../../market/depth.ts';
import { MarketState } from '../../market/market-state.ts';
import { NO_TICK } from '../../market/tape.ts';
import { rulesFrom } from '../../market/venues/rules-from.ts';
import { readRecording } from '../read-recording.ts';
import type { ReadMarket, Recording } from '../recording.ts';
import type { Oddity } from '../records.ts';
import { LINE_LOST } from '../oddities.ts';
import { marketQuality } from '../quality/market-quality.ts';
import { ExchangeStreamReader } from './exchange-stream.ts';
import type { ParsedMarket } from './parsed-market.ts';

const START = 1_700_000_000_000;
const encoder = new TextEncoder();

const definition = (more: object = {}): object => ({
  status: 'OPEN',
  inPlay: false,
  betDelay: 0,
  marketType: 'WIN',
  marketTime: new Date(START + 600_000).toISOString(),
  numberOfWinners: 1,
  runners: [
    { id: 11, status: 'ACTIVE', sortPriority: 1 },
    { id: 22, status: 'ACTIVE', sortPriority: 2 }
  ],
  ...more
});

/** A message `pt` milliseconds after the start; `head` overrides fields of its own, `entry` of its one market. */
const message = (pt: number, entry: object, head: object = {}): string =>
  JSON.stringify({ op: 'mcm', clk: String(pt), pt: START + pt, ...head, mc: [{ id: '1.5', ...entry }] });
const change = (pt: number, runner: object, head: object = {}): string =>
  message(pt, { rc: [{ id: 11, ...runner }] }, head);
const first = message(0, { marketDefinition: definition(), rc: [{ id: 11, atb: [[2, 10]], atl: [[2.2, 10]] }] });

const MID_STREAM = 'the market starts in mid-stream, without an image: what stood before is missing';

interface Read {
  readonly reader: ExchangeStreamReader;
  readonly markets: readonly ParsedMarket[];
}

function read(text: string | Uint8Array | readonly string[]): Read {
  const reader = new ExchangeStreamReader({ source: 'test' });
  const plain = typeof text === 'string' || text instanceof Uint8Array ? text : `${text.join('\n')}\n`;
  reader.push(typeof plain === 'string' ? encoder.encode(plain) : plain);
  return { reader, markets: reader.end() };
}

/** Best back and lay of runner 11 at the end, as `price:lots`. */
function bookOf({ markets }: Read): string {
  const tape = markets[0]!.finish({ fingerprint: 'f', shared: false });
  const state = new MarketState(tape.market);
  for (let row = 0; row < tape.rows; row++) state.apply(tape, row);
  const { ladder, bids, asks } = state.books[0]!;
  const best = (depth: Depth, tick: number): string =>
    tick === NO_TICK ? '-' : `${String(ladder.priceOf(tick as Ticks))}:${String(depth.at(tick))}`;
  return `${best(bids, bids.highest)} ${best(asks, asks.lowest)}`;
}

const reasonOf = ({ markets }: Read): string | undefined =>
  markets[0]!.record({ dataset: 'd', fingerprint: 'f' }).reason;

const UNTRUSTED = 'its book cannot be trusted: ';
const AT = 'test line 2: market 1.5: ';

interface Fault {
  readonly what: string;
  /** What follows the first message. */
  readonly lines: readonly string[];
  readonly found: readonly [Oddity['severity'], code: string, count: number, example: string][];
  /** Best back and lay afterwards; the first message's where absent. */
  readonly book?: string;
  /** How the reason why nothing is trained on it starts; where absent the book is trusted. */
  readonly untrusted?: string;
}

const unreadable = (what: string, line: string, wrong: string): Fault => ({
  what,
  lines: [line, change(9, { ltp: 2 })],
  found: [
    [
      'error',
      'unreadable-line',
      1,
      `test line 2: ${wrong}; it is left out, and books are not trusted until their next image`
    ]
  ],
  untrusted: 'line 2 before it could not be read'
});

const hurt = (what: string, code: string, line: string, clause: string, book?: string): Fault => ({
  what,
  lines: [line],
  found: [['error', code, 1, `${AT}${clause}`]],
  untrusted: `line 2: ${clause}`,
  ...(book === undefined ? {} : { book })
});

const warned = (what: string, code: string, lines: readonly string[], example: string, book?: string): Fault => ({
  what,
  lines,
  found: [['warning', code, 1, example]],
  ...(book === undefined ? {} : { book })
});

const closing = JSON.stringify(definition()).slice(0, -1);
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const FAULTS: readonly Fault[] = [
  // The order of messages
  {
    what: 'an older message after a newer one',
    lines: [change(50, { atb: [[2, 5]] }), change(20, { atb: [[2, 7]] })],
    found: [
      ['error', 'clock-went-back', 1, 'test line 3: market 1.5: clk went back from 50 to 20: an older message follows'],
      [
        'warning',
        'time-went-back',
        1,
        'test line 3: market 1.5: publish time went back by 30 ms; the message is kept at the later time'
      ]
    ],
    book: '2:700 2.2:1000',
    untrusted: 'line 3: clk went back'
  },
  warned(
    'a time that goes back while the clock goes on',
    'time-went-back',
    [change(50, { atb: [[2, 5]] }), change(51, { atb: [[2, 7]] }, { pt: START + 20 })],
    'test line 3: market 1.5: publish time went back by 30 ms; the message is kept at the later time',
    '2:700 2.2:1000'
  ),
  warned(
    'a message without a clk among some that have one',
    'clock-missing',
    [change(5, { ltp: 2 }, { clk: null })],
    `${AT}it has no clk, as those before it have`
  ),
  {
    what: 'a clk that skips: those of a market do, since they count the messages of the whole venue',
    lines: [change(5, { ltp: 2 }, { clk: '3141517681' }), change(6, { ltp: 2 }, { clk: '3141599999' })],
    found: []
  },
  warned(
    'a message lost, so that a bet waits where it would have been matched',
    'crossed-book',
    [change(5, { atb: [[2.3, 4]] })],
    `${AT}best back 2.3 of runner 11 is not below its best lay 2.2: a message may be missing`,
    '2.3:400 2.2:1000'
  ),
  {
    what: 'the same message twice',
    lines: [change(5, { trd: [[2, 4]], atb: [[2, 9]] }), change(5, { trd: [[2, 4]], atb: [[2, 9]] })],
    found: [['note', 'clock-repeated', 1, 'test line 3: market 1.5: clk 5 came twice; both messages are applied']],
    book: '2:900 2.2:1000'
  },
  warned(
    'an unknown ct',
    'unknown-change-type',
    [change(5, { atb: [[2, 9]] }, { ct: 'SUB_PART' })],
    'test line 2: ct SUB_PART is not known; its changes are applied',
    '2:900 2.2:1000'
  ),
  {
    what: 'conflated messages and heartbeats',
    lines: [message(5, { con: true }), '{"op":"mcm","clk":"6","pt":1,"ct":"HEARTBEAT"}'],
    found: []
  },
  {
    what: 'an image in mid-file',
    lines: [message(5, { img: true, marketDefinition: definition(), rc: [{ id: 11, atb: [[1.5, 1]] }] })],
    found: [['note', 'mid-file-image', 1, `${AT}an image replaced the book`]],
    book: '1.5:100 -'
  },

  // Runners and markets
  {
    what: 'an unknown runner',
    lines: [message(5, { rc: [{ id: 99, atb: [[2, 5]] }] })],
    found: [['warning', 'unknown-runner', 1, `${AT}runner 99 is in no definition; it is added`]],
    untrusted: 'runner 99 is in none of its definitions'
  },
  warned(
    'a runner that was removed and shows a bet again',
    'removed-runner',
    [
      message(5, {
        marketDefinition: definition({
          runners: [
            { id: 11, status: 'REMOVED', adjustmentFactor: 5, sortPriority: 1 },
            { id: 22, status: 'ACTIVE', sortPriority: 2 },
            { id: 33, status: 'ACTIVE', sortPriority: 3 }
          ]
        }),
        rc: [{ id: 11, atb: [[2, 0]], atl: [[2.2, 0]] }]
      }),
      change(6, { atb: [[3, 1]] })
    ],
    'test line 3: market 1.5: size 1 at 3 of a runner that was removed',
    '3:100 -'
  ),
  {
    what: "another market's message: a market of its own, that starts without a definition",
    lines: [message(5, { id: '1.6', rc: [{ id: 11, atb: [[3, 1]] }] })],
    found: [
      ['warning', 'no-definition', 1, 'test line 2: market 1.6: the market starts without a definition'],
      ['error', 'starts-in-mid-stream', 1, `test line 2: market 1.6: ${MID_STREAM}`]
    ]
  },
  hurt(
    'a runner id that is none',
    'odd-runner',
    message(5, { rc: [{ id: 11.5, atb: [[2, 5]] }] }),
    'runner 11.5 with handicap 0 cannot be one; it is left out'
  ),
  hurt(
    "a handicap so large that it would take another runner's place",
    'odd-runner',
    message(5, { rc: [{ id: 10, hc: 4096, atb: [[2, 5]] }] }),
    'runner 10 with handicap 4096 cannot be one; it is left out'
  ),

  // Prices and sizes
  hurt(
    'a price off the ladder',
    'off-ladder-price',
    change(5, { atb: [[2.015, 5]] }),
    'price 2.015 is not on the ladder betfair-classic'
  ),
  hurt('a negative size', 'negative-size', change(5, { atb: [[2, -1]] }), 'size -1 at 2 is not a size'),
  hurt(
    'a negative size that would round to none',
    'negative-size',
    change(5, { atb: [[2, -0.001]] }),
    'size -0.001 at 2 is not a size'
  ),
  hurt(
    'a size beyond all numbers',
    'negative-size',
    change(5, { atb: [[2, 1]] }).replace('[2,1]', '[2,1e999]'),
    'size Infinity at 2 is not a size'
  ),
  hurt('a huge size', 'negative-size', change(5, { atl: [[2.2, 1e15]] }), 'size 1000000000000000 at 2.2 is not a size'),
  hurt(
    'a huge traded price',
    'off-ladder-price',
    change(5, { trd: [[1e9, 5]] }),
    'traded price 1000000000 is not a price'
  ),
  hurt('a negative last traded price', 'off-ladder-price', change(5, { ltp: -2 }), 'traded price -2 is not a price'),
  unreadable('sizes as strings', change(5, { atb: [[2, '5']] }), 'a level of atb is not 2 numbers'),
  unreadable('a last traded price as a string', change(5, { ltp: '2' }), 'ltp is not a number'),
  unreadable('a handicap as a string', change(5, { hc: '1.5' }), 'hc is not a number'),
  unreadable('a level of three numbers', change(5, { atb: [[2, 5, 5]] }), 'a level of atb is not 2 numbers'),
  unreadable('a position beyond all', change(5, { batb: [[300, 2, 5]] }), 'position 300 of batb is none of 0 to 255'),
  unreadable('an img that is no flag', message(5, { img: 'true' }), 'img is neither true nor false'),
  unreadable('a publish time as a string', change(5, {}, { pt: '5' }), 'its pt is not a time in whole milliseconds'),
  unreadable(
    'a publish time in seconds',
    change(5, {}, { pt: 1_700_000_000 }),
    'its pt is not a time in whole milliseconds'
  ),
  {
    what: 'projected starting prices that are no numbers, in quotes or bare',
    lines: [
      change(5, { spn: 'NaN', spf: 'Infinity' }),
      change(6, { spn: 0 }).replace('"spn":0', '"spn":NaN,"spf":-Infinity')
    ],
    found: []
  },

  // Text
  unreadable('garbage', '\u0000\u0001garbage', 'it is not JSON'),
  unreadable('two messages on one line', `${change(5, { ltp: 2 })}${change(6, { ltp: 2 })}`, 'it is not JSON'),
  unreadable('a message cut in the middle', change(5, { atb: [[2, 5]] }).slice(0, -9), 'it is not JSON'),
  unreadable('a number that JSON has not', change(5, { atb: [[2, 5]] }).replace('[2,5]', '[2,05]'), 'it is not JSON'),
  unreadable(
    'a field that stands twice',
    change(5, { atb: [[2, 5]] }).replace('"atb"', '"atb":[[2,4]],"atb"'),
    'field atb stands twice in one object'
  ),
  warned(
    'a field that nobody knows',
    'unknown-field',
    [change(5, { atc: [[2, 5]] })],
    'test line 2: field "atc" of an entry of rc is not known; it is left out'
  ),
  warned(
    'a field named like what every object has',
    'unknown-field',
    [change(5, { constructor: [[2, 5]] })],
    'test line 2: field "constructor" of an entry of rc is not known; it is left out'
  ),
  warned(
    'a value that nests deep',
    'unknown-field',
    [change(5, { x: 0 }).replace('"x":0', `"x":${nested(1000)}`)],
    'test line 2: field "x" of an entry of rc is not known; it is left out'
  ),
  unreadable(
    'a definition that nests too deep to be kept',
    message(5, { marketDefinition: 0 }).replace(
      '"marketDefinition":0',
      `"marketDefinition":${closing},"x":${nested(100_000)}}`
    ),
    'its marketDefinition nests too deep'
  ),
  unreadable(
    'a definition that is a text',
    message(5, { marketDefinition: 'x' }),
    'its marketDefinition is not an object'
  ),
  hurt(
    'a definition without runners',
    'unreadable-definition',
    message(5, { marketDefinition: { status: 'OPEN' } }),
    'its definition cannot be read'
  ),
  warned(
    'a definition with a number out of all bounds',
    'odd-definition',
    [message(5, { marketDefinition: definition({ betDelay: 1e9 }) })],
    `${AT}betDelay 1000000000 is no whole number from 0 to 600`
  ),
  warned(
    'a definition whose status is a name that every object has',
    'odd-definition',
    [message(5, { marketDefinition: definition({ status: 'constructor' }) })],
    `${AT}market status constructor is not known`
  ),

  // Segments
  {
    what: 'a message in segments: one change, one image',
    lines: [
      message(
        5,
        { img: true, marketDefinition: definition(), rc: [{ id: 11, atb: [[1.5, 1]] }] },
        { segmentType: 'SEG_START' }
      ),
      message(5, { img: true, rc: [{ id: 22, atb: [[3, 1]] }] }, { segmentType: 'SEG', clk: undefined }),
      message(5, { img: true, rc: [{ id: 11, atl: [[1.6, 1]] }] }, { segmentType: 'SEG_END', clk: '5' }),
      change(6, { ltp: 2 })
    ],
    found: [['note', 'mid-file-image', 1, `${AT}an image replaced the book`]],
    book: '1.5:100 1.6:100'
  },
  {
    what: 'a message in segments that has no end',
    lines: [message(5, { rc: [{ id: 11, atb: [[2, 5]] }] }, { segmentType: 'SEG_START' }), change(6, { ltp: 2 })],
    found: [
      [
        'error',
        'unfinished-segments',
        1,
        'test line 2: the message in segments that starts here has no SEG_END: a whole message follows'
      ]
    ],
    book: '2:500 2.2:1000',
    untrusted: 'line 2: the message in segments that starts here has no SEG_END'
  },
  unreadable('a segment without its start', change(5, {}, { segmentType: 'SEG' }), 'its SEG follows no SEG_START'),
  unreadable('an unknown kind of segment', change(5, {}, { segmentType: 'HALF' }), 'segmentType HALF is not known')
];

describe('told and located, and no wrong book in silence:', () => {
  test.each(FAULTS)('$what', ({ lines, found, book, untrusted }) => {
    const result = read([first, ...lines]);
    const oddities = result.reader.oddities.filter(({ code }) => code !== LINE_LOST);
    const isLost = oddities.some(({ code }) => ['unreadable-line', 'unfinished-segments'].includes(code));
    const record = result.markets[0]!.record({ dataset: 'd', fingerprint: 'f' });
    expect(record.oddities.filter(({ code }) => code === LINE_LOST)).toHaveLength(isLost ? 1 : 0);
    expect(oddities.map((one) => [one.severity, one.code, one.count, one.example]).sort()).toEqual([...found].sort());
    expect(bookOf(result)).toBe(book ?? '2:1000 2.2:1000');
    const reason = reasonOf(result);
    if (untrusted === undefined) expect(reason).not.toContain('trusted');
    else if (untrusted.startsWith('runner')) expect(reason).toBe(untrusted);
    else expect(reason).toContain(`${UNTRUSTED}${untrusted}`);
  });

  test('segments are one message of the tape, and their lines one text', () => {
    const parts = ['SEG_START', 'SEG', 'SEG_END'].map((segmentType, part) =>
      message(5, { rc: [{ id: 11, atb: [[1.5 + part / 10, 1]] }] }, { segmentType })
    );
    const [market] = read([first, ...parts]).markets;
    expect(market!.counts.messages).toBe(2);
    expect(market!.finish({ fingerprint: 'f', shared: false }).messageStart).toHaveLength(3);
    expect(market!.texts().text).toEqual([first, parts.join('\n')]);
  });

  test('a line end of two bytes, a byte order mark, blank lines and pieces of any size change nothing', () => {
    const lines = [first, change(5, { atb: [[2, 9]] }), change(6, { ltp: 2 })];
    for (const text of [`\uFEFF${lines.join('\r\n')}`, `\n\n${lines.join('\n\n \t\n')}\n\n`]) {
      const result = read(text);
      expect(result.reader.oddities).toEqual([]);
      expect([result.markets[0]!.counts.messages, bookOf(result)]).toEqual([3, '2:900 2.2:1000']);
    }
  });

  test('bytes that are not UTF-8 in a definition are told; the rest of it stands', () => {
    const bytes = encoder.encode(`${first}\n${message(5, { marketDefinition: definition({ name: 'Caf?' }) })}\n`);
    bytes[bytes.lastIndexOf(63)] = 0xe9;
    const result = read(bytes);
    expect(result.reader.oddities).toMatchObject([
      { code: 'odd-definition', severity: 'warning', example: `${AT}some of its text is not UTF-8` }
    ]);
    expect(result.markets[0]!.info('f').name).toBe('Caf\uFFFD');
  });
});

describe('a market that', () => {
  const busy = Array.from({ length: 30 }, (_, i) => change(590_000 + i * 100, { atb: [[2, i + 1]] }));
  const named = message(589_000, { marketDefinition: definition({ status: 'SUSPENDED' }) });
  const inPlay = message(589_000, { marketDefinition: definition({ inPlay: true }) });
  const image = message(589_000, { img: true, marketDefinition: definition(), rc: [{ id: 11, atl: [[2.2, 10]] }] });
  const reasonOf = (lines: readonly string[]): string | undefined =>
    read(lines).markets[0]!.record({ dataset: '', fingerprint: 'f' }).reason;

  test.each([
    ['a change, though a definition follows', [...busy.slice(0, 5), named, ...busy.slice(5)]],
    ['a definition in play', [inPlay, ...busy]]
  ])('starts with %s is in mid-stream and makes no episode', (_, lines) => {
    expect(reasonOf(lines)).toBe(`its book cannot be trusted: line 1: ${MID_STREAM}`);
    expect(read(lines).reader.oddities).toContainEqual({
      code: 'starts-in-mid-stream',
      severity: 'error',
      count: 1,
      example: `test line 1: market 1.5: ${MID_STREAM}`
    });
  });

  test.each([
    ['its definition', [first, ...busy]],
    ['an image', [image, ...busy]]
  ])('starts with %s is whole', (_, lines) => {
    expect(reasonOf(lines)).toBeUndefined();
  });

  test('has a message under another spelling of op has a hole', () => {
    const lines = [first, ...busy.slice(0, 5), busy[5]!.replace('"mcm"', '"MCM"'), ...busy.slice(6)];
    expect(reasonOf(lines)).toBe('its book cannot be trusted: line 7 before it could not be read');
    expect(read(lines).reader.fileOddities).toMatchObject([{ code: 'unreadable-line', severity: 'error', count: 1 }]);
  });

  test('pays no winner is told, where runners compete', () => {
    const none = { numberOfWinners: 0 };
    const found = (more: object): unknown =>
      read([message(0, { marketDefinition: definition({ ...none, ...more }) })]).reader.oddities.map(
        (one) => one.example
      );
    expect(found({ bettingType: 'ODDS' })).toEqual([
      'test line 1: market 1.5: numberOfWinners 0 is no whole number from 1 to 1000'
    ]);
    expect(found({ bettingType: 'ASIAN_HANDICAP_DOUBLE_LINE' })).toEqual([]);
  });

  test.each([
    ['ASIAN_HANDICAP_DOUBLE_LINE', true],
    ['ASIAN_HANDICAP_SINGLE_LINE', true],
    ['ODDS', undefined]
  ])('of %s is one of handicaps: %s', (bettingType, handicaps) => {
    const first = message(0, { marketDefinition: definition({ bettingType, numberOfWinners: 1 }) });
    const { settlement, spec } = read([first]).markets[0]!.info('').rules;
    expect(settlement).toEqual({ kind: 'backLay', winners: 1, ...(handicaps && { handicaps }) });
    expect(rulesFrom(spec).settlement).toEqual(settlement);
  });

  test.each([
    ['none', {}],
    ['one of lines without bounds', { priceLadderDefinition: { type: 'LINE_RANGE' } }],
    ['the classic one', { priceLadderDefinition: { type: 'CLASSIC' } }]
  ])('of LINE is no market at odds, though its ladder is %s', (_, ladder) => {
    const first = message(0, { marketDefinition: definition({ bettingType: 'LINE', numberOfWinners: 0, ...ladder }) });
    const { settlement, spec } = read([first]).markets[0]!.info('').rules;
    expect(settlement).toMatchObject({ kind: 'backLay', line: true });
    expect(rulesFrom(spec).settlement).toEqual(settlement);
  });
});

async function importOf(
  bytes: Uint8Array<ArrayBuffer>,
  name: string
): Promise<{ recording: Recording; markets: ReadMarket[] }> {
  const markets: ReadMarket[] = [];
  const recording = await readRecording(new File([bytes], name), {
    breathe: () => Promise.resolve(),
    onProgress: () => undefined,
    onMarket: (market) => {
      markets.push(market);
      return Promise.resolve();
    }
  });
  return { recording, markets };
}

describe('a file', () => {
  const lines = Array.from({ length: 2000 }, (_, i) => change(i + 1, { atb: [[2, i + 1]], tv: (i * 7919) % 1009 }));
  const packed = Uint8Array.from(gzipSync(`${[first, ...lines].join('\n')}\n`));

  test('whose lines are torn tells so in the report of its import', async () => {
    const text = `${first}\nnonsense\n${change(5, { ltp: 2 })}\n`;
    const { recording, markets } = await importOf(Uint8Array.from(encoder.encode(text)), 'torn');
    expect(recording.oddities).toMatchObject([{ code: 'unreadable-line', count: 1, severity: 'error' }]);
    const [market] = markets;
    expect(market!.record).toMatchObject({ trainable: false, messages: 2 });
    expect(marketQuality(market!.record, market!.tape).gaps).toBe(1);
  });

  test('of gzip that ends early is kept as far as it goes, and told', async () => {
    const { recording, markets } = await importOf(packed.slice(0, packed.length >> 1), 'half.gz');
    expect(recording.oddities.map((one) => one.code)).toContain('file-truncated');
    expect(recording.oddities[0]!.example).toMatch(/^half\.gz: expected .*, got .*; /);
    expect(markets[0]!.record.messages).toBeGreaterThan(100);
    expect(markets[0]!.record.messages).toBeLessThan(2001);
  });

  test('of gzip whose bytes are damaged is refused', async () => {
    const bytes = packed.slice();
    bytes[bytes.length - 6]! ^= 0xff;
    const thrown: unknown = await importOf(bytes, 'bad.gz').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(AppError);
    expect((thrown as AppError).code).toBe('data.corrupt');
    expect((thrown as AppError).message).toMatch(/^bad\.gz: expected .*, got .*; /);
  });

  test.each([
    ['a table', 'time,price\n1,2\n', 'it starts with "time,price"'],
    ['UTF-16', '\u00FF\u00FE{', 'it starts with bytes ff fe 7b'],
    ['JSON of another kind', '{"a":1}\n', 'it has no op']
  ])('that is %s is refused by name', (_, text, got) => {
    const bytes = text.startsWith('\u00FF') ? Uint8Array.of(0xff, 0xfe, 0x7b) : encoder.encode(text);
    expect(() => read(bytes)).toThrow(
      `test: expected an Exchange Stream recording: a JSON message with op mcm on each line, got ${got}; ` +
        'choose a Betfair historical data file (.bz2, .gz or plain) or a recording of the market stream'
    );
  });
});
