/** Which device a run would use, said before one starts; the train worker chooses for itself and has the last word. */
import { findAdapter } from '$lib/compute/adapter.ts';
import type { DeviceReport } from '$lib/compute/device-report.ts';

export async function previewDevice(gpu: GPU | undefined): Promise<DeviceReport> {
  const found = await findAdapter(gpu);
  if (found !== undefined && !found.software) {
    return {
      backend: 'webgpu',
      label: `WebGPU · ${found.name}`,
      why: 'there is a hardware WebGPU adapter; checked again when a run starts',
      kernels: ''
    };
  }
  const why =
    found !== undefined
      ? `the only WebGPU adapter here is software (${found.name})`
      : gpu !== undefined
        ? 'the browser offers no WebGPU adapter'
        : 'there is no WebGPU here';
  return { backend: 'wasm', label: 'WebAssembly SIMD', why: `${why}, so the CPU kernels will be used`, kernels: '' };
}
