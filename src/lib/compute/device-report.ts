/** Which device a run uses, and why: always shown to the user. */

export type Backend = 'webgpu' | 'wasm' | 'cpu';

export interface DeviceReport {
  readonly backend: Backend;
  /** `WebGPU · RTX 4070`, `WebAssembly SIMD · 2 threads`. */
  readonly label: string;
  /** A sentence: `no hardware WebGPU adapter here, so the CPU kernels are used`. */
  readonly why: string;
  /** Own kernels in use, stock tfjs where a start-up check refused one. */
  readonly kernels: string;
}
