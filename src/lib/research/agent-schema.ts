/** What a policy's inputs and outputs mean, as one hash: a checkpoint made for other ones is refused. */
import { tradesMarkets } from '../config/market-tasks.ts';
import type { EnvConfig } from '../config/run-config.ts';
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { Json } from '../core/digest.ts';
import { envSpec } from '../env/make-env.ts';
import { ACTION_VERSION } from '../env/market/action.ts';
import { observationNames } from '../env/market/au-pre-off.ts';
import { FEATURE_HASH } from '../env/market/market-columns.ts';

export function agentSchemaHash(config: EnvConfig): Promise<string> {
  const { id, observation, action } = envSpec(config);
  const market = tradesMarkets(config);
  const columns = market ? [FEATURE_HASH, ...observationNames(config), `actions ${String(ACTION_VERSION)}`] : [];
  return sha256Hex(canonicalJson({ id, observation, action, columns } as unknown as Json));
}
