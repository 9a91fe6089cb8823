/**
 * Policies that learn nothing, to hold an agent against: do nothing, act at random, and one fixed rule that a trader
 * would try first. They see the observations an agent sees, and repeat exactly from their seed.
 */
import { tradesMarkets } from '../config/market-tasks.ts';
import type { EnvConfig, MarketEnvConfig, SimulatedEnvConfig } from '../config/run-config.ts';
import { Random } from '../core/random.ts';
import { actionSize } from '../core/spaces.ts';
import type { Seed } from '../core/units.ts';
import { envSpec } from './make-env.ts';
import { ACTIONS_PER_SLOT, STAKE_DEAD_ZONE } from './market/action.ts';
import { observationNames } from './market/au-pre-off.ts';
import type { EnvSpec } from './vector-env.ts';

/** Chooses [n, action] for [n, obs]; how many environments there are, the arrays say. */
export interface Policy {
  readonly name: string;
  /** Back to the start, its random stream included. */
  begin(): void;
  act(step: { readonly observations: Float32Array; readonly actions: Float32Array | Int32Array }): void;
}

/** The action nearest to none: 0, or the middle of a box that does not hold 0, or the first choice. */
function doNothing(spec: EnvSpec): Policy {
  const { action } = spec;
  const idle = action.kind === 'box' && (action.low > 0 || action.high < 0) ? (action.low + action.high) / 2 : 0;
  return {
    name: 'do nothing',
    begin: () => undefined,
    act: ({ actions }) => {
      actions.fill(idle);
    }
  };
}

/** Uniform over the action space. */
export function randomPolicy(spec: EnvSpec, seed: Seed): Policy {
  const { action } = spec;
  let random = new Random(seed, 'random policy');
  return {
    name: 'random',
    begin: () => {
      random = new Random(seed, 'random policy');
    },
    act: ({ actions }) => {
      const width = actionSize(action);
      for (let k = 0; k < actions.length; k++) {
        if (action.kind === 'box') actions[k] = action.low + (action.high - action.low) * random.uniform();
        else actions[k] = random.below(action.kind === 'discrete' ? action.n : (action.n[k % width] ?? 1));
      }
    }
  };
}

/** Close at a loss of so many stake caps; and be flat so long before the scheduled start. */
const STOP_LOSS_CAPS = 0.1;
const FLAT_MINUTES = 1;
/** Half way from the minimum stake to the cap. */
const HALF_STAKE = STAKE_DEAD_ZONE + (1 - STAKE_DEAD_ZONE) / 2;
/** Under this share of a cap a position is rounding. */
const FLAT_CAPS = 0.005;

/**
 * Scalp and green up: joins the queue on both sides of the favourite with half the stake cap; with a position, keeps
 * only the side that would close it, and greens up at once when that is worth more than nothing, when it has lost
 * STOP_LOSS_CAPS, and in the last minute.
 */
function scalpAndGreen(config: MarketEnvConfig | SimulatedEnvConfig): Policy {
  const names = observationNames(config);
  const column = (name: string): number => {
    const at = names.indexOf(name);
    if (at < 0) throw new Error(`scalpAndGreen: no column ${name} in the observation`);
    return at;
  };
  const mask = column('slot 0 mask');
  const value = column('slot 0 green_value');
  const stake = column('slot 0 green_stake');
  const backs = column('slot 0 waiting_back');
  const lays = column('slot 0 waiting_lay');
  const toOff = column('to_off_log');
  const step = column('step');
  const width = config.slots * ACTIONS_PER_SLOT;
  return {
    name: 'fixed rule',
    begin: () => undefined,
    act: ({ observations, actions }) => {
      actions.fill(0);
      for (let at = 0, o = 0; at < actions.length; at += width, o += names.length) {
        if (observations[o + mask] !== 1) continue;
        const held = observations[o + stake]!;
        const open = Math.abs(held) > FLAT_CAPS;
        const worth = observations[o + value]!;
        // `to_off_log` is asinh(minutes) / 4.
        const late = Math.sinh(4 * observations[o + toOff]!) < FLAT_MINUTES;
        const idle = observations[o + backs] === 0 && observations[o + lays] === 0;
        if (open && (late || worth > 0 || worth < -STOP_LOSS_CAPS)) actions[at + 2] = 1;
        else if (late) actions[at + 2] = idle ? 0 : -1;
        else if (open) actions[at] = held > 0 ? -HALF_STAKE : HALF_STAKE;
        else actions[at] = Math.round(observations[o + step]! * config.maxSteps) % 2 === 0 ? HALF_STAKE : -HALF_STAKE;
      }
    }
  };
}

/** The baselines of an environment: the first two everywhere, the fixed rule where there is a market. */
export function baselines(config: EnvConfig, seed: Seed): readonly Policy[] {
  const spec = envSpec(config);
  const plain = [doNothing(spec), randomPolicy(spec, seed)];
  return tradesMarkets(config) ? [...plain, scalpAndGreen(config)] : plain;
}
