import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Arrivals } from './arrivals.ts';
import { LEAN_BEHAVIOUR } from './scenario.ts';
import type { Behaviour } from './scenario.ts';

function times(behaviour: Behaviour, seconds: number, options: { offSeconds: number; stops?: number; seed?: number }) {
  const arrivals = new Arrivals(4, behaviour);
  arrivals.begin(new Random(seed(options.seed ?? 7)), { behaviour, leadSeconds: options.offSeconds });
  const found: [number, number][] = [];
  const every = options.stops ?? seconds;
  for (let until = every; until <= seconds; until += every) {
    arrivals.until = until;
    while (arrivals.next()) found.push([arrivals.time, arrivals.runner]);
  }
  return found;
}

const steady: Behaviour = { ...LEAN_BEHAVIOUR, eventsPerSecond: 10, rush: 1 };

describe('arrivals', () => {
  it('come at the base rate over one less the branching ratio', () => {
    const seconds = 2000;
    for (const contagion of [0, 0.5]) {
      const count = times({ ...steady, contagion }, seconds, { offSeconds: 1e9 }).length;
      // A Hawkes count's variance is mean / (1 - n)^2; five standard deviations of room.
      const mean = (10 * seconds) / (1 - contagion);
      expect(Math.abs(count - mean)).toBeLessThan((5 * Math.sqrt(mean)) / (1 - contagion));
    }
  });

  it('excite themselves: counts vary by the square of what a Poisson process would, over one less the branching', () => {
    const dispersion = (contagion: number): number => {
      const counts = new Array<number>(200).fill(0);
      for (const [time] of times({ ...steady, contagion }, 4000, { offSeconds: 1e9 })) counts[Math.floor(time / 20)]!++;
      const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
      return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
    };
    // Of 200 windows the ratio is known to about 10 %; 1 / (1 - 0.5)^2 = 4 over long windows, a little less over 20 s.
    expect(dispersion(0)).toBeGreaterThan(0.7);
    expect(dispersion(0)).toBeLessThan(1.3);
    expect(dispersion(0.5)).toBeGreaterThan(2.5);
    expect(dispersion(0.5)).toBeLessThan(5.5);
  });

  it('rush towards the off', () => {
    const at = times({ ...LEAN_BEHAVIOUR, eventsPerSecond: 4, rush: 14 }, 900, { offSeconds: 900 });
    const between = (from: number, to: number): number => at.filter(([time]) => time >= from && time < to).length;
    expect(between(840, 900)).toBeGreaterThan(6 * between(60, 120));
  });

  it('do not depend on where a caller stops to look', () => {
    expect(times(LEAN_BEHAVIOUR, 60, { offSeconds: 100, stops: 0.25 })).toEqual(
      times(LEAN_BEHAVIOUR, 60, { offSeconds: 100 })
    );
  });

  /**
   * Time rescaling (Papangelou 1972; Brown et al. 2002): between arrivals of a process the integral of its rate is
   * exponential of mean 1. Kolmogorov and Smirnov's distance of it, times the root of the count, for any kernels.
   */
  function rescaledDistance(found: readonly [number, number][], law: Behaviour): number {
    const kernels = [
      [law.contagion, law.contagionSeconds],
      [law.slowContagion ?? 0, law.slowContagionSeconds ?? 1]
    ] as const;
    const excited = [0, 0];
    let last = 0;
    const uniform = found.map(([time]) => {
      const gap = time - last;
      let integral = law.eventsPerSecond * gap;
      kernels.forEach(([ratio, span], k) => {
        integral += excited[k]! * span * (1 - Math.exp(-gap / span));
        excited[k] = excited[k]! * Math.exp(-gap / span) + ratio / span;
      });
      last = time;
      return 1 - Math.exp(-integral);
    });
    uniform.sort((a, b) => a - b);
    const distance = Math.max(...uniform.map((u, i) => Math.max((i + 1) / uniform.length - u, u - i / uniform.length)));
    return distance * Math.sqrt(uniform.length);
  }

  it.each([
    ['a Poisson process', { contagion: 0 }],
    ['one kernel', { contagion: 0.6, contagionSeconds: 0.5 }],
    [
      'a fast kernel and a slow one',
      { contagion: 0.6, contagionSeconds: 0.15, slowContagion: 0.3, slowContagionSeconds: 15 }
    ]
  ] as const)('follow the rate that is stated: %s', (_, law) => {
    const behaviour: Behaviour = { ...steady, eventsPerSecond: 2, ...law };
    const found = times(behaviour, 3000, { offSeconds: 1e9 });
    // 1.63 is passed by one sample in a hundred of a true law; a wrong one is far off.
    expect(rescaledDistance(found, behaviour)).toBeLessThan(1.63);
    if (law.contagion > 0) {
      const rate = found.length / 3000;
      expect(
        rescaledDistance(found, { ...behaviour, eventsPerSecond: rate, contagion: 0, slowContagion: 0 })
      ).toBeGreaterThan(4);
    }
  });

  it('come at the base rate over one less both branching ratios where a slow contagion stands beside the fast one', () => {
    const law = { ...steady, contagion: 0.4, slowContagion: 0.3, slowContagionSeconds: 8 };
    const count = times(law, 3000, { offSeconds: 1e9 }).length;
    const mean = (10 * 3000) / 0.3;
    expect(Math.abs(count - mean)).toBeLessThan((5 * Math.sqrt(mean)) / 0.3);
  });

  it('refuse a contagion that never comes to rest', () => {
    expect(() => times({ ...steady, contagion: 0.6, slowContagion: 0.4 }, 1, { offSeconds: 1 })).toThrow(/branching/u);
  });
});
