/** Figures of a set of ended episodes, by the column names of `MetricRow`: for the charts and for evaluations alike. */
import type { EnvSpec } from '../env/vector-env.ts';
import type { Summary } from './bootstrap.ts';
import type { EndedEpisode } from './episode-tally.ts';

export function summariseEpisodes(spec: EnvSpec, episodes: readonly EndedEpisode[]): Summary {
  const mean = (value: (episode: EndedEpisode) => number): number =>
    episodes.reduce((sum, episode) => sum + value(episode), 0) / episodes.length;
  return {
    return: mean((episode) => episode.return),
    episode_length: mean((episode) => episode.length),
    ...Object.fromEntries(
      spec.rewardTerms.map((name, k) => [`reward.${name}`, mean((episode) => episode.terms[k] ?? 0)])
    )
  };
}
