/** What is told of a row a horizon later comes to that row, whatever has been written between and however it was kept. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { sequenceBatch, windowRows } from './sequence-batch.ts';
import type { BatchShape } from './sequence-batch.ts';
import { SequenceReplay } from './sequence-replay.ts';

const environments = 2;
const shapeOf = (steps: number): BatchShape => ({
  burnIn: 2,
  sequence: 4,
  batch: 8,
  observation: 2,
  action: 1,
  state: 0,
  forecast: { steps, kinds: ['price', 'fill'] }
});
const make = (steps: number): SequenceReplay =>
  new SequenceReplay({ shape: shapeOf(steps), environments, capacity: 90 });
const lengthOf = (e: number): number => 6 + 5 * e;
/** No answer for every third step, in one column. */
const blank = (t: number): boolean => t % 3 === 0;

/** Steps of episodes of 6 and 11 steps; the label of step t of environment e is 1000 e + t, and t alone in a second column. */
function play(replay: SequenceReplay, steps: number, { from, horizon }: { from: number; horizon: number }): void {
  const each = <T>(value: (e: number) => T): T[] => Array.from({ length: environments }, (_, e) => value(e));
  for (let t = from; t < from + steps; t++) {
    const ends = each((e) => (t + 1) % lengthOf(e) === 0);
    replay.add({
      observations: Float32Array.from(each((e) => [e, t]).flat()),
      actions: new Float32Array(environments),
      rewards: new Float32Array(environments),
      nextObservations: Float32Array.from(each((e) => [e, t + 0.5]).flat()),
      terminated: Uint8Array.from(each((e) => (ends[e] === true && e === 0 ? 1 : 0))),
      truncated: Uint8Array.from(each((e) => (ends[e] === true && e === 1 ? 1 : 0))),
      starts: Uint8Array.from(each((e) => (t % lengthOf(e) === 0 ? 1 : 0))),
      state: new Float32Array(0),
      labels: Float32Array.from(
        each((e) => {
          const of = t - horizon + 1;
          if (t % lengthOf(e) < horizon - 1) return [Number.NaN, Number.NaN];
          return [blank(of) ? Number.NaN : 1000 * e + of, of];
        }).flat()
      )
    });
  }
}

function rowsOf(replay: SequenceReplay, horizon: number, draw: number) {
  const shape = shapeOf(horizon);
  const into = sequenceBatch(shape);
  replay.sample(into, new Random(seed(draw)));
  return Array.from({ length: windowRows(shape) * shape.batch }, (_, row) => ({
    e: into.inputs[row * 4]!,
    t: into.inputs[row * 4 + 1]!,
    valid: into.valid[row]!,
    labels: [...into.labels.subarray(2 * row, 2 * row + 2)],
    labelled: [...into.labelled.subarray(2 * row, 2 * row + 2)]
  }));
}

describe.each([1, 3, 9])('labels told %i steps on', (horizon) => {
  it('come to the step they are of, and to no other', () => {
    const replay = make(horizon);
    const written = 300;
    play(replay, written, { from: 0, horizon });
    let told = 0;
    let none = 0;
    for (let draw = 0; draw < 60; draw++) {
      for (const { e, t, valid, labels, labelled } of rowsOf(replay, horizon, draw)) {
        const last = t + horizon - 1;
        const known = valid === 1 && last < written && Math.floor(last / lengthOf(e)) === Math.floor(t / lengthOf(e));
        expect(labelled).toEqual(known ? [blank(t) ? 0 : 1, 1] : [0, 0]);
        expect(labels).toEqual(known ? [blank(t) ? 0 : 1000 * e + t, t] : [0, 0]);
        if (known) told++;
        else none++;
      }
    }
    // An episode of 6 steps has no step of which anything is told 9 steps on; one of 11 has three.
    expect(told).toBeGreaterThan(100);
    expect(none).toBeGreaterThan(100);
  });

  it('are kept with the rows, and told on where they go on', () => {
    const replay = make(horizon);
    const copy = make(horizon);
    play(replay, 75, { from: 0, horizon });
    copy.loadRows(replay.rows(undefined));
    const position = replay.position();
    play(replay, 6, { from: 75, horizon });
    copy.loadRows(replay.rows(position));
    copy.loadState(replay.state());
    for (const one of [replay, copy]) play(one, 20, { from: 81, horizon });
    expect(rowsOf(copy, horizon, 4)).toEqual(rowsOf(replay, horizon, 4));
  });
});

it('asks for labels where there is something to forecast, and holds the room for them', () => {
  const replay = make(2);
  const without = new SequenceReplay({ shape: { ...shapeOf(2), forecast: undefined }, environments, capacity: 90 });
  expect(replay.bytes - without.bytes).toBe(90 * 2 * 4);
  expect([...without.rows(undefined).keys()]).not.toContain('replay.labels');
  const none = new Float32Array(environments);
  const flags = new Uint8Array(environments);
  const step = {
    observations: new Float32Array(4),
    actions: none,
    rewards: none,
    nextObservations: new Float32Array(4)
  };
  const add = (): void => {
    replay.add({ ...step, terminated: flags, truncated: flags, starts: flags, state: new Float32Array(0) });
  };
  expect(add).toThrow('expected 4 labels');
});
