import { expect, test } from 'vitest';
import { paceOf, RowSteps } from './touch-pan.ts';

test('a slow finger moves as many rows as a fast one over the same way', () => {
  const [slow, fast] = [new RowSteps(21), new RowSteps(21)];
  const rows = Array.from({ length: 105 }, () => slow.add(1)).reduce((sum, one) => sum + one, 0);
  expect([rows, fast.add(105)]).toEqual([5, 5]);
});

test('a finger that turns back goes back over what it had of a row', () => {
  const steps = new RowSteps(20);
  expect([steps.add(19), steps.add(-19), steps.add(-20), steps.add(39)]).toEqual([0, 0, -1, 1]);
});

test('the pace is that of the last moments, and none of a finger that rested', () => {
  const moments = [
    { y: 0, millis: 0 },
    { y: 300, millis: 100 },
    { y: 310, millis: 140 },
    { y: 330, millis: 160 }
  ];
  expect(paceOf(moments)).toBeCloseTo(30 / 60);
  expect(paceOf([...moments, { y: 330, millis: 400 }])).toBe(0);
  expect(paceOf([])).toBe(0);
});
