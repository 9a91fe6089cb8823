/**
 * Seam to where the code runs: a browser worker under Vite, or Node as it stands. The only file of this room that asks
 * which one it is, but for runtime-threads.ts, which threads load without tfjs.
 */
import * as tf from '@tensorflow/tfjs-core';

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'node:fs'): { readFileSync(path: URL): Uint8Array<ArrayBuffer> };
  getBuiltinModule?(name: 'node:module'): NodeModules;
}
interface NodeModules {
  createRequire(from: string): { resolve(name: string): string };
}
const nodeProcess = (globalThis as { process?: NodeProcess }).process;
const inNode = nodeProcess?.versions?.node !== undefined;

/** The browser's or worker's WebGPU, where it has one. */
export function platformGpu(): GPU | undefined {
  return inNode ? undefined : (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}

/** Bytes of a file that was built or bundled with the program. */
export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === 'file:') {
    const files = nodeProcess?.getBuiltinModule?.('node:fs');
    if (files === undefined) throw new Error(`no file system to read ${url.pathname} from`);
    return files.readFileSync(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered ${String(response.status)}`);
  return new Uint8Array(await response.arrayBuffer());
}

let gradients: Promise<unknown> | undefined;

/** Gradients of all ops, once. tfjs-core's build for Node comes without them; the union package registers them there. */
export async function registerGradients(): Promise<void> {
  if (gradients === undefined) {
    // Shape checks stay; this silences tfjs' banners and its NaN hunting.
    tf.enableProdMode();
    const union = '@tensorflow/tfjs';
    gradients = inNode ? import(/* @vite-ignore */ union) : import('@tensorflow/tfjs-core/dist/register_all_gradients');
  }
  await gradients;
}

/** Where tfjs-wasm's own binaries lie, by name. */
export function tfjsWasmPaths(): Record<string, string> {
  if (inNode) {
    const modules = (nodeProcess as { getBuiltinModule(name: 'node:module'): NodeModules }).getBuiltinModule(
      'node:module'
    );
    const require = modules.createRequire(import.meta.url);
    const names = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);
    return Object.fromEntries(
      names.map((name) => [name, require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`)])
    );
  }
  // Written out one by one: the bundler reads these expressions.
  return {
    'tfjs-backend-wasm.wasm': new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url)
      .href,
    'tfjs-backend-wasm-simd.wasm': new URL(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
      import.meta.url
    ).href,
    'tfjs-backend-wasm-threaded-simd.wasm': new URL(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
      import.meta.url
    ).href
  };
}

/** The bytes of the one of them that runs on one thread with SIMD. */
export async function simdModule(paths: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
  const path = paths['tfjs-backend-wasm-simd.wasm'];
  if (path === undefined) throw new Error('there is no path to the SIMD module of tfjs-wasm');
  return readAsset(new URL(path, inNode ? 'file:' : location.href));
}
