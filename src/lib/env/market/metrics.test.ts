/** The figures of a run of market episodes, by hand. */
import { describe, expect, it } from 'vitest';
import { EPISODE_INFO, episodeMetrics } from './metrics.ts';
import type { Episode } from './metrics.ts';

const episode = (values: Partial<Episode>): Episode => ({
  ...(Object.fromEntries(EPISODE_INFO.map((name) => [name, 0])) as Episode),
  ...values
});

/** 20 traded markets, the k-th worth k - 5 per cent of the bankroll, the worst runner of each 1 % worse; 5 idle ones. */
const traded = Array.from({ length: 20 }, (_, k) =>
  episode({
    traded: 1,
    all_green: k >= 8 ? 1 : 0,
    mtm_roi: (k - 5) / 100,
    worst_roi: (k - 6) / 100,
    orders_submitted: 10,
    orders_filled: 4,
    slippage_bps: k % 2 === 0 ? 30 : 10,
    latency_ms: 120
  })
);
const idle = Array.from({ length: 5 }, () => episode({ all_green: 0 }));

describe('figures over market episodes', () => {
  const figures = episodeMetrics([...traded, ...idle]);

  it('count green markets among the traded ones, and say beside it how many those are', () => {
    expect(figures['green_rate']).toBeCloseTo(12 / 20, 12);
    expect(figures['traded_rate']).toBeCloseTo(20 / 25, 12);
  });

  it('give the mean result, that of the worst 5 %, and the loss that 95 % stay within', () => {
    expect(figures['mtm_roi_mean']).toBeCloseTo(0.9 / 25, 12);
    // One market of 25.
    expect(figures['cvar_5pc']).toBeCloseTo(-0.05, 12);
    // Sorted, -6 and -5 per cent come first: the 5 % quantile lies 0.2 of the way from the second to the third, -4.
    expect(figures['worst_roi_p95']).toBeCloseTo(0.048, 12);
  });

  it('give orders a market, slippage over traded markets, latency where something was asked', () => {
    expect(figures['orders_submitted']).toBeCloseTo(8, 12);
    expect(figures['orders_filled']).toBeCloseTo(3.2, 12);
    expect(figures['slippage_bps']).toBeCloseTo(20, 12);
    expect(figures['latency_ms']).toBeCloseTo(120, 12);
  });

  it('leave out what has no value: nothing traded is no green rate', () => {
    const none = episodeMetrics(idle);
    expect(none).not.toHaveProperty('green_rate');
    expect(none).not.toHaveProperty('latency_ms');
    expect(none['traded_rate']).toBe(0);
  });
});
