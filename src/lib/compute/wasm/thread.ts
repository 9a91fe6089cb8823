/** A helper of a crew: waits for turns and takes shards of them. Loaded by a worker of the browser or of Node. */
import { answerStart, type ThreadStart } from '../runtime-threads.ts';
import { Slot, takeShards, type Shardable } from './crew-protocol.ts';

/** How often a helper looks for a new turn before it sleeps: kernels of one update follow one another within that. */
const SPINS = 50_000;

answerStart(async ({ control: controlBuffer, job: jobBuffer, module, memory, names, thread }: ThreadStart, ready) => {
  const control = new Int32Array(controlBuffer);
  const job = new Float64Array(jobBuffer);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const kernels = names.map((name) => exports[name] as Shardable);
  ready();
  let seen = Atomics.load(control, Slot.ticket) & ~0xff;
  while (Atomics.load(control, Slot.stop) === 0) {
    takeShards(control, job, kernels, thread);
    seen = awaitTurn(control, seen);
  }
});

/** Returns at the next turn, or when somebody wakes it. */
function awaitTurn(control: Int32Array, seen: number): number {
  for (let i = 0; i < SPINS; i++) {
    const turn = Atomics.load(control, Slot.ticket) & ~0xff;
    if (turn !== seen) return turn;
  }
  Atomics.add(control, Slot.asleep, 1);
  const ticket = Atomics.load(control, Slot.ticket);
  if ((ticket & ~0xff) === seen) Atomics.wait(control, Slot.ticket, ticket);
  Atomics.sub(control, Slot.asleep, 1);
  return Atomics.load(control, Slot.ticket) & ~0xff;
}
