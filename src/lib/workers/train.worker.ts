/** The train worker: one run at a time, driven from the page. */
import { expose, transfer } from 'comlink';
import { browserClock } from './browser-clock.ts';
import type { TrainApi, TrainEvent } from './train-api.ts';
import { TrainService } from './train-service.ts';
import { carryErrors } from './transfer.ts';

carryErrors('the train worker');
const service = new TrainService({ clock: browserClock });

const api = {
  start: (request, onEvent) =>
    service.start(request, (event: TrainEvent) => {
      // The checkpoint's bytes move, they are not copied.
      if (event.kind !== 'checkpoint') onEvent(event);
      else onEvent(transfer(event, [event.checkpoint.safetensors.buffer as ArrayBuffer]));
    }),
  pause: () => service.pause(),
  resume: () => service.resume(),
  stop: () => service.stop()
} satisfies TrainApi;

expose(api);
