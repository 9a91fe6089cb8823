/**
 * Our WGSL files, as text. Each is one kernel, or functions that kernels share, and says at its head what it computes and
 * what constants it takes.
 */
import { readAsset } from '../runtime.ts';

// Written out one by one: the bundler reads these expressions.
const files = {
  'adam-list': new URL('./kernels/adam-list.wgsl', import.meta.url),
  'clip-gradient': new URL('./kernels/clip-gradient.wgsl', import.meta.url),
  'dense-forward': new URL('./kernels/dense-forward.wgsl', import.meta.url),
  'dense-input-gradient': new URL('./kernels/dense-input-gradient.wgsl', import.meta.url),
  'dense-weights': new URL('./kernels/dense-weights.wgsl', import.meta.url),
  'lstm-backward': new URL('./kernels/lstm-backward.wgsl', import.meta.url),
  'lstm-forward': new URL('./kernels/lstm-forward.wgsl', import.meta.url),
  'lstm-transpose': new URL('./kernels/lstm-transpose.wgsl', import.meta.url),
  'lstm-weights': new URL('./kernels/lstm-weights.wgsl', import.meta.url),
  'masked-mean': new URL('./kernels/masked-mean.wgsl', import.meta.url),
  philox: new URL('./kernels/philox.wgsl', import.meta.url),
  'philox-normals': new URL('./kernels/philox-normals.wgsl', import.meta.url),
  'polyak-list': new URL('./kernels/polyak-list.wgsl', import.meta.url),
  'quantile-huber': new URL('./kernels/quantile-huber.wgsl', import.meta.url),
  smallest: new URL('./kernels/smallest.wgsl', import.meta.url),
  'squares-list': new URL('./kernels/squares-list.wgsl', import.meta.url),
  'squashed-backward': new URL('./kernels/squashed-backward.wgsl', import.meta.url),
  'squashed-forward': new URL('./kernels/squashed-forward.wgsl', import.meta.url)
} as const;

export type KernelName = keyof typeof files;
export type KernelSources = Readonly<Record<KernelName, string>>;

let loading: Promise<KernelSources> | undefined;

/** All of them, read once. */
export function loadKernelSources(): Promise<KernelSources> {
  loading ??= load();
  return loading;
}

async function load(): Promise<KernelSources> {
  const decoder = new TextDecoder();
  const texts = Object.entries(files).map(async ([name, url]) => [name, decoder.decode(await readAsset(url))] as const);
  return Object.fromEntries(await Promise.all(texts)) as KernelSources;
}
