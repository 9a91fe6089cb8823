/** The heap as Node shows it, for the allocation check. For tests and the command line: a tab cannot load it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HeapMeter } from './heap-growth.ts';

export function nodeHeap(): HeapMeter {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return { collect, used: () => process.memoryUsage().heapUsed };
}
