import { expect, it } from 'vitest';
import { DrawQueue } from './draw-queue.ts';

function frames() {
  const waiting: (() => void)[] = [];
  let now = 0;
  const queue = new DrawQueue(
    (callback) => waiting.push(callback),
    () => now
  );
  return {
    queue,
    spend: (millis: number) => (now += millis),
    frame: () => waiting.shift()?.(),
    asked: () => waiting.length
  };
}

it('draws what fits a frame and leaves the rest to the next', () => {
  const { queue, spend, frame, asked } = frames();
  const drawn: number[] = [];
  for (let i = 0; i < 5; i++) {
    queue.ask({ i }, () => {
      drawn.push(i);
      spend(4);
    });
  }
  expect(asked()).toBe(1);
  frame();
  expect(drawn).toEqual([0, 1]);
  frame();
  frame();
  expect(drawn).toEqual([0, 1, 2, 3, 4]);
  expect(asked()).toBe(0);
});

it('draws only the newest of what one chart asked', () => {
  const { queue, frame } = frames();
  const chart = {};
  const drawn: string[] = [];
  queue.ask(chart, () => drawn.push('old'));
  queue.ask(chart, () => drawn.push('new'));
  frame();
  expect(drawn).toEqual(['new']);
});

it('forgets a chart that is gone', () => {
  const { queue, frame } = frames();
  const chart = {};
  let drawn = 0;
  queue.ask(chart, () => drawn++);
  queue.forget(chart);
  frame();
  expect(drawn).toBe(0);
});
