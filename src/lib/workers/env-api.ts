/** What an env worker is told and answers: it holds one vector environment, over shared memory or over messages. */
import type { EnvConfig } from '../config/run-config.ts';
import type { WireError } from '../core/errors.ts';
import type { EpisodeOrders } from '../env/episode-orders.ts';
import type { EnvStanding } from '../env/standing.ts';
import type { EnvSpec, ResetOptions } from '../env/vector-env.ts';
import type { TapeWire } from '../market/tape-wire.ts';

/** First message to the worker. */
export interface EnvOpen {
  readonly config: EnvConfig;
  readonly tapes: readonly TapeWire[];
  /** Where the page is isolated: the slab and its control words lie here and hand over with Atomics. */
  readonly shared?: SharedSlab;
  /** Whether it keeps the orders of its episodes until they are taken. */
  readonly keepOrders?: boolean;
  /** Decisions ahead that its labels look; none are told when left out. */
  readonly forecastSteps?: number;
  /** Where it goes on from instead of a reset. */
  readonly from?: EnvStanding;
}

export interface SharedSlab {
  readonly slab: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** `takeOrders` is answered with `orders` before it is done, `standing` with `standing`. */
export type EnvCommand =
  | { readonly kind: 'step' }
  | ({ readonly kind: 'reset' } & ResetOptions)
  | { readonly kind: 'takeOrders' }
  | { readonly kind: 'standing' };

/** A command where nothing is shared: the slab travels with it, actions in, and comes back with all else. */
export interface EnvMessage {
  readonly command: EnvCommand;
  readonly slab: ArrayBuffer;
}

/** How many of its markets are made ready to play, and the memory that takes beside their recordings. */
export interface Preparing {
  readonly done: number;
  readonly of: number;
  readonly bytes: number;
}

export type EnvAnswer =
  | ({ readonly kind: 'preparing' } & Preparing)
  /** With the slab of one that goes on, where none is shared. */
  | {
      readonly kind: 'opened';
      readonly spec: EnvSpec;
      readonly episodes: readonly string[];
      readonly slab?: Uint8Array;
    }
  | { readonly kind: 'orders'; readonly episodes: readonly EpisodeOrders[] }
  | { readonly kind: 'standing'; readonly standing: EnvStanding }
  | { readonly kind: 'done'; readonly slab: ArrayBuffer }
  | { readonly kind: 'failed'; readonly error: WireError };
