/**
 * The leak test: whatever happens on a tape after a moment must not show in what an environment gave up to it. The
 * future is scrambled, the same actions are played, and observations, rewards and flags are compared number by number.
 */
import { Random } from '../core/random.ts';
import type { Nanos, Seed } from '../core/units.ts';
import type { Tape } from '../market/tape.ts';
import { RowKind } from '../market/tape.ts';
import { tapeFromWire, tapeToWire } from '../market/tape-wire.ts';
import { sampleActions } from './check-env.ts';
import type { VectorEnv } from './vector-env.ts';

/**
 * A copy whose rows after `time` say something else: sizes, prices and runners are drawn anew. Times, message
 * boundaries and the rows that end a market stay, or there would be no episode of the same length to compare.
 */
function scrambleAfter(tape: Tape, time: Nanos, seed: Seed): Tape {
  const wire = tapeToWire(tape);
  const copy = tapeFromWire({ ...wire, buffer: wire.buffer.slice(0) });
  const random = new Random(seed, 'scramble');
  const runners = copy.market.runners.length;
  const ladder = copy.market.rules.ladder.size;
  for (let row = 0; row < copy.rows; row++) {
    if (copy.exchange[row]! <= time) continue;
    const kind = copy.kind[row]!;
    if (kind !== RowKind.bid && kind !== RowKind.ask && kind !== RowKind.trade && kind !== RowKind.lastTraded) continue;
    copy.slot[row] = random.below(runners);
    copy.tick[row] = random.below(ladder);
    if (kind !== RowKind.lastTraded) copy.lots[row] = random.below(100_000);
  }
  return copy;
}

export interface LeakOptions {
  /** Plays one tape; called with the true one and with the scrambled one. A vector of one is enough. */
  readonly make: (tape: Tape) => VectorEnv;
  readonly tape: Tape;
  /** Everything after this moment is scrambled. */
  readonly time: Nanos;
  /** Steps whose results must be equal: those that end at or before `time`. */
  readonly steps: number;
  readonly seed?: Seed;
}

export interface LeakReport {
  /** The first step whose results differ; undefined when none does. */
  readonly firstLeak: { readonly step: number; readonly what: string } | undefined;
  /** Whether anything differs later: without it, the scrambled future was never looked at and the test says nothing. */
  readonly futureDiffers: boolean;
}

/** Compares `steps` steps up to the scrambled moment and as many again after it. */
export function leakTest({ make, tape, time, steps, seed = 1 as Seed }: LeakOptions): LeakReport {
  const truth = make(tape);
  const other = make(scrambleAfter(tape, time, seed));
  const random = new Random(seed, 'leak actions');
  truth.reset({ seed, schedule: 'once' });
  other.reset({ seed, schedule: 'once' });
  let firstLeak: LeakReport['firstLeak'];
  let futureDiffers = false;
  for (let step = 0; step <= steps * 2; step++) {
    const what = difference(truth, other);
    if (what !== undefined) {
      if (step <= steps) firstLeak ??= { step, what };
      else futureDiffers = true;
    }
    sampleActions(truth.spec.action, truth.buffers.actions, random);
    other.buffers.actions.set(truth.buffers.actions);
    truth.step();
    other.step();
  }
  truth.dispose();
  other.dispose();
  return { firstLeak, futureDiffers };
}

function difference(a: VectorEnv, b: VectorEnv): string | undefined {
  const names = ['observations', 'rewards', 'rewardTerms', 'terminated', 'truncated', 'info', 'episode'] as const;
  for (const name of names) {
    const from = a.buffers[name];
    const to = b.buffers[name];
    for (let k = 0; k < from.length; k++) if (!Object.is(from[k], to[k])) return `${name}[${String(k)}]`;
  }
  return undefined;
}
