import { describe, expect, it } from 'vitest';
import { MetricTable } from './metric-table.ts';

const rows = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    updates: (i + 1) * 10,
    return: i,
    ...(i % 2 === 0 ? { green_rate: 0.5, traded_rate: 1 } : {})
  }));

describe('metric rows as columns', () => {
  it('takes only the rows it has not seen', () => {
    const table = new MetricTable();
    const all = rows(6);
    table.follow(all.slice(0, 4));
    table.follow(all);
    expect([...table.points('return').y]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(table.last?.['updates']).toBe(60);
  });

  it('starts afresh when a resumed run goes back to its checkpoint', () => {
    const table = new MetricTable();
    table.follow(rows(6));
    table.follow(rows(3));
    expect([...table.points('return').x]).toEqual([10, 20, 30]);
  });

  it('replaces what a run resumed from its checkpoint lived twice', () => {
    const table = new MetricTable();
    table.follow([
      { updates: 10, return: 1 },
      { updates: 20, return: 2 },
      { updates: 30, return: 3 },
      { updates: 15, return: 4 },
      { updates: 25, return: 5 }
    ]);
    expect([...table.points('return').x]).toEqual([10, 15, 25]);
    expect([...table.points('return').y]).toEqual([1, 4, 5]);
  });

  it('leaves out what a row does not have', () => {
    const table = new MetricTable();
    table.follow(rows(5));
    expect([...table.points('green_rate').x]).toEqual([10, 30, 50]);
    expect(table.points('nothing').x).toHaveLength(0);
  });

  it('measures a rate over time, where playing and learning take turns', () => {
    const table = new MetricTable();
    const row = (updates: number, environment_steps: number, wall_seconds: number) => ({
      updates,
      environment_steps,
      wall_seconds
    });
    table.follow([row(10, 512, 1), row(20, 512, 2), row(30, 1024, 3), row(40, 1024, 5)]);
    expect(table.recentRate('updates')).toBe(30 / 4);
    expect(table.recentRate('environment_steps')).toBe(512 / 4);
    expect(table.recentRate('updates', 1)).toBe(10 / 2);
    expect(new MetricTable().recentRate('updates')).toBeNaN();
  });

  it('shows the newest of several reports at the same update: the warm-up', () => {
    const table = new MetricTable();
    table.follow([
      { updates: 0, return: 1 },
      { updates: 0, return: 2 },
      { updates: 10, return: 3 }
    ]);
    expect([...table.points('return').y]).toEqual([2, 3]);
  });

  it('aligns columns on the first one, unknown where the other has no value', () => {
    const table = new MetricTable();
    table.follow([
      { updates: 1, traded_rate: 1 },
      { updates: 2, traded_rate: 0.5, green_rate: 0.25 }
    ]);
    const { x, ys } = table.aligned(['traded_rate', 'green_rate']);
    expect([...x]).toEqual([1, 2]);
    expect(ys[1]?.[0]).toBeNaN();
    expect(ys[1]?.[1]).toBe(0.25);
  });

  it('averages the last values of a column', () => {
    const table = new MetricTable();
    table.follow(rows(6));
    expect(table.recentMean('return', 2)).toBe(4.5);
    expect(table.recentMean('nothing', 2)).toBeNaN();
  });
});
