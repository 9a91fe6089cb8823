import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import type { Position } from '../experience.ts';
import { TransitionReplay } from './transition-replay.ts';
import type { TransitionBatch, TransitionReplayOptions } from './transition-replay.ts';

const environments = 3;
const plain: TransitionReplayOptions = {
  observation: 2,
  action: 2,
  environments,
  capacity: 90,
  steps: 3,
  gamma: 0.9,
  priorities: undefined
};
const prioritised = { ...plain, priorities: { exponent: 0.6, least: 1e-6 } };

/** How an environment's step ended. */
type End = 'on' | 'terminated' | 'truncated';
type Ends = readonly (readonly End[])[];

/** The first environment ends now and then, the second is cut off now and then, the third goes on for ever. */
const usual: Ends = [['on', 'on', 'on', 'on', 'terminated'], ['on', 'on', 'truncated'], ['on']];
const endAt = (ends: Ends, e: number, t: number): End => ends[e]![t % ends[e]!.length]!;

/** Numbers that say where they come from: observation (environment, step), actions and reward of the step. */
function play(replay: TransitionReplay, ends: Ends, steps: number, from = 0): void {
  const all = [...ends.keys()];
  for (let t = from; t < from + steps; t++) {
    replay.add({
      observations: Float32Array.from(all.flatMap((e) => [e, t])),
      actions: all.flatMap((e) => [e, t]),
      rewards: Float32Array.from(all, () => t),
      nextObservations: Float32Array.from(all.flatMap((e) => [e, endAt(ends, e, t) === 'on' ? t + 1 : t + 0.5])),
      terminated: Uint8Array.from(all, (e) => (endAt(ends, e, t) === 'terminated' ? 1 : 0)),
      truncated: Uint8Array.from(all, (e) => (endAt(ends, e, t) === 'truncated' ? 1 : 0))
    });
  }
}

/** What a draw has to be, from the script of endings alone. */
function expected(ends: Ends, e: number, t: number, played: number, { steps, gamma }: TransitionReplayOptions) {
  let [reward, discount, last] = [0, 1, t];
  for (; ; last++) {
    reward += discount * last;
    discount *= gamma;
    if (last - t + 1 === steps || last + 1 === played || endAt(ends, e, last) !== 'on') break;
  }
  const end = endAt(ends, e, last);
  return { reward, discount: end === 'terminated' ? 0 : discount, next: end === 'on' ? last + 1 : last + 0.5 };
}

const drawn = (replay: TransitionReplay, size: number, drawSeed = 0): TransitionBatch => {
  const batch = replay.batch(size);
  replay.sample(batch, new Random(seed(drawSeed)));
  return batch;
};
const origin = (batch: TransitionBatch, b: number): { e: number; t: number } => ({
  e: batch.observations[2 * b]!,
  t: batch.observations[2 * b + 1]!
});

describe.each([
  ['uniform', plain],
  ['prioritised', prioritised]
])('a replay of transitions, %s', (_, options) => {
  it('sums rewards to the end of an episode and no further, and bootstraps a cut but no termination', () => {
    const end = fc.constantFrom<End>('on', 'on', 'on', 'terminated', 'truncated');
    const scripts = fc.array(fc.array(end, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        scripts,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 8, max: 20 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        (ends, steps, rows, played, drawSeed) => {
          const own = { ...options, environments: ends.length, capacity: rows * ends.length, steps };
          const replay = new TransitionReplay(own);
          play(replay, ends, played);
          const batch = drawn(replay, 24, drawSeed);
          for (let b = 0; b < batch.size; b++) {
            const { e, t } = origin(batch, b);
            const wanted = expected(ends, e, t, played, own);
            expect(batch.rewards[b]).toBeCloseTo(wanted.reward, 3);
            expect(batch.discounts[b]).toBeCloseTo(wanted.discount, 6);
            expect([...batch.nextObservations.subarray(2 * b, 2 * b + 2)]).toEqual([e, wanted.next]);
            expect([...batch.actions.subarray(2 * b, 2 * b + 2)]).toEqual([e, t]);
          }
        }
      )
    );
  });

  it('forgets the oldest and reaches every transition that is left, each environment’s own', () => {
    const replay = new TransitionReplay(options);
    play(replay, usual, 200);
    const batch = drawn(replay, 6000);
    for (const e of [0, 1, 2]) {
      const times = new Set<number>();
      for (let b = 0; b < batch.size; b++) if (origin(batch, b).e === e) times.add(origin(batch, b).t);
      // 29 of 30 rows can be drawn; the one in use is the next. Every fifth, every third or no step ends an episode.
      const rows = 29;
      let [wanted, used] = [0, 0];
      for (let t = 199; t >= 0; t--) {
        used += endAt(usual, e, t) === 'on' ? 1 : 2;
        if (used > rows) break;
        wanted++;
      }
      expect(Math.max(...times)).toBe(199);
      expect(times.size).toBe(wanted);
      expect(Math.min(...times)).toBe(200 - wanted);
    }
  });

  it('draws the same for the same stream of draws, and other ones for another', () => {
    const replay = new TransitionReplay(options);
    play(replay, usual, 40);
    expect(drawn(replay, 16, 7)).toEqual(drawn(replay, 16, 7));
    expect(drawn(replay, 16, 7)).not.toEqual(drawn(replay, 16, 8));
  });

  it('goes on from what was saved as if nothing had happened', () => {
    const [replay, copy] = [new TransitionReplay(options), new TransitionReplay(options)];
    play(replay, usual, 77);
    const batch = drawn(replay, 16);
    replay.reprioritise(
      batch.rows,
      [...batch.rows].map((row) => Math.sin(row))
    );
    copy.loadRows(replay.rows(undefined));
    copy.loadState(replay.state());
    expect(drawn(copy, 16, 1)).toEqual(drawn(replay, 16, 1));
    for (const one of [replay, copy]) play(one, usual, 20, 77);
    expect(drawn(copy, 16, 2)).toEqual(drawn(replay, 16, 2));
    expect(copy.transitions).toBe(97 * environments);
  });

  it('is put together again from what was new each time', () => {
    const [replay, copy] = [new TransitionReplay(options), new TransitionReplay(options)];
    let from: Position | undefined;
    for (const [steps, before] of [
      [7, 0],
      [11, 7],
      [1, 18],
      [90, 19],
      [13, 109]
    ] as const) {
      play(replay, usual, steps, before);
      expect(copy.loadRows(replay.rows(from))).toEqual(replay.position());
      from = replay.position();
    }
    copy.loadState(replay.state());
    expect(copy.rows(undefined)).toEqual(replay.rows(undefined));
    expect(drawn(copy, 16, 1)).toEqual(drawn(replay, 16, 1));
    for (const one of [replay, copy]) play(one, usual, 20, 122);
    expect(drawn(copy, 16, 2)).toEqual(drawn(replay, 16, 2));
    expect([replay.outlived(replay.position()), replay.outlived(from ?? [])]).toEqual([false, false]);
  });

  it('takes its memory at the start, and says what is too small or foreign', () => {
    const replay = new TransitionReplay(options);
    const { bytes } = replay;
    play(replay, usual, 100);
    expect(replay.bytes).toBe(bytes);
    // A row: 2 observations, 2 actions, 1 reward of 4 bytes, 1 byte of flags; a tree of 2 x 128 numbers of 8 bytes.
    expect(bytes).toBe(90 * (5 * 4 + 1) + (options.priorities === undefined ? 0 : 2 * 128 * 8));
    expect(new TransitionReplay({ ...options, mostBytes: bytes }).bytes).toBe(bytes);
    expect(() => new TransitionReplay({ ...options, mostBytes: bytes - 1 })).toThrow(
      /replaySteps: expected at most 89/
    );
    expect(() => new TransitionReplay({ ...options, capacity: 14 })).toThrow(/agent.replaySteps: expected at least 15/);
    expect(() => drawn(new TransitionReplay(options), 4)).toThrow(/before a transition/);
    const other = new TransitionReplay({ ...options, capacity: 120 });
    expect(() => {
      other.loadRows(new TransitionReplay({ ...options, observation: 3 }).rows(undefined));
    }).toThrow(/replay.observations of what was experienced/);
  });
});

it('what surprised is drawn more often and weighs less; what is new is drawn first of all', () => {
  const replay = new TransitionReplay(prioritised);
  play(replay, usual, 20);
  const batch = replay.batch(4000);
  replay.sample(batch, new Random(seed(3)));
  const surprising = (b: number): boolean => origin(batch, b).e === 2 && origin(batch, b).t === 11;
  replay.reprioritise(
    batch.rows,
    Float32Array.from(batch.rows, (_, b) => (surprising(b) ? -8 : 0.1))
  );
  replay.sample(batch, new Random(seed(4)), 1);
  const hits = Array.from(batch.rows.keys()).filter(surprising);
  // 60 transitions: (8 / 0.1)^0.6 = 13.9 times as likely as each of the other 59.
  expect(hits.length / batch.size).toBeCloseTo(13.86 / (13.86 + 59), 2);
  const ordinary = Array.from(batch.rows.keys()).find((b) => !surprising(b))!;
  expect(batch.weights[ordinary]).toBe(1);
  expect(batch.weights[hits[0]!]).toBeCloseTo(1 / 13.86, 3);

  play(replay, usual, 1, 20);
  replay.sample(batch, new Random(seed(5)));
  const fresh = Array.from(batch.rows.keys()).filter((b) => origin(batch, b).t === 20).length;
  // Three new ones with the mass of the most surprising, 8^0.6, which is 13.86 of the others'.
  expect(fresh / batch.size).toBeCloseTo((3 * 13.86) / (4 * 13.86 + 59), 2);
});
