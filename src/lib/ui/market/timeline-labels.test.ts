import { expect, test } from 'vitest';
import type { Nanos } from '$lib/core/units.ts';
import type { TapeEvent } from './market-outline.ts';
import { placeLabels } from './timeline-labels.ts';

const event = (kind: TapeEvent['kind'], text: string, at: number): TapeEvent => ({ kind, text, time: at as Nanos });
const labels = (events: readonly TapeEvent[], width = 800): readonly string[] =>
  placeLabels(events, ({ time }) => time, width).map(({ label }) => label);

test.each([0, 1, 3, 20, 60])('a suspension %i px before the turn in play leaves the words to the turn', (before) => {
  const shown = labels([event('suspended', 'Suspended', 400 - before), event('inPlay', 'In play', 400)]);
  expect(shown[1]).toBe('In play');
  expect(shown[0]).toBe(before < 10 ? '' : 'Suspended');
});

test('labels lie apart and inside the line, with every mark kept', () => {
  const events = Array.from({ length: 40 }, (_, at) => event('removal', `Runner ${String(at)} removed`, at * 20));
  const marks = placeLabels(events, ({ time }) => time, 800);
  expect(marks.map(({ x }) => x)).toEqual(events.map(({ time }) => time));
  const spans = marks
    .filter(({ label }) => label !== '')
    .map(({ label, labelX, anchor }) => {
      const wide = label.length * 6;
      return anchor === 'start' ? [labelX, labelX + wide] : [labelX - wide, labelX];
    })
    .sort((a, b) => a[0]! - b[0]!);
  expect(spans.length).toBeGreaterThan(2);
  for (const [index, [left, right]] of spans.entries()) {
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(800);
    const next = spans[index + 1];
    if (next !== undefined) expect(next[0]! - right!).toBeGreaterThan(10);
  }
});
