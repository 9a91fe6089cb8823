/** Sizes of what an agent sees and does under a configuration. */
import type { RunConfig } from '$lib/config/run-config.ts';
import { actionSize } from '$lib/core/spaces.ts';
import { envSpec } from '$lib/env/make-env.ts';
import type { Spaces } from './estimate.ts';

export function spacesOf(config: RunConfig): Spaces {
  const spec = envSpec(config.env);
  return { observation: spec.observation.size, action: actionSize(spec.action) };
}
