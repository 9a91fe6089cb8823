/** Sizes of what an agent sees and does under a configuration. */
import type { RunConfig } from '$lib/config/run-config.ts';
import { actionSize } from '$lib/core/spaces.ts';
import type { ActionSpace } from '$lib/core/spaces.ts';
import { envSpec } from '$lib/env/make-env.ts';
import type { Spaces } from './estimate.ts';

export function spacesOf(config: RunConfig): Spaces {
  const spec = envSpec(config.env);
  const { observation, action } = spec;
  return { observation: observation.size, action: actionSize(action), choices: choicesOf(action) };
}

function choicesOf(action: ActionSpace): number {
  switch (action.kind) {
    case 'box':
      return 0;
    case 'discrete':
      return action.n;
    case 'multiDiscrete':
      return action.n.reduce((sum, n) => sum + n, 0);
  }
}
