/**
 * Observations at mean 0 and spread 1, by what has been seen while exploring. A replay keeps them as they came: they are
 * scaled when they are drawn, so that all of an update has the statistics of one moment, the latest. Knows no network.
 */
import { AppError } from '../core/errors.ts';
import type { Checkpoint } from './agent.ts';
import { RunningStats } from './running-stats.ts';

/** What scaled observations are cut to. */
export const NORMAL_LIMIT = 10;
/** Keeps the spread of what never changes from being nothing. */
const EPSILON = 1e-8;

type Saved = ReturnType<RunningStats['save']>;

export class ObservationScale {
  readonly #stats: RunningStats;

  /** @param observation numbers of one observation */
  constructor(observation: number) {
    this.#stats = new RunningStats(observation);
  }

  /** Takes in what environments showed. @param observations [n, observation] */
  see(observations: Float32Array): void {
    this.#stats.update(observations);
  }

  /** @param observations [n, observation] @returns the same scaled, in an array of its own */
  scaled(observations: Float32Array): Float32Array {
    const into = observations.slice();
    this.scale(into, this.#stats.width);
    return into;
  }

  /** Scales in place. @param rows [n, width], of which the first numbers are an observation */
  scale(rows: Float32Array, width: number): void {
    const { width: observation, mean, variance } = this.#stats;
    const inverse = variance.map((each) => 1 / Math.sqrt(each + EPSILON));
    for (let from = 0; from < rows.length; from += width) {
      for (let i = 0; i < observation; i++) {
        const x = (rows[from + i]! - mean[i]!) * inverse[i]!;
        rows[from + i] = Math.min(NORMAL_LIMIT, Math.max(-NORMAL_LIMIT, x));
      }
    }
  }

  save(): Saved {
    return this.#stats.save();
  }

  load(saved: Saved): void {
    this.#stats.load(saved);
  }
}

/** For a checkpoint's `state`; nothing where observations are taken as they come. */
export const savedScale = (scale: ObservationScale | undefined): { readonly seen?: Saved } =>
  scale === undefined ? {} : { seen: scale.save() };

/**
 * Statistics in a checkpoint, for `load`: apart, so that a checkpoint is known to fit before anything changes.
 * @param own what they are for; undefined where none are kept
 * @param width numbers of which they are
 * @param key under which they stand: what was seen, or what it scored
 * @throws AppError `data.drift` where one side has statistics and the other has none, or of other numbers
 */
export function requireStats(
  own: object | undefined,
  { state }: Checkpoint['meta'],
  width: number,
  key: 'seen' | 'scored' = 'seen'
): Saved | undefined {
  const saved = state[key] as Saved | undefined;
  const [wanted, got] = [own === undefined ? 0 : width, saved?.mean.length ?? 0];
  if (wanted === got) return saved;
  const columns = (count: number): string => (count === 0 ? 'none' : `of ${String(count)} numbers`);
  throw new AppError('data.drift', {
    subject: `checkpoint's statistics of ${key === 'seen' ? 'observations' : 'rewards'}`,
    expected: columns(wanted),
    got: columns(got),
    remedy: 'set agent.normalise to what it was trained with, or train anew'
  });
}
