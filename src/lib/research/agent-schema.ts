/** What a policy's inputs and outputs mean, as one hash: a checkpoint made for other ones is refused. */
import type { EnvConfig } from '../config/run-config.ts';
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { Json } from '../core/digest.ts';
import { envSpec } from '../env/make-env.ts';
import { observationNames } from '../env/market/au-pre-off.ts';

export function agentSchemaHash(config: EnvConfig): Promise<string> {
  const { id, observation, action } = envSpec(config);
  const columns = config.id === 'AUPreOffV7TradeCost' ? observationNames(config) : [];
  return sha256Hex(canonicalJson({ id, observation, action, columns } as unknown as Json));
}
