/** Steps market environments on a thread of its own, on tapes it shares, and says how many a second. */
import { parentPort, workerData } from 'node:worker_threads';
import type { EnvConfig } from '../src/lib/config/run-config.ts';
import { makeVectorEnv } from '../src/lib/env/make-env.ts';
import { tapeFromWire } from '../src/lib/market/tape-wire.ts';
import type { TapeWire } from '../src/lib/market/tape-wire.ts';
import { RandomStepper } from './random-stepper.ts';

export interface EnvWork {
  readonly config: EnvConfig;
  readonly tapes: readonly TapeWire[];
}

const { config, tapes } = workerData as EnvWork;
const stepper = new RandomStepper(makeVectorEnv({ config, tapes: tapes.map(tapeFromWire) }));

/** Asked for a span of so many seconds, answers with steps a second. */
parentPort?.on('message', (seconds: number) => {
  parentPort?.postMessage(stepper.span(seconds));
});
