import { describe, expect, it } from 'vitest';
import { tagRegimes } from './regimes.ts';

const market = (id: string, volatility: number, trend: number) => ({ id, volatility, trend });

describe('regimes', () => {
  it('are the thirds of volatility and the halves of trend of the dataset', () => {
    const tags = tagRegimes([1, 2, 3, 4, 5, 6].map((n) => market(String(n), n, n % 2 === 0 ? 0.9 : 0.1)));
    expect([...tags.values()]).toEqual([
      'calm, ranging',
      'calm, trending',
      'lively, ranging',
      'lively, trending',
      'wild, ranging',
      'wild, trending'
    ]);
  });

  it('say unknown of a market without prices, which moves no border', () => {
    const some = [1, 2, 3].map((n) => market(String(n), n, n));
    const more = tagRegimes([...some, market('none', Number.NaN, Number.NaN)]);
    expect(more.get('none')).toBe('unknown');
    for (const { id } of some) expect(more.get(id)).toBe(tagRegimes(some).get(id));
  });

  it('are one and the same where all markets are', () => {
    expect(new Set(tagRegimes(['a', 'b', 'c'].map((id) => market(id, 0, 0))).values())).toEqual(
      new Set(['calm, ranging'])
    );
  });
});
