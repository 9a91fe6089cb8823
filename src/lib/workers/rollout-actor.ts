/** The agent of a run as a policy that plays: from its configuration and its last checkpoint, on the CPU path. */
import { decodeCheckpoint } from '../agents/checkpoint.ts';
import { makeAgent } from '../agents/make-agent.ts';
import { chooseDevice } from '../compute/device.ts';
import type { MarketEnvConfig, RunConfig } from '../config/run-config.ts';
import { seed } from '../core/units.ts';
import { envSpec } from '../env/make-env.ts';
import { agentSchemaHash } from '../research/agent-schema.ts';
import type { Policy } from '../research/evaluate.ts';
import type { StoredCheckpoint } from './data-api.ts';

export interface OpenActor {
  readonly policy: Policy;
  readonly updates: number;
  dispose(): void;
}

/** @throws data.drift when the checkpoint is of other features, another environment or agent */
export async function openActor(options: {
  readonly config: RunConfig;
  readonly env: MarketEnvConfig;
  readonly stored: StoredCheckpoint;
  readonly mode: 'greedy' | 'explore';
}): Promise<OpenActor> {
  const { config, env, stored, mode } = options;
  const device = await chooseDevice('wasm');
  try {
    const spec = envSpec(env);
    const agent = makeAgent({
      config: config.agent,
      // As many as it was trained on: its checkpoint holds what it remembers of each.
      spaces: { observation: spec.observation, action: spec.action, environments: env.environments },
      seed: seed(config.seed),
      schemaHash: await agentSchemaHash(env),
      reportEvery: config.training.reportEvery,
      totalUpdates: config.training.updates
    });
    const checkpoint = decodeCheckpoint(stored);
    await agent.load(checkpoint);
    return {
      policy: {
        name: 'agent',
        begin: () => undefined,
        act: ({ observations, actions, starts, previousRewards }) =>
          agent.act(observations, actions, mode, starts, previousRewards)
      },
      updates: checkpoint.meta.updates,
      dispose: () => {
        agent.dispose();
        device.dispose();
      }
    };
  } catch (thrown) {
    device.dispose();
    throw thrown;
  }
}
