/** The train worker: one run at a time, driven from the page. */
import { expose, transfer } from 'comlink';
import { browserClock } from './browser-clock.ts';
import type { TrainApi, TrainEvent } from './train-api.ts';
import { TrainService } from './train-service.ts';
import { carryErrors } from './transfer.ts';

carryErrors('the train worker');
const service = new TrainService({ clock: browserClock });

const api = {
  start: async (request, onEvent) => {
    // Events and the answer to `start` travel on different ports: the answer waits until every event has arrived.
    const tell: (event: TrainEvent) => unknown = onEvent;
    let told: unknown;
    await service.start(request, (event: TrainEvent) => {
      // The checkpoint's bytes move, they are not copied.
      const bytes = event.kind === 'checkpoint' ? [event.checkpoint.safetensors.buffer as ArrayBuffer] : [];
      told = tell(transfer(event, bytes));
    });
    await told;
  },
  pause: () => service.pause(),
  resume: () => service.resume(),
  stop: () => service.stop()
} satisfies TrainApi;

expose(api);
