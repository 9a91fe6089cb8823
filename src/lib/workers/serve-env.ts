/** An env worker's inside: opens one vector environment and does what it is told, by Atomics or by messages. */
import { asAppError, toWire } from '../core/errors.ts';
import { ordersOf } from '../env/episode-orders.ts';
import type { EpisodeOrders } from '../env/episode-orders.ts';
import { makeVectorEnv } from '../env/make-env.ts';
import { slabOf, stepBuffers } from '../env/vector-env.ts';
import { tapeFromWire } from '../market/tape-wire.ts';
import type { EnvAnswer, EnvCommand, EnvMessage, EnvOpen } from './env-api.ts';
import { serveControl } from './env-control.ts';

/** The worker's own scope, as far as it is used. */
export interface EnvScope {
  postMessage(message: EnvAnswer, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<never>) => void) | null;
}

export function serveEnv(scope: EnvScope): void {
  const fail = (thrown: unknown): void => {
    scope.postMessage({ kind: 'failed', error: toWire(asAppError(thrown, 'the environment')) });
  };
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      fail(thrown);
    }
  };
  scope.onmessage = (first: MessageEvent<EnvOpen>) => {
    guarded(() => {
      const { config, tapes, shared, keepOrders = false, forecastSteps = 0, from } = first.data;
      let kept: EpisodeOrders[] = [];
      const env = makeVectorEnv({
        config,
        tapes: tapes.map(tapeFromWire),
        forecastSteps,
        preparation: {
          onPrepared: (done, of, bytes) => {
            scope.postMessage({ kind: 'preparing', done, of, bytes });
          }
        },
        ...(shared === undefined ? {} : { slab: shared.slab }),
        ...(keepOrders ? { trace: { environment: 'all', onEpisode: (trace) => kept.push(ordersOf(trace)) } } : {})
      });
      const perform = (command: EnvCommand): void => {
        if (command.kind === 'step') env.step();
        else if (command.kind === 'reset') {
          kept = [];
          env.reset(command);
        } else if (command.kind === 'takeOrders') {
          scope.postMessage({ kind: 'orders', episodes: kept });
          kept = [];
        } else scope.postMessage({ kind: 'standing', standing: env.standing() });
      };
      if (from !== undefined) env.restore(from);
      scope.postMessage({
        kind: 'opened',
        spec: env.spec,
        episodes: env.episodeMarkets,
        ...(from === undefined || shared !== undefined ? {} : { slab: slabOf(env).slice() })
      });
      if (shared !== undefined) serveControl(shared.control, perform, fail);
      scope.onmessage = ({ data }: MessageEvent<EnvMessage>) => {
        guarded(() => {
          const { slab, command } = data;
          const there = stepBuffers(env.spec, env.size, slab);
          env.buffers.actions.set(there.actions);
          perform(command);
          new Uint8Array(slab).set(slabOf(env));
          scope.postMessage({ kind: 'done', slab }, [slab]);
        });
      };
    });
  };
}
