/** From a configuration to an agent: the one place that knows every algorithm by name. */
import type { AgentConfig } from '../config/agent-config.ts';
import type { Seed } from '../core/units.ts';
import type { Agent, AgentSpaces } from './agent.ts';
import { PolicyAgent } from './policy-agent.ts';
import { QAgent } from './q-agent.ts';
import { SoftAgent } from './soft-agent.ts';
import { Td3Agent } from './td3-agent.ts';

export interface MakeAgentOptions {
  readonly config: AgentConfig;
  readonly spaces: AgentSpaces;
  readonly seed: Seed;
  readonly schemaHash: string;
  /** Updates between read-backs of the losses. */
  readonly reportEvery: number;
  /** Updates of the whole run: what annealing runs over. */
  readonly totalUpdates: number;
  /** Of a replay; without a limit when left out. */
  readonly mostReplayBytes?: number;
}

/** A device must have been chosen (compute/device): the agent's weights are made on it. */
export function makeAgent(options: MakeAgentOptions): Agent {
  const { config, ...rest } = options;
  if ('rolloutSteps' in config) return new PolicyAgent({ ...rest, config });
  if ('targetSteps' in config) return new QAgent({ ...rest, config });
  return 'policyDelay' in config ? new Td3Agent({ ...rest, config }) : new SoftAgent({ ...rest, config });
}
