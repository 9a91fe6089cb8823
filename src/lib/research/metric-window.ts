/** Gathers what happened since the last point on the charts, and makes the point: one `MetricRow`. */
import { summariseEpisodes } from './episode-figures.ts';
import type { EndedEpisode } from './episode-tally.ts';
import type { EnvSpec } from '../env/vector-env.ts';
import type { MetricRow } from './types.ts';

export interface RunProgress {
  readonly updates: number;
  readonly environmentSteps: number;
  /** Time spent training, without pauses and evaluations, over all parts of a resumed run. */
  readonly wallSeconds: number;
}

export class MetricWindow {
  readonly #spec: EnvSpec;
  #since: RunProgress;
  #episodes: EndedEpisode[] = [];
  #losses = new Map<string, { sum: number; count: number }>();

  constructor(spec: EnvSpec, since: RunProgress) {
    this.#spec = spec;
    this.#since = since;
  }

  episodes(ended: readonly EndedEpisode[]): void {
    this.#episodes.push(...ended);
  }

  losses(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const held = this.#losses.get(name) ?? { sum: 0, count: 0 };
      this.#losses.set(name, { sum: held.sum + value, count: held.count + 1 });
    }
  }

  /** Whether there is anything that the next row is to tell of. */
  get pending(): boolean {
    return this.#episodes.length > 0 || this.#losses.size > 0;
  }

  secondsSince(progress: RunProgress): number {
    return progress.wallSeconds - this.#since.wallSeconds;
  }

  /** The row up to `progress`, and begins the next. */
  take(progress: RunProgress): MetricRow {
    const seconds = this.secondsSince(progress);
    const rate = (count: number): number => (seconds > 0 ? count / seconds : 0);
    const row: Record<string, number> = {
      updates: progress.updates,
      environment_steps: progress.environmentSteps,
      wall_seconds: progress.wallSeconds,
      updates_per_second: rate(progress.updates - this.#since.updates),
      environment_steps_per_second: rate(progress.environmentSteps - this.#since.environmentSteps),
      ...Object.fromEntries([...this.#losses].map(([name, { sum, count }]) => [name, sum / count])),
      ...(this.#episodes.length === 0 ? {} : summariseEpisodes(this.#spec, this.#episodes))
    };
    this.#since = progress;
    this.#episodes = [];
    this.#losses = new Map();
    return row;
  }
}
