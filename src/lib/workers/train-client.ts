/** The page's side of the train worker. */
import { proxy, releaseProxy, wrap } from 'comlink';
import type { TrainApi } from './train-api.ts';
import { carryErrors, whenBroken } from './transfer.ts';

export interface TrainClient extends TrainApi {
  /** Ends the worker and its environments, whatever they are doing. */
  close(): void;
}

export function createTrainClient(
  start: () => Worker = () =>
    new Worker(new URL('./train.worker.ts', import.meta.url), { type: 'module', name: 'train' })
): TrainClient {
  carryErrors('the train worker');
  const worker = start();
  const broken = whenBroken(worker, 'the train worker');
  const remote = wrap<TrainApi>(worker);
  let closed = false;
  return {
    start: (request, onEvent, readSegment) => {
      const read = readSegment === undefined ? undefined : proxy(readSegment);
      return Promise.race([remote.start(request, proxy(onEvent), read), broken]);
    },
    pause: () => remote.pause(),
    resume: () => remote.resume(),
    stop: () => remote.stop(),
    close: () => {
      if (closed) return;
      closed = true;
      remote[releaseProxy]();
      worker.terminate();
    }
  };
}
