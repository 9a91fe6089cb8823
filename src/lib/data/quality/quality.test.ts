import { describe, expect, test } from 'vitest';
import { MINI_START_MILLIS, miniBuilder, miniMarket } from '../../../../tests/support/mini-tape.ts';
import { AppError } from '../../core/errors.ts';
import { seconds } from '../../core/units.ts';
import type { Nanos } from '../../core/units.ts';
import { MarketStatus, NO_SLOT, NO_TICK, RowKind } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import type { Oddity } from '../records.ts';
import type { MarketQuality } from './figures.ts';
import { marketQuality } from './market-quality.ts';
import { MEASURES, excludedBy, parseRule, ruleEffects, ruleText } from './rules.ts';

type Row = readonly [kind: RowKind, slot: number, tick: number, lots: number];

/** @param messages second, rows, and how much later it was received */
function tapeOf(messages: readonly (readonly [at: number, rows: readonly Row[], lagSeconds?: number])[]): Tape {
  const builder = miniBuilder();
  for (const [at, rows, lag = 0] of messages) {
    builder.message(seconds(at), (seconds(at) + seconds(lag)) as Nanos);
    for (const row of rows) builder.row(...row);
  }
  return builder.build(miniMarket({ runners: 2, scheduledSeconds: 1000 }), { shared: false });
}

const record = (over: { oddities?: readonly Oddity[]; offSeconds?: number; lastSeconds?: number } = {}) => ({
  oddities: over.oddities ?? [],
  scheduledMillis: MINI_START_MILLIS + (over.offSeconds ?? 1000) * 1000,
  firstMillis: MINI_START_MILLIS,
  lastMillis: MINI_START_MILLIS + (over.lastSeconds ?? 1000) * 1000
});

const OPEN: Row = [RowKind.status, NO_SLOT, NO_TICK, MarketStatus.open];
const odd = (code: string, count: number): Oddity => ({ code, count, example: '', severity: 'warning' });

describe('the quality of a market', () => {
  test('a crossed book counts once a message, while the market is open, of a runner that is in it', () => {
    const cross: readonly Row[] = [
      [RowKind.bid, 0, 50, 100],
      [RowKind.ask, 0, 50, 100],
      [RowKind.bid, 1, 60, 100],
      [RowKind.ask, 1, 55, 100]
    ];
    const suspended: Row = [RowKind.status, NO_SLOT, NO_TICK, MarketStatus.suspended];
    expect(
      marketQuality(
        record(),
        tapeOf([
          [0, [OPEN]],
          [1, cross],
          [2, [[RowKind.bid, 0, 51, 5]]]
        ])
      ).crossedBooks
    ).toBe(2);
    expect(
      marketQuality(
        record(),
        tapeOf([
          [0, [suspended]],
          [1, cross]
        ])
      ).crossedBooks
    ).toBe(0);
    const gone: readonly Row[] = [OPEN, [RowKind.removal, 0, NO_TICK, 100], [RowKind.removal, 1, NO_TICK, 100]];
    expect(
      marketQuality(
        record(),
        tapeOf([
          [0, gone],
          [1, cross]
        ])
      ).crossedBooks
    ).toBe(0);
    const apart: readonly Row[] = [
      [RowKind.bid, 0, 50, 100],
      [RowKind.ask, 0, 51, 100]
    ];
    expect(
      marketQuality(
        record(),
        tapeOf([
          [0, [OPEN]],
          [1, apart]
        ])
      ).crossedBooks
    ).toBe(0);
  });

  test('trades are held against the largest size each price ever showed, over images and closing', () => {
    const { traded, volume, tradedToVolume } = marketQuality(
      record(),
      tapeOf([
        [0, [OPEN, [RowKind.trade, 0, 50, 1000]]],
        // A fresh image states the same again.
        [
          1,
          [
            [RowKind.clear, NO_SLOT, NO_TICK, 0],
            [RowKind.tradedCorrection, 0, 50, 1000],
            [RowKind.tradedCorrection, 1, 70, 500]
          ]
        ],
        // Taken back, and there anew.
        [
          2,
          [
            [RowKind.tradedCorrection, 0, 50, 0],
            [RowKind.freshTrade, 0, 50, 300]
          ]
        ],
        [3, [[RowKind.offLadderTrade, 0, 15_000, 200]]]
      ])
    );
    expect([traded, volume]).toEqual([15, 17]);
    expect(tradedToVolume).toBeCloseTo(15 / 17, 12);
    expect(marketQuality(record(), tapeOf([[0, [OPEN]]])).tradedToVolume).toBeNaN();
  });

  test('silence is the longest wait in the ten minutes before the off, or before an earlier end', () => {
    const at = (...times: number[]) => tapeOf(times.map((time) => [time, [[RowKind.bid, 0, 50, time + 1]]]));
    expect(marketQuality(record(), at(0, 300, 390, 500, 520, 990, 1500)).silenceSeconds).toBe(470);
    // Of a wait that began before the window its part in it counts.
    expect(marketQuality(record(), at(0, 460, 700, 990)).silenceSeconds).toBe(290);
    expect(marketQuality(record({ lastSeconds: 500, offSeconds: 9000 }), at(0, 450, 500)).silenceSeconds).toBe(450);
    expect(marketQuality(record({ offSeconds: -1 }), at(0, 800, 1000)).silenceSeconds).toBe(800);
  });

  test('lags are nearest ranks in milliseconds, and absent where the recording has one clock', () => {
    const late = Array.from({ length: 100 }, (_, i): [number, Row[], number] => [
      i,
      [[RowKind.bid, 0, 50, i + 1]],
      (100 - i) / 1000
    ]);
    expect(marketQuality(record(), tapeOf(late))).toMatchObject({
      lagP50Millis: 50,
      lagP90Millis: 90,
      lagP99Millis: 99,
      lagMaxMillis: 100
    });
    const one = late.map(([at, rows]): [number, Row[]] => [at, rows]);
    expect(marketQuality(record(), tapeOf(one)).lagP50Millis).toBeNaN();
  });

  test('what the reader found is summed by kind; the same text twice is a repetition though no number says so', () => {
    const oddities = [
      odd('sequence-gap', 2),
      odd('unreadable-line', 3),
      odd('time-went-back', 4),
      odd('checksum-failed', 5),
      odd('unknown-runner', 6),
      odd('negative-size', 7),
      odd('off-ladder-price', 8),
      odd('mid-file-image', 9),
      odd('repeated-message', 1)
    ];
    const tape = tapeOf([[0, [OPEN]]]);
    expect(marketQuality(record({ oddities }), tape, { text: ['a', 'a', 'b', 'b', 'b', 'a'] })).toMatchObject({
      gaps: 5,
      backwardTime: 4,
      checksumFailures: 5,
      missingDefinition: 1,
      clippedAnomalies: 15,
      repeatedMessages: 3
    });
    expect(marketQuality(record({ oddities }), tape).repeatedMessages).toBe(1);
  });

  test('repetitions are found in texts that lie end to end, as in texts apart', () => {
    const text = ['ab', 'ab', 'b', '', '', 'abc', 'abd', 'abd', 'babd', 'b', 'b'];
    const ends = Uint32Array.from(text, (_, i) => text.slice(0, i + 1).join('').length);
    const packed = { bytes: new TextEncoder().encode(text.join('')), ends };
    const tape = tapeOf([[0, [OPEN]]]);
    expect(marketQuality(record(), tape, { text: [], packed }).repeatedMessages).toBe(4);
    expect(marketQuality(record(), tape, { text }).repeatedMessages).toBe(4);
  });
});

const figures = (over: Partial<MarketQuality>): MarketQuality => ({
  ...marketQuality(record(), tapeOf([[0, [OPEN]]])),
  ...over
});

describe('rules', () => {
  test.each([
    ['lag p99 > 2 s', { measure: 'lagP99Millis', operator: '>', value: 2000 }, 'lag p99 > 2000 ms'],
    ['LAG P50>=0.3s', { measure: 'lagP50Millis', operator: '>=', value: 300 }, 'lag p50 >= 300 ms'],
    ['gaps > 0', { measure: 'gaps', operator: '>', value: 0 }, 'gaps > 0'],
    ['silence > 1.5 min', { measure: 'silenceSeconds', operator: '>', value: 90 }, 'silence > 90 s'],
    ['trades to volume < 95 %', { measure: 'tradedToVolume', operator: '<', value: 0.95 }, 'trades to volume < 0.95']
  ] as const)('%s is read, and said again', (text, rule, said) => {
    expect(parseRule(text)).toEqual(rule);
    expect(ruleText(parseRule(text))).toBe(said);
    expect(parseRule(said)).toEqual(rule);
  });

  test.each(['', 'gaps', 'gaps > many', 'weather > 2', 'gaps > 2 s', 'lag p99 > 5 %', 'gaps > -1'])(
    '%j is refused by name',
    (text) => {
      let thrown: unknown;
      try {
        parseRule(text);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(AppError);
      expect((thrown as AppError).code).toBe('config.invalid');
      expect((thrown as AppError).message).toContain('lag p99 > 2 s');
    }
  );

  test('every measure offers a rule that can be read back', () => {
    for (const { offered } of MEASURES) expect(parseRule(ruleText(offered))).toEqual(offered);
  });

  test('a market is left out by the first rule that holds; a figure it lacks leaves nothing out', () => {
    const rules = [parseRule('lag p99 > 2 s'), parseRule('gaps > 0')];
    expect(excludedBy(rules, figures({ lagP99Millis: 2000.1, gaps: 1 }))).toBe(rules[0]);
    expect(excludedBy(rules, figures({ gaps: 1 }))).toBe(rules[1]);
    expect(excludedBy(rules, figures({ lagP99Millis: 2000 }))).toBeUndefined();
    expect(excludedBy([parseRule('lag p99 < 9 s')], figures({}))).toBeUndefined();
    expect(excludedBy(rules, undefined)).toBeUndefined();
  });

  test('each rule tells how many markets it takes out, and how many but for the others would stay', () => {
    const markets = [
      figures({ gaps: 1 }),
      figures({ gaps: 2, crossedBooks: 1 }),
      figures({ crossedBooks: 3 }),
      figures({})
    ];
    expect(
      ruleEffects([parseRule('gaps > 0'), parseRule('crossed books > 0')], markets).map(({ takes, alone }) => [
        takes,
        alone
      ])
    ).toEqual([
      [2, 1],
      [2, 1]
    ]);
  });
});
