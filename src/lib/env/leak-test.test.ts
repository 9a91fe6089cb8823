/** The leak test finds every way in which an environment may show what has not happened yet. */
import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../tests/support/mini-tape.ts';
import { seconds } from '../core/units.ts';
import type { Tape } from '../market/tape.ts';
import { RowKind } from '../market/tape.ts';
import { leakTest } from './leak-test.ts';
import type { EnvSpec, VectorEnv } from './vector-env.ts';
import { slabBytes, stepBuffers } from './vector-env.ts';

const STEP_SECONDS = 2;
const STEPS = 20;

/** What an environment lets through of the future. */
type Leak =
  'the next price' | 'when the off comes' | 'a reward of what comes next' | 'the end in info' | 'an end too soon';

const spec: EnvSpec = {
  id: 'Tape reader',
  observation: { kind: 'box', size: 2, low: -Infinity, high: Infinity },
  action: { kind: 'discrete', n: 2 },
  rewardTerms: ['price'],
  info: ['sizes']
};

/** Sees the price traded last and the sum of all sizes so far; with a leak, more than that. */
function reader(tape: Tape, leak?: Leak | 'nothing at all'): VectorEnv {
  const buffers = stepBuffers(spec, 1, new ArrayBuffer(slabBytes(spec, 1)));
  let step = 0;
  const rowsUntil = (time: number): number => {
    const at = tape.exchange.findIndex((when) => when > time);
    return at < 0 ? tape.rows : at;
  };
  const lastPrice = (rows: number): number => {
    for (let row = rows - 1; row >= 0; row--) if (tape.kind[row] === RowKind.lastTraded) return tape.tick[row]!;
    return 0;
  };
  const off = tape.kind.indexOf(RowKind.inPlay);
  const see = (): void => {
    const now = seconds(step * STEP_SECONDS);
    const rows = leak === 'nothing at all' ? 0 : rowsUntil(now);
    const ahead = rowsUntil(now + seconds(STEP_SECONDS));
    const sizes = tape.lots.subarray(0, rows).reduce((sum, lots) => sum + lots, 0);
    buffers.observations[0] = lastPrice(leak === 'the next price' ? ahead : rows);
    buffers.observations[1] = leak === 'when the off comes' ? (tape.exchange[off]! - now) / 1e9 : step;
    buffers.rewards[0] = lastPrice(leak === 'a reward of what comes next' ? ahead : rows);
    buffers.rewardTerms[0] = buffers.rewards[0]!;
    buffers.info[0] = leak === 'the end in info' ? tape.exchange.at(-1)! : sizes;
    const ends = leak === 'an end too soon' && tape.lots[ahead - 1]! % 2 === 1;
    buffers.terminated[0] = ends ? 1 : 0;
  };
  return {
    spec,
    size: 1,
    buffers,
    reset: () => {
      step = 0;
      see();
    },
    step: () => {
      step++;
      see();
    },
    dispose: () => undefined
  };
}

const tapes = [1, 2, 3].map((seed) => miniTape({ seed }));
const test = (tape: Tape, leak?: Parameters<typeof reader>[1]) =>
  leakTest({
    make: (one) => reader(one, leak),
    tape,
    time: seconds(STEPS * STEP_SECONDS),
    steps: STEPS
  });

describe('leakTest', () => {
  it('finds nothing in an environment that sees what has happened and no more', () => {
    for (const tape of tapes) expect(test(tape)).toEqual({ firstLeak: undefined, futureDiffers: true });
  });

  it.each<Leak>([
    'the next price',
    'when the off comes',
    'a reward of what comes next',
    'the end in info',
    'an end too soon'
  ])('finds %s', (leak) => {
    const found = tapes.map((tape) => test(tape, leak).firstLeak);
    expect(found.some((one) => one !== undefined)).toBe(true);
    const steps = found.flatMap((one) => (one === undefined ? [] : [one.step]));
    // What an environment knows from the start shows at once; the next row only in the last step before the moment.
    const early = leak === 'when the off comes' || leak === 'the end in info';
    expect(steps.every((step) => (early ? step === 0 : step === STEPS))).toBe(true);
  });

  it('says when the scrambled part was never looked at, so that the test said nothing', () => {
    expect(test(tapes[0]!, 'nothing at all').futureDiffers).toBe(false);
  });

  it('leaves the tape that it was given as it was', () => {
    const tape = tapes[0]!;
    const before = [tape.exchange, tape.lots, tape.tick].map((column) => column.slice());
    test(tape);
    expect([tape.exchange, tape.lots, tape.tick]).toEqual(before);
  });
});
