/**
 * The spaces and names of the pre-off task, on recorded markets and on those that answer: one agent plays both. What it
 * sees is laid out in `observation.ts`, what it does in `action.ts`.
 */
import type { MarketEnvConfig, SimulatedEnvConfig } from '../../config/run-config.ts';
import type { EnvSpec } from '../vector-env.ts';
import { ACTIONS_PER_SLOT } from './action.ts';
import { episodeInfo } from './metrics.ts';
import { OBSERVATION_LIMIT, observationSize } from './observation.ts';
import { REWARD_TERMS } from './reward.ts';

/** observation [slots x SLOT_WIDTH + market and account columns], action [slots x ACTIONS_PER_SLOT] in -1 to 1. */
export function preOffSpec(config: MarketEnvConfig | SimulatedEnvConfig): EnvSpec {
  return {
    id: config.id,
    observation: {
      kind: 'box',
      size: observationSize(config.slots),
      low: -OBSERVATION_LIMIT,
      high: OBSERVATION_LIMIT
    },
    action: { kind: 'box', size: config.slots * ACTIONS_PER_SLOT, low: -1, high: 1 },
    rewardTerms: REWARD_TERMS,
    info: episodeInfo(config)
  };
}
