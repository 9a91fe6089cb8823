/** The heap as Node shows it, for the allocation check. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HeapMeter } from '../../src/lib/env/heap-growth.ts';

export function nodeHeap(): HeapMeter {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return { collect, used: () => process.memoryUsage().heapUsed };
}
