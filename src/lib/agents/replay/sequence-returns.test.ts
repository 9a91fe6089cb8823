/** Returns of several steps over sequences, against sums written out; and sequences drawn by priority. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { sequenceBatch, windowRows } from './sequence-batch.ts';
import type { BatchShape, SequenceBatch } from './sequence-batch.ts';
import { SequenceReplay } from './sequence-replay.ts';
import type { ReplayOptions } from './sequence-replay.ts';

const environments = 3;
const gamma = 0.9;

/** Rewards and ends of one environment: episode after episode, each row with the reward it gave. */
interface Lived {
  readonly reward: number;
  readonly end: 'none' | 'terminated' | 'truncated';
}

/** Plays at random; observation (environment, number of the step) says where a row comes from. */
function live(replay: SequenceReplay, steps: number, random: Random, lives: Lived[][]): void {
  for (let t = 0; t < steps; t++) {
    const now = lives.map((): Lived => {
      const chance = random.uniform();
      return {
        reward: Math.round(random.normal() * 8) / 8,
        end: chance < 0.1 ? 'terminated' : chance < 0.2 ? 'truncated' : 'none'
      };
    });
    const at = lives.map((life) => life.length);
    const starts = lives.map((life) => (life.length === 0 || life.at(-1)?.end !== 'none' ? 1 : 0));
    replay.add({
      observations: Float32Array.from(at.flatMap((step, e) => [e, step])),
      actions: new Float32Array(environments),
      rewards: Float32Array.from(now, ({ reward }) => reward),
      nextObservations: Float32Array.from(at.flatMap((step, e) => [e, step + 0.5])),
      terminated: Uint8Array.from(now, ({ end }) => (end === 'terminated' ? 1 : 0)),
      truncated: Uint8Array.from(now, ({ end }) => (end === 'truncated' ? 1 : 0)),
      starts: Uint8Array.from(starts),
      state: new Float32Array(0)
    });
    now.forEach((one, e) => lives[e]!.push(one));
  }
}

/** The return of n steps from step t as it is defined: its sum, and how many steps on it bootstraps with what weight. */
function defined(life: readonly Lived[], t: number, n: number) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const { reward, end } = life[t + i]!;
    sum += gamma ** i * reward;
    if (end !== 'none' || i === n - 1)
      return { sum, steps: i + 1, weight: end === 'terminated' ? 0 : gamma ** (i + 1) };
  }
  throw new Error('no steps');
}

const make = (shape: BatchShape, rest: Partial<ReplayOptions> = {}): SequenceReplay =>
  new SequenceReplay({ shape, environments, capacity: 360, gamma, ...rest });

describe.each([1, 2, 3, 5])('returns of %i steps', (nStep) => {
  const shape: BatchShape = { burnIn: 2, sequence: 6, batch: 40, observation: 2, action: 1, state: 0, nStep };

  it('are the sums to the end of an episode and no further, with a bootstrap where it was cut', () => {
    const replay = make(shape);
    const lives: Lived[][] = Array.from({ length: environments }, () => []);
    const random = new Random(seed(nStep));
    const into = sequenceBatch(shape);
    let checked = 0;
    let short = 0;
    for (let round = 0; round < 12; round++) {
      live(replay, 40, random, lives);
      replay.sample(into, random);
      for (let b = 0; b < shape.batch; b++) {
        for (let s = 0; s < shape.sequence; s++) {
          const row = (shape.burnIn + s) * shape.batch + b;
          if (into.valid[row] === 0) continue;
          const [e, t] = [into.inputs[row * 4]!, into.inputs[row * 4 + 1]!];
          const { sum, steps, weight } = defined(lives[e]!, t, nStep);
          expect(into.rewards[row]).toBeCloseTo(sum, 5);
          expect(gamma * (1 - into.terminated[row]!)).toBeCloseTo(weight, 6);
          checked++;
          if (nStep === 1) continue;
          const ahead = Array.from({ length: nStep }, (_, k) => into.ahead[(k * shape.sequence + s) * shape.batch + b]);
          expect(ahead).toEqual(ahead.map((_, k) => (k === steps - 1 ? 1 : 0)));
          const bootstrap = row + steps * shape.batch;
          const ended = lives[e]![t + steps - 1]!.end !== 'none';
          expect(into.inputs[bootstrap * 4 + 1]).toBe(ended ? t + steps - 0.5 : t + steps);
          if (steps < nStep) short++;
        }
      }
    }
    expect(checked).toBeGreaterThan(1000);
    if (nStep > 1) expect(short).toBeGreaterThan(50);
    expect(into.ahead.length).toBe(nStep === 1 ? 0 : nStep * shape.sequence * shape.batch);
  });
});

describe('sequences drawn by priority', () => {
  const shape: BatchShape = { burnIn: 1, sequence: 8, batch: 64, observation: 2, action: 1, state: 0 };
  const priorities = { exponent: 1, least: 0 };
  const fresh = () => Array.from({ length: environments }, (): Lived[] => []);
  /** Where a sequence begins, by environment and step. */
  const origin = (into: SequenceBatch, b: number): string =>
    `${String(into.inputs[b * 4])} ${String(into.inputs[b * 4 + 1])}`;

  it('come as often as their errors ask, and weigh as much less', () => {
    const replay = make(shape, { priorities });
    live(replay, 60, new Random(seed(1)), fresh());
    const into = sequenceBatch({ ...shape, batch: 4000 });
    replay.sample(into, new Random(seed(2)), 0.5);
    const windows = new Map<string, number>();
    for (let b = 0; b < 4000; b++) windows.set(origin(into, b), (windows.get(origin(into, b)) ?? 0) + 1);
    // Never learnt from, all are drawn alike.
    expect(windows.size).toBe(replay.windows);
    expect(Math.max(...windows.values()) - Math.min(...windows.values())).toBeLessThanOrEqual(2);
    const chosen = origin(into, 7);
    replay.reprioritise(
      into.drawn,
      into.weights.map((_, b) => (origin(into, b) === chosen ? -6 : 2))
    );
    replay.sample(into, new Random(seed(3)), 0.5);
    const hits = Array.from({ length: 4000 }, (_, b) => b).filter((b) => origin(into, b) === chosen);
    expect(hits.length / 4000).toBeCloseTo(6 / (6 + 2 * (windows.size - 1)), 3);
    expect(into.weights[hits[0]!]).toBeCloseTo((6 / 2) ** -0.5, 5);
    const other = into.weights.findIndex((_, b) => origin(into, b) !== chosen);
    expect(into.weights[other]).toBe(1);
  });

  it('are always whole, all of those that are, however the rings have gone round', () => {
    const replay = make(shape, { priorities });
    const plain = make(shape);
    const random = new Random(seed(4));
    const [lives, others] = [fresh(), fresh()];
    for (let round = 0; round < 60; round++) {
      const steps = 1 + random.below(23);
      const at = new Random(seed(round));
      live(replay, steps, at, lives);
      live(plain, steps, new Random(seed(round)), others);
      if (replay.windows === 0) continue;
      // Both are asked for so many that every window must come.
      const [into, all] = [sequenceBatch({ ...shape, batch: 3000 }), sequenceBatch({ ...shape, batch: 3000 })];
      replay.sample(into, new Random(seed(5)));
      plain.sample(all, new Random(seed(6)));
      const [drawn, wanted] = [into, all].map(
        (batch) => new Set(Array.from({ length: 3000 }, (_, b) => origin(batch, b)))
      );
      expect(drawn).toEqual(wanted);
    }
  });

  it('may be told their errors late, when some of them have been written over', () => {
    const replay = make(shape, { priorities });
    const lives = fresh();
    live(replay, 70, new Random(seed(7)), lives);
    const into = sequenceBatch(shape);
    replay.sample(into, new Random(seed(8)));
    live(replay, 65, new Random(seed(9)), lives);
    replay.reprioritise(
      into.drawn,
      into.weights.map(() => 1e9)
    );
    const later = sequenceBatch({ ...shape, batch: 500 });
    replay.sample(later, new Random(seed(10)));
    const rows = windowRows(shape);
    for (let b = 0; b < 500; b++) {
      const [e, first] = [later.inputs[b * 4]!, later.inputs[b * 4 + 1]!];
      // A window is of one environment, and goes on step by step but for last looks.
      for (let w = 1; w < rows; w++) {
        const at = (w * 500 + b) * 4;
        expect(later.inputs[at]).toBe(e);
        expect(later.inputs[at + 1]).toBeGreaterThan(first);
      }
    }
  });

  it('go on from what was saved as if nothing had happened', () => {
    const [replay, copy] = [make(shape, { priorities }), make(shape, { priorities })];
    const lives = fresh();
    live(replay, 200, new Random(seed(11)), lives);
    const into = sequenceBatch(shape);
    replay.sample(into, new Random(seed(12)));
    replay.reprioritise(
      into.drawn,
      into.weights.map((_, b) => Math.sin(b))
    );
    copy.loadRows(replay.rows(undefined));
    copy.loadState(replay.state());
    expect(copy.bytes).toBe(replay.bytes);
    const again = sequenceBatch(shape);
    replay.sample(into, new Random(seed(13)));
    copy.sample(again, new Random(seed(13)));
    expect(again).toEqual(into);
  });
});
