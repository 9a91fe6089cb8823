/**
 * Seam to where the code runs: a browser worker under Vite, or Node as it stands. The only file of this room that asks
 * which one it is.
 */
import * as tf from '@tensorflow/tfjs-core';

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'node:fs'): { readFileSync(path: URL): Uint8Array<ArrayBuffer> };
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

/** Where tfjs-wasm's own binaries lie; undefined where it finds them itself. */
export function tfjsWasmPaths(): Record<string, string> | undefined {
  if (inNode) return undefined;
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
