/**
 * The leak test: whatever happens on a tape after a moment must not show in what an environment gave up to it. The
 * future is scrambled, the same actions are played, and everything that a step writes is compared number by number.
 */
import { Random } from '../core/random.ts';
import type { Nanos, Seed } from '../core/units.ts';
import type { Tape } from '../market/tape.ts';
import { Outcome, RowKind } from '../market/tape.ts';
import { tapeFromWire, tapeToWire } from '../market/tape-wire.ts';
import { sampleActions } from './check-play.ts';
import type { VectorEnv } from './vector-env.ts';

/** How much sooner or later things happen than they did: the time after the moment, times a number in between. */
const LEAST_STRETCH = 0.5;
const MOST_STRETCH = 2;

/**
 * A copy that says something else of everything after `time`: what happened to which runner, at which price, in which
 * size, who won, and when it all happened, the off included. Rows keep their kind, their order and their messages, so
 * that it stays a tape that can be played.
 */
function scrambleAfter(tape: Tape, time: Nanos, seed: Seed): Tape {
  const wire = tapeToWire(tape);
  const copy = tapeFromWire({ ...wire, buffer: wire.buffer.slice(0) });
  const random = new Random(seed, 'scramble');
  const stretch = LEAST_STRETCH + (MOST_STRETCH - LEAST_STRETCH) * random.uniform();
  for (const column of [copy.exchange, copy.received]) {
    for (let row = 0; row < copy.rows; row++) {
      const after = column[row]! - time;
      if (after > 0) column[row] = time + Math.ceil(after * stretch);
    }
  }
  for (let row = 0; row < copy.rows; row++) if (copy.exchange[row]! > time) scrambleRow(copy, row, random);
  return copy;
}

function scrambleRow(copy: Tape, row: number, random: Random): void {
  const { runners, rules } = copy.market;
  switch (copy.kind[row]!) {
    case RowKind.bid:
    case RowKind.ask:
    case RowKind.trade:
    case RowKind.freshTrade:
    case RowKind.buyTrade:
    case RowKind.sellTrade:
    case RowKind.tradedCorrection:
      copy.slot[row] = random.below(runners.length);
      copy.tick[row] = random.below(rules.ladder.size);
      copy.lots[row] = random.below(100_000);
      return;
    case RowKind.lastTraded:
      copy.slot[row] = random.below(runners.length);
      copy.tick[row] = random.below(rules.ladder.size);
      return;
    case RowKind.outcome:
      copy.lots[row] = random.below(2) === 0 ? Outcome.winner : Outcome.loser;
      return;
    case RowKind.removal:
    case RowKind.adjustmentFactor:
      copy.lots[row] = random.below(5000);
      return;
    case RowKind.startingPrice:
    case RowKind.markPrice:
      copy.lots[row]! *= 0.5 + random.uniform();
      return;
    case RowKind.scheduledStart:
      // Up to an hour later, in milliseconds.
      copy.lots[row]! += random.below(3_600_000);
  }
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
  const names = [
    'observations',
    'rewards',
    'rewardTerms',
    'terminated',
    'truncated',
    'info',
    'labels',
    'episode'
  ] as const;
  for (const name of names) {
    const from = a.buffers[name];
    const to = b.buffers[name];
    for (let k = 0; k < from.length; k++) if (!Object.is(from[k], to[k])) return `${name}[${String(k)}]`;
  }
  return undefined;
}
