/** Figures of a set of ended episodes, by the column names of `MetricRow`: for the charts and for evaluations alike. */
import { EPISODE_INFO, REALISM, episodeMetrics } from '../env/market/metrics.ts';
import type { Episode } from '../env/market/metrics.ts';
import type { EnvSpec } from '../env/vector-env.ts';
import type { Summary } from './bootstrap.ts';
import type { EndedEpisode } from './episode-tally.ts';

export function summariseEpisodes(spec: EnvSpec, episodes: readonly EndedEpisode[]): Summary {
  const mean = (value: (episode: EndedEpisode) => number): number =>
    episodes.reduce((sum, episode) => sum + value(episode), 0) / episodes.length;
  const terms = spec.rewardTerms.length < 2 ? [] : spec.rewardTerms;
  return {
    return: mean((episode) => episode.return),
    episode_length: mean((episode) => episode.length),
    ...(isMarket(spec) ? episodeMetrics(episodes.map(({ info }) => named(spec, info))) : {}),
    ...(spec.info.includes(REALISM) ? { [REALISM]: mean(({ info }) => info[spec.info.indexOf(REALISM)] ?? 1) } : {}),
    ...Object.fromEntries(terms.map((name, k) => [`reward.${name}`, mean((episode) => episode.terms[k] ?? 0)]))
  };
}

/** What is kept of an episode in a report: its result first, then the environment's own columns. */
export const episodeColumns = (spec: EnvSpec): readonly string[] => ['return', 'length', ...ownColumns(spec)];

export function episodeValues(spec: EnvSpec, { return: result, length, info }: EndedEpisode): number[] {
  return [result, length, ...ownColumns(spec).map((name) => info[spec.info.indexOf(name)] ?? Number.NaN)];
}

const ownColumns = (spec: EnvSpec): readonly string[] =>
  spec.info.filter((name) => name !== 'return' && name !== 'length');

const isMarket = (spec: EnvSpec): boolean => EPISODE_INFO.every((name) => spec.info.includes(name));

const named = (spec: EnvSpec, info: readonly number[]): Episode =>
  Object.fromEntries(EPISODE_INFO.map((name) => [name, info[spec.info.indexOf(name)]])) as Episode;
