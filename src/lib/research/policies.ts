/** The policies that an agent has to beat. */
import type { EnvConfig } from '../config/run-config.ts';
import { Random } from '../core/random.ts';
import type { Seed } from '../core/units.ts';
import type { EnvSpec } from '../env/vector-env.ts';
import type { Policy } from './evaluate.ts';

/** Action 0: no torque, no order. */
export const doNothing: Policy = {
  name: 'do nothing',
  begin: () => undefined,
  act: ({ actions }) => {
    actions.fill(0);
  }
};

/** Uniform over the action space; the same draws each time it is played. */
export function randomPolicy(spec: EnvSpec, seed: Seed): Policy {
  let random = new Random(seed, 'random policy');
  const { action } = spec;
  return {
    name: 'random',
    begin: () => {
      random = new Random(seed, 'random policy');
    },
    act: ({ actions }) => {
      for (let i = 0; i < actions.length; i++) {
        switch (action.kind) {
          case 'box':
            actions[i] = action.low + (action.high - action.low) * random.uniform();
            break;
          case 'discrete':
            actions[i] = random.below(action.n);
            break;
          case 'multiDiscrete':
            actions[i] = random.below(action.n[i % action.n.length]!);
            break;
        }
      }
    }
  };
}

export function baselinePolicies(_config: EnvConfig, spec: EnvSpec, seed: Seed): readonly Policy[] {
  return [doNothing, randomPolicy(spec, seed)];
}
