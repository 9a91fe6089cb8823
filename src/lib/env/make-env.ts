/** From a configuration and tapes to a vector environment: the one place that knows every environment by name. */
import { tradesMarkets } from '../config/market-tasks.ts';
import type { ClassicEnvConfig, EnvConfig } from '../config/run-config.ts';
import type { Tape } from '../market/tape.ts';
import { acrobotV1 } from './classic/acrobot.ts';
import { cartPoleNoVelV1, cartPoleV1 } from './classic/cart-pole.ts';
import { ClassicVectorEnv } from './classic/classic-vector.ts';
import type { Dynamics } from './classic/dynamics.ts';
import { mountainCarContinuousV0 } from './classic/mountain-car.ts';
import { pendulumNoVelV1, pendulumV1 } from './classic/pendulum.ts';
import { hindsightSpec } from './market/hindsight.ts';
import { PreOffVectorEnv } from './market/pre-off-vector.ts';
import type { Preparation } from './market/timeline.ts';
import { preOffSpec } from './market/pre-off-spec.ts';
import { SimulatedPreOffVectorEnv } from './simulator/live/simulated-pre-off.ts';
import type { TraceRequest } from './trace.ts';
import type { EnvSpec } from './vector-env.ts';
import { slabBytes, stepBuffers } from './vector-env.ts';
import type { EpisodicVectorEnv } from './vector.ts';

const DYNAMICS: Readonly<Record<ClassicEnvConfig['id'], Dynamics>> = {
  'Pendulum-v1': pendulumV1,
  'PendulumNoVel-v1': pendulumNoVelV1,
  'MountainCarContinuous-v0': mountainCarContinuousV0,
  'CartPole-v1': cartPoleV1,
  'CartPoleNoVel-v1': cartPoleNoVelV1,
  'Acrobot-v1': acrobotV1
};

/**
 * Spaces and names of an environment, before any tape is loaded: enough to lay out a slab and to build an agent.
 * @param forecastSteps decisions ahead that its labels look, where it trades markets; 0 for no labels
 */
export function envSpec(config: EnvConfig, forecastSteps = 0): EnvSpec {
  const spec = plainSpec(config);
  return tradesMarkets(config) && forecastSteps > 0
    ? { ...spec, forecast: hindsightSpec(config.slots, forecastSteps) }
    : spec;
}

function plainSpec(config: EnvConfig): EnvSpec {
  if (config.id === 'AUPreOffV7TradeCost' || config.id === 'SimulatedPreOff-v0') return preOffSpec(config);
  return DYNAMICS[config.id].spec;
}

export interface VectorEnvOptions {
  readonly config: EnvConfig;
  /**
   * The markets to play, shared by every environment and never written to; what makes its own episodes takes none. They
   * are prepared here, some 20 ms each, so that a reset finds them ready.
   */
  readonly tapes: readonly Tape[];
  /** What is prepared of them already, where other work is done between two tapes; and who is told how far it is. */
  readonly preparation?: Preparation;
  /** At least `slabBytes(envSpec(config), config.environments)` bytes from `offset`; made here when left out. */
  readonly slab?: ArrayBufferLike;
  readonly offset?: number;
  /** Records episodes, of one environment or all, with every order and why it filled; of environments with orders. */
  readonly trace?: TraceRequest;
  /** See `envSpec`. */
  readonly forecastSteps?: number;
}

/** `config.environments` environments on one slab. Call `reset` before the first `step`. */
export function makeVectorEnv(options: VectorEnvOptions): EpisodicVectorEnv {
  const { config, tapes, preparation, slab, offset = 0, trace, forecastSteps = 0 } = options;
  const spec = envSpec(config, forecastSteps);
  const size = config.environments;
  const buffers = stepBuffers(spec, size, slab ?? new ArrayBuffer(slabBytes(spec, size)), offset);
  if (config.id === 'AUPreOffV7TradeCost') {
    return new PreOffVectorEnv({ config, spec, tapes, buffers, trace, preparation });
  }
  if (config.id === 'SimulatedPreOff-v0') return new SimulatedPreOffVectorEnv({ config, spec, buffers, trace });
  return new ClassicVectorEnv({ dynamics: DYNAMICS[config.id], buffers, size });
}
