import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { Arrivals } from './arrivals.ts';
import { LEAN_BEHAVIOUR } from './scenario.ts';
import type { Behaviour } from './scenario.ts';

function times(behaviour: Behaviour, seconds: number, options: { offSeconds: number; stops?: number; seed?: number }) {
  const arrivals = new Arrivals(new Random(seed(options.seed ?? 7)), {
    behaviour,
    offSeconds: options.offSeconds,
    runners: 4
  });
  const found: [number, number][] = [];
  const every = options.stops ?? seconds;
  for (let until = every; until <= seconds; until += every) {
    while (arrivals.next(until)) found.push([arrivals.time, arrivals.runner]);
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
});
