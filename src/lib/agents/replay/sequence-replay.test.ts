import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import type { Position } from '../experience.ts';
import { inputWidth, sequenceBatch, symlog, windowRows } from './sequence-batch.ts';
import type { BatchShape } from './sequence-batch.ts';
import { SequenceReplay } from './sequence-replay.ts';

const shape: BatchShape = { burnIn: 2, sequence: 4, batch: 8, observation: 2, action: 1, state: 3 };
const environments = 3;
const capacity = 180;

/**
 * Streams whose every number says where it comes from: observation (environment, step), action step / 1000, reward
 * step, state step. Episodes last `length` steps, differently in each environment.
 */
function play(replay: SequenceReplay, steps: number, from = 0): void {
  for (let t = from; t < from + steps; t++) {
    const at = Array.from({ length: environments }, (_, e) => ({ e, t, length: 5 + 3 * e }));
    const ends = at.map(({ length }) => (t + 1) % length === 0);
    replay.add({
      observations: Float32Array.from(at.flatMap(({ e }) => [e, t])),
      actions: Float32Array.from(at, () => t / 1000),
      rewards: Float32Array.from(at, () => t),
      nextObservations: Float32Array.from(at.flatMap(({ e }) => [e, t + 0.5])),
      terminated: Uint8Array.from(at, ({ e }, i) => (ends[i] === true && e === 1 ? 1 : 0)),
      truncated: Uint8Array.from(at, ({ e }, i) => (ends[i] === true && e !== 1 ? 1 : 0)),
      starts: Uint8Array.from(at, ({ length }) => (t % length === 0 ? 1 : 0)),
      state: Float32Array.from(at.flatMap(() => [t, t, t]))
    });
  }
}

function sampled(replay: SequenceReplay, drawSeed: number) {
  const into = sequenceBatch(shape);
  replay.sample(into, new Random(seed(drawSeed)));
  const width = inputWidth(shape.observation, shape.action);
  const rows = windowRows(shape);
  const at = (w: number, b: number) => {
    const row = w * shape.batch + b;
    const input = into.inputs.subarray(row * width, (row + 1) * width);
    return {
      environment: input[0]!,
      time: input[1]!,
      previousAction: input[2]!,
      previousReward: input[3]!,
      action: into.actions[row]!,
      reward: into.rewards[row]!,
      terminated: into.terminated[row]!,
      valid: into.valid[row]!,
      starts: into.starts[row]!
    };
  };
  return {
    state: (b: number) => into.state[b * shape.state]!,
    windows: Array.from({ length: shape.batch }, (_, b) => Array.from({ length: rows }, (_row, w) => at(w, b)))
  };
}

describe('a replay of sequences', () => {
  const make = (): SequenceReplay => new SequenceReplay({ shape, environments, capacity });

  it('gives windows that follow one environment step by step, past the end of an episode too', () => {
    const replay = make();
    play(replay, 400);
    let endings = 0;
    for (let draw = 0; draw < 40; draw++) {
      for (const window of sampled(replay, draw).windows) {
        window.forEach((row, w) => {
          const before = window[w - 1];
          if (before === undefined) return;
          expect(row.environment).toBe(before.environment);
          const length = 5 + 3 * row.environment;
          if (before.valid === 1 && (before.time + 1) % length === 0) {
            // The last look: seen after the step, no transition, and it remembers what led to it.
            endings++;
            expect(row.valid).toBe(0);
            expect(row.time).toBe(before.time + 0.5);
            expect(before.terminated).toBe(row.environment === 1 ? 1 : 0);
            expect(row.previousAction).toBe(before.action);
            expect(row.previousReward).toBeCloseTo(symlog(before.reward), 5);
          } else if (before.valid === 0) {
            expect(row.starts).toBe(1);
            expect(row.time).toBe(before.time + 0.5);
            expect(row.previousAction).toBe(0);
            expect(row.previousReward).toBe(0);
          } else {
            expect(row.time).toBe(before.time + 1);
            expect(row.starts).toBe(0);
            expect(before.terminated).toBe(0);
            expect(row.previousAction).toBe(before.action);
            expect(row.previousReward).toBeCloseTo(symlog(before.reward), 5);
          }
          expect(row.reward).toBe(row.valid === 1 ? row.time : 0);
        });
      }
    }
    expect(endings).toBeGreaterThan(50);
  });

  it('knows the step before a window, and the state the agent was in', () => {
    const replay = make();
    play(replay, 400);
    for (let draw = 0; draw < 40; draw++) {
      const { windows, state } = sampled(replay, draw);
      windows.forEach(([first], b) => {
        if (first === undefined || first.valid === 0) return;
        expect(state(b)).toBe(first.time);
        if (first.starts === 0) expect(first.previousAction).toBeCloseTo((first.time - 1) / 1000, 6);
      });
    }
  });

  it('knows nothing of before a stream that begins within an episode', () => {
    const replay = make();
    play(replay, 40, 2);
    let begins = 0;
    for (let draw = 0; draw < 200; draw++) {
      const { windows } = sampled(replay, draw);
      for (const [first] of windows) {
        if (first?.time !== 2) continue;
        begins++;
        expect([first.starts, first.previousAction, first.previousReward]).toEqual([0, 0, 0]);
      }
    }
    expect(begins).toBeGreaterThan(10);
  });

  it('forgets the oldest and reaches every whole window that is left', () => {
    const replay = make();
    play(replay, 400);
    const times = new Set<number>();
    for (let draw = 0; draw < 400; draw++) {
      for (const window of sampled(replay, draw).windows) {
        for (const row of window) {
          if (row.environment === 2 && row.valid === 1) times.add(row.time);
        }
      }
    }
    // 60 rows an environment; about one in 12 of environment 2's is a last look.
    expect(Math.min(...times)).toBeGreaterThanOrEqual(400 - 60);
    expect(Math.max(...times)).toBe(399);
    expect(times.size).toBeGreaterThan(48);
  });

  it('draws the same windows for the same stream of draws', () => {
    const replay = make();
    play(replay, 300);
    expect(sampled(replay, 7).windows).toEqual(sampled(replay, 7).windows);
    expect(sampled(replay, 7).windows).not.toEqual(sampled(replay, 8).windows);
  });

  it('takes its memory at the start and no more', () => {
    const replay = make();
    const { bytes } = replay;
    play(replay, 500);
    expect(replay.bytes).toBe(bytes);
    // A row: 2 observations, 1 action, 1 reward of 4 bytes, 1 byte of flags, and 3 numbers of state.
    expect(bytes).toBe(capacity * (4 * 4 + 1 + 3 * 4));
  });

  it('goes on from what was saved as if nothing had happened', () => {
    const replay = make();
    play(replay, 333);
    const copy = make();
    copy.loadRows(replay.rows(undefined));
    copy.loadState(replay.state());
    expect(sampled(copy, 1).windows).toEqual(sampled(replay, 1).windows);
    play(replay, 50, 333);
    play(copy, 50, 333);
    expect(sampled(copy, 2).windows).toEqual(sampled(replay, 2).windows);
    expect(copy.transitions).toBe(383 * environments);
  });

  it('is put together again from what was new each time, and says when a part is needed no more', () => {
    const replay = make();
    const copy = make();
    let from: Position | undefined;
    const untils: Position[] = [];
    // Rings of 60 rows: a part that goes round the end, one larger than a ring, and one of nothing.
    for (const [steps, before] of [
      [50, 0],
      [20, 50],
      [0, 70],
      [200, 70],
      [31, 270]
    ] as const) {
      play(replay, steps, before);
      const rows = replay.rows(from);
      from = replay.position();
      untils.push(from);
      expect(copy.loadRows(rows)).toEqual(from);
    }
    copy.loadState(replay.state());
    expect(copy.rows(undefined)).toEqual(replay.rows(undefined));
    expect(copy.state()).toEqual(replay.state());
    for (const seeded of [1, 2, 3]) expect(sampled(copy, seeded).windows).toEqual(sampled(replay, seeded).windows);
    expect(untils.map((until) => replay.outlived(until))).toEqual([true, true, true, false, false]);
  });

  it('refuses rows of another configuration', () => {
    const replay = make();
    play(replay, 30);
    const wider = new SequenceReplay({ shape: { ...shape, observation: 3 }, environments, capacity });
    expect(() => wider.loadRows(replay.rows(undefined))).toThrow(/replay.observations of what was experienced/);
    const fewer = new SequenceReplay({ shape, environments: 2, capacity });
    expect(() => {
      fewer.loadState(replay.state());
    }).toThrow(/replay.written of what was experienced/);
  });

  it('is refused, with what would fit, where it would take more memory than it may', () => {
    const { bytes } = make();
    expect(new SequenceReplay({ shape, environments, capacity, mostBytes: bytes }).bytes).toBe(bytes);
    expect(() => new SequenceReplay({ shape, environments, capacity, mostBytes: bytes / 2 })).toThrow(
      /agent.replaySteps: expected at most 90, .* got 180, .*replayMegabytes/
    );
  });

  it('has no window before one is whole, and says what is too small', () => {
    const replay = make();
    play(replay, 6);
    expect(replay.windows).toBeGreaterThanOrEqual(0);
    const fresh = make();
    expect(fresh.windows).toBe(0);
    expect(() => {
      fresh.sample(sequenceBatch(shape), new Random(seed(0)));
    }).toThrow(/before a whole window/);
    expect(() => new SequenceReplay({ shape, environments, capacity: 12 })).toThrow(/agent.replaySteps: expected/);
  });
});
