/** Classic control against trajectories of Gymnasium: every state and reward to the nine digits that are recorded. */
import { describe, expect, it } from 'vitest';
import { acrobotV1 } from '../../src/lib/env/classic/acrobot.ts';
import { cartPoleV1 } from '../../src/lib/env/classic/cart-pole.ts';
import type { Dynamics } from '../../src/lib/env/classic/dynamics.ts';
import { mountainCarContinuousV0 } from '../../src/lib/env/classic/mountain-car.ts';
import { pendulumV1 } from '../../src/lib/env/classic/pendulum.ts';
import { goldens, readGolden } from '../support/recordings.ts';

interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Outputs {
  readonly state: Tensor;
  readonly reward: Tensor;
  readonly terminated?: Tensor;
}
interface Entry {
  readonly inputs: { readonly start_state: Tensor; readonly actions: Tensor };
  readonly outputs: Outputs | { readonly float64: Outputs };
}

/** An entry belongs to the environment whose name it begins with, so that goldens with further entries are all used. */
const DYNAMICS: readonly (readonly [prefix: string, dynamics: Dynamics])[] = [
  ['pendulum', pendulumV1],
  ['cartpole', cartPoleV1],
  ['acrobot', acrobotV1],
  ['mountain_car_continuous', mountainCarContinuousV0]
];

/** The goldens hold nine significant digits: half a unit of the ninth, and 1e-9 for the arithmetic. */
function tolerance(expected: number): number {
  const magnitude = expected === 0 ? 0 : 10 ** Math.floor(Math.log10(Math.abs(expected)));
  return 0.5000001e-8 * magnitude + 1e-9;
}

describe.skipIf(!goldens.present)('classic control equals Gymnasium', () => {
  const golden = goldens.present
    ? (readGolden('rl-numerics.json') as { readonly entries: Readonly<Record<string, Entry>> })
    : { entries: {} };

  const cases = Object.entries(golden.entries).flatMap(([name, entry]) => {
    const found = DYNAMICS.find(([prefix]) => name === prefix || name.startsWith(`${prefix}_`));
    return found === undefined ? [] : [{ name, entry, dynamics: found[1] }];
  });

  it.each(DYNAMICS)('%s has a trajectory', (prefix) => {
    expect(cases.map(({ name }) => name).filter((name) => name.startsWith(prefix))).not.toEqual([]);
  });

  it.each(cases)('$name: every state, reward and termination', ({ entry: { inputs, outputs }, dynamics }) => {
    const expected = 'float64' in outputs ? outputs.float64 : outputs;
    const values = Float64Array.from(inputs.start_state.data);
    const discrete = dynamics.spec.action.kind === 'discrete';
    const rewards = new Float64Array(1);
    const terminated = new Uint8Array(1);
    const steps = expected.reward.data.length;
    expect(steps).toBeGreaterThan(0);
    for (let k = 0; k < steps; k++) {
      const action = inputs.actions.data[k]!;
      const actions = discrete ? Int32Array.of(action) : Float64Array.of(action);
      dynamics.step({ states: { n: 1, values }, actions, rewards, terminated });
      for (let j = 0; j < dynamics.stateSize; j++) {
        const want = expected.state.data[(k + 1) * dynamics.stateSize + j]!;
        expect(Math.abs(values[j]! - want), `step ${String(k)}, state ${String(j)}`).toBeLessThan(tolerance(want));
      }
      const want = expected.reward.data[k]!;
      expect(Math.abs(rewards[0]! - want), `step ${String(k)}, reward`).toBeLessThan(tolerance(want));
      expect(terminated[0], `step ${String(k)}, terminated`).toBe(expected.terminated?.data[k] ?? 0);
    }
  });
});
