/** The train worker: one run at a time, driven from the page. */
import { expose, transfer } from 'comlink';
import { browserClock } from './browser-clock.ts';
import type { OnTrainEvent, TrainApi, TrainEvent } from './train-api.ts';
import { TrainService } from './train-service.ts';
import { carryErrors } from './transfer.ts';

carryErrors('the train worker');
const service = new TrainService({ clock: browserClock });

const api = {
  start: async (request, onEvent, readSegment) => {
    // Events and the answer to `start` travel on different ports: the answer waits until every event has arrived.
    let told: unknown;
    const tell: OnTrainEvent = (event) => (told = onEvent(transfer(event, bytesOf(event))));
    await service.start(request, tell, readSegment);
    await told;
  },
  pause: () => service.pause(),
  resume: () => service.resume(),
  stop: () => service.stop()
} satisfies TrainApi;

/** A checkpoint's bytes move, they are not copied. */
function bytesOf(event: TrainEvent): ArrayBuffer[] {
  if (event.kind !== 'checkpoint') return [];
  const { checkpoint, memory } = event;
  const all = [checkpoint.safetensors, memory?.state, memory?.segment?.bytes];
  return all.flatMap((bytes) => (bytes?.buffer instanceof ArrayBuffer ? [bytes.buffer] : []));
}

expose(api);
