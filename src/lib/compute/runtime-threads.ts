/** Seam to the platform's threads: workers of the browser, or Node's. Beside runtime.ts, which helpers do not load. */

export interface ThreadStart {
  readonly control: SharedArrayBuffer;
  readonly job: SharedArrayBuffer;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly names: readonly string[];
  /** Which thread this is, from 1; the caller's own is 0. */
  readonly thread: number;
}

export interface Thread {
  end(): void;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  once(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}
interface WorkerThreads {
  readonly Worker: new (file: URL, options: { readonly execArgv: readonly string[] }) => NodeWorker;
  readonly parentPort?: {
    once(event: 'message', listener: (message: ThreadStart) => void): void;
    postMessage(message: unknown): void;
  };
}
interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'node:worker_threads'): WorkerThreads;
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}
const nodeProcess = (globalThis as { process?: NodeProcess }).process;
const inNode = nodeProcess?.versions?.node !== undefined;
const workerThreads = inNode ? nodeProcess.getBuiltinModule?.('node:worker_threads') : undefined;

/** Whether memory can be shared with other threads here: a page has to be isolated for it. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer === 'function' && (inNode || globalThis.crossOriginIsolated);

/** Cores that this machine gives to programs like this one. */
export function cores(): number {
  if (!inNode) return navigator.hardwareConcurrency;
  const os = (
    nodeProcess as { getBuiltinModule(name: 'node:os'): { availableParallelism(): number } }
  ).getBuiltinModule('node:os');
  return os.availableParallelism();
}

/** A worker that runs wasm/thread.ts, once it has answered. */
export function startThread(start: ThreadStart, patienceMillis: number): Promise<Thread> {
  const { promise, resolve, reject } = Promise.withResolvers<Thread>();
  let end = (): void => undefined;
  const fail = (why: string): void => {
    clearTimeout(timer);
    end();
    reject(new Error(why));
  };
  const timer = setTimeout(() => fail('a thread did not start in time'), patienceMillis);
  const answered = (): void => {
    clearTimeout(timer);
    resolve({ end });
  };
  if (workerThreads !== undefined) {
    // Not a literal: the bundler would take it for an asset of the page.
    const file = './wasm/thread.ts';
    const worker = new workerThreads.Worker(new URL(/* @vite-ignore */ file, import.meta.url), { execArgv: [] });
    end = () => void worker.terminate();
    worker.once('message', () => {
      // A helper alone does not keep the program from ending.
      worker.unref();
      answered();
    });
    worker.once('error', (error) => fail(String(error)));
    worker.postMessage(start);
  } else {
    const worker = new Worker(new URL('./wasm/thread.ts', import.meta.url), { type: 'module' });
    end = () => worker.terminate();
    worker.onmessage = answered;
    worker.onerror = (event) => fail(event.message);
    worker.postMessage(start);
  }
  return promise;
}

/** In the helper: runs its work when it is told to start, with a way to say that it is ready. */
export function answerStart(work: (start: ThreadStart, ready: () => void) => Promise<void>): void {
  const port = workerThreads?.parentPort;
  if (port !== undefined) {
    port.once('message', (start) => void work(start, () => port.postMessage('ready')));
    return;
  }
  const scope = globalThis as unknown as {
    onmessage: (event: { data: ThreadStart }) => void;
    postMessage(message: unknown): void;
  };
  scope.onmessage = ({ data }) => void work(data, () => scope.postMessage('ready'));
}
