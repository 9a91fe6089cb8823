/** What a policy's inputs and outputs mean, as one hash: a checkpoint made for other ones is refused. */
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import type { Json } from '../core/digest.ts';
import type { EnvSpec } from '../env/vector-env.ts';

export const agentSchemaHash = ({ id, observation, action }: EnvSpec): Promise<string> =>
  sha256Hex(canonicalJson({ id, observation, action } as unknown as Json));
