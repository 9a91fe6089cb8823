/**
 * What identifies a configuration: SHA-256 over its canonical JSON. The name is a label and does not enter; nor does a
 * field that came after the first runs were hashed, while it says what was the case before it came.
 */
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { DataConfig, MarketEnvConfig, RunConfig } from './run-config.ts';

/** Fields of the market environment that came later, and what each says that was so before. Never change a value. */
const CAME_LATER: Partial<MarketEnvConfig> = {
  latencyModel: 'constant',
  latencySpread: 0.5,
  feedLatencyMillis: 0,
  placeLatencySamples: '',
  cancelLatencySamples: '',
  feedLatencySamples: '',
  slippagePercent: 0,
  curriculumSteps: 0
};

/** The same of the data. */
const DATA_CAME_LATER: Partial<DataConfig> = { split: 'byMarket', folds: 1, fold: 1, strata: 'none' };

/** The same of agents. */
const AGENT_CAME_LATER = { auxPrice: 0, auxVolume: 0, auxFill: 0, auxSteps: 6 };
/** And of those that learn from a replay; PPO and A2C have had it from the first. */
const REPLAY_CAME_LATER = { ...AGENT_CAME_LATER, normalise: 'none' };
/** And of soft actor-critics; DQN has had them from the first. */
const SOFT_CAME_LATER = { ...REPLAY_CAME_LATER, nStep: 1, sampling: 'uniform' };

/** The same of training. */
const TRAINING_CAME_LATER: Partial<RunConfig['training']> = { replayMegabytes: 2048 };

function cameLater(agent: RunConfig['agent']): object {
  if ('rolloutSteps' in agent) return AGENT_CAME_LATER;
  return 'temperatureLearningRate' in agent ? SOFT_CAME_LATER : REPLAY_CAME_LATER;
}

const saysMore =
  (later: object) =>
  ([key, value]: readonly [string, unknown]): boolean => {
    const before = new Map<string, unknown>(Object.entries(later));
    return !(before.has(key) && before.get(key) === value);
  };

/** @returns 64 hex digits; equal for equal settings, whatever the order of keys or the preset's name */
export async function hashConfig(config: RunConfig): Promise<string> {
  const { name: _name, ...settings } = config;
  const data = Object.fromEntries(Object.entries(settings.data).filter(saysMore(DATA_CAME_LATER)));
  const env = Object.fromEntries(Object.entries(settings.env).filter(saysMore(CAME_LATER)));
  const agent = Object.fromEntries(Object.entries(settings.agent).filter(saysMore(cameLater(settings.agent))));
  const training = Object.fromEntries(Object.entries(settings.training).filter(saysMore(TRAINING_CAME_LATER)));
  return sha256Hex(canonicalJson({ ...settings, data, env, agent, training }));
}

/** The first 12 digits: what is shown. */
export const shortHash = (hash: string): string => hash.slice(0, 12);
