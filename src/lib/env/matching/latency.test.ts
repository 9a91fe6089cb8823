/** Latency models by what they draw. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { millis } from '../../core/units.ts';
import type { Seed } from '../../core/units.ts';
import { constantLatency, logNormalLatency, recordedLatency } from './latency.ts';
import type { LatencyKind, LatencyModel } from './latency.ts';

const draws = (model: LatencyModel, kind: LatencyKind, count: number): number[] => {
  const random = new Random(5 as Seed);
  return Array.from({ length: count }, () => model(kind, random) / 1e6);
};

describe('recorded latency', () => {
  const model = recordedLatency({ place: [80, 120, 120, 400], cancel: [50], replace: [90, 91], feed: [3, 7.25] });

  it('draws the samples themselves, each as often as it was recorded', () => {
    const drawn = draws(model, 'place', 20_000);
    const share = (value: number): number => drawn.filter((one) => one === value).length / drawn.length;
    expect(share(80) + share(120) + share(400)).toBe(1);
    expect(share(120)).toBeCloseTo(0.5, 1);
    expect(share(400)).toBeCloseTo(0.25, 1);
    expect(new Set(draws(model, 'feed', 100))).toEqual(new Set([3, 7.25]));
  });

  it('takes no time where nothing was recorded, and the same draws come from the same seed', () => {
    expect(new Set(draws(model, 'response', 10))).toEqual(new Set([0]));
    expect(draws(model, 'replace', 50)).toEqual(draws(model, 'replace', 50));
  });

  it('refuses a kind without samples and samples that are no times', () => {
    const kinds = { place: [1], cancel: [1], replace: [1] };
    expect(() => recordedLatency({ ...kinds, cancel: [] })).toThrow(/latency of cancel: no sample/u);
    for (const wrong of [-1, Number.NaN, Infinity]) {
      expect(() => recordedLatency({ ...kinds, feed: [2, wrong] })).toThrow(/latency of feed: expected milliseconds/u);
    }
  });
});

describe('log-normal latency', () => {
  it('has the median it is given and the spread of its logarithm', () => {
    const drawn = draws(logNormalLatency({ place: 120, cancel: 170, replace: 280 }, 0.5), 'place', 4_001);
    const logs = drawn.map(Math.log).sort((a, b) => a - b);
    expect(Math.exp(logs[2_000]!)).toBeGreaterThan(112);
    expect(Math.exp(logs[2_000]!)).toBeLessThan(129);
    const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length);
    expect(deviation).toBeCloseTo(0.5, 1);
  });

  it('draws nothing for what takes no time: other draws stay the same', () => {
    const random = new Random(5 as Seed);
    const model = logNormalLatency({ place: 120, cancel: 170, replace: 280 }, 0.5);
    expect(model('feed', random)).toBe(0);
    expect(model('place', random)).toBe(model('place', new Random(5 as Seed)));
  });
});

it('constant latency is what it is given, and nothing for the kinds left out', () => {
  const model = constantLatency({ place: 1, cancel: 2, replace: 3, feed: 0.5 });
  const kinds: LatencyKind[] = ['place', 'cancel', 'replace', 'response', 'feed'];
  expect(kinds.map((kind) => model(kind, new Random(1 as Seed)))).toEqual([1, 2, 3, 0, 0.5].map(millis));
});

describe('what is no time', () => {
  it.each([-5, Number.NaN, Infinity])('is refused: %s ms', (wrong) => {
    const times = { place: 1, cancel: 2, replace: 3 };
    for (const kind of ['place', 'feed'] as const) {
      const subject = new RegExp(`latency of ${kind}: expected milliseconds`, 'u');
      expect(() => constantLatency({ ...times, [kind]: wrong })).toThrow(subject);
      expect(() => logNormalLatency({ ...times, [kind]: wrong }, 0.5)).toThrow(subject);
    }
    expect(() => logNormalLatency(times, wrong)).toThrow(/spread of the latency: expected a standard deviation/u);
  });
});
