import { describe, expect, it } from 'vitest';
import { apartSentence, shortLabel, toleranceWords } from './realism-words.ts';

describe('the words of the realism report', () => {
  it('leave out what the axis says', () => {
    expect(['60 to 45 min', 'under 3', '30 and over', '5 s', '1 behind'].map(shortLabel)).toEqual([
      '60–45',
      '<3',
      '30+',
      '5',
      '1'
    ]);
  });

  it('say a tolerance and what is apart', () => {
    expect(toleranceWords({ kind: 'factor', by: 1.5 })).toBe('range × 1.5');
    expect(toleranceWords({ kind: 'difference', by: 0.1 })).toBe('range ± 0.10');
    const range = (low: number, mean: number, high: number) => ({ low, mean, high, markets: 3 });
    expect(
      apartSentence({
        group: 'spread',
        label: '3 to 6',
        unit: 'ticks',
        tolerance: { kind: 'factor', by: 1.5 },
        recorded: range(1, 1.2, 1.5),
        simulated: range(2, 3, 4)
      })
    ).toBe('Spread, 3 to 6: 3.0 simulated, 1.0 to 1.5 recorded (ticks)');
  });
});
