/** A training run with nobody to tell: no evaluation, no charts, no checkpoint. Whoever measures stops it by its control. */
import type { Agent } from '../src/lib/agents/agent.ts';
import type { RunConfig } from '../src/lib/config/run-config.ts';
import type { RemoteVectorEnv } from '../src/lib/env/vector-env.ts';
import type { RunControl } from '../src/lib/research/run-control.ts';
import { trainRun } from '../src/lib/research/train-run.ts';

/** @throws Error once the control has stopped it: a run ends with an evaluation, which nobody measures here */
export async function trainBare(run: {
  readonly config: RunConfig;
  readonly env: RemoteVectorEnv;
  readonly agent: Agent;
  readonly control: RunControl;
}): Promise<void> {
  await trainRun({
    ...run,
    evaluate: () => Promise.reject(new Error('a run ends with an evaluation, which is none of this')),
    clock: { epochMillis: () => Date.now(), monotonicMillis: () => performance.now() },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    events: {
      rows: () => undefined,
      evaluation: () => undefined,
      checkpoint: () => Promise.resolve(),
      paused: () => undefined
    }
  });
}
