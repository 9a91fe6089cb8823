/** WebGPU adapters: which are hardware. A software adapter is for tests and never chosen for a user. */

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** `NVIDIA GeForce RTX 4070`, `google swiftshader`. */
  readonly name: string;
  readonly software: boolean;
}

/** What drivers that compute on the CPU call themselves: SwiftShader, Mesa's, and Windows' fallback. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|microsoft warp/i;

/** The adapter the browser offers, or undefined where there is none. */
export async function findAdapter(gpu: GPU | undefined): Promise<FoundAdapter | undefined> {
  if (gpu === undefined) return undefined;
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch {
    // Browsers that block WebGPU may reject instead of answering with none: the same to us.
    return undefined;
  }
  return adapter === null ? undefined : { adapter, ...describe(adapter) };
}

function describe(adapter: GPUAdapter): { name: string; software: boolean } {
  // Older browsers have neither `info` nor the flag in it.
  const info = (adapter as { info?: GPUAdapterInfo }).info;
  const words = [info?.vendor, info?.architecture, info?.device, info?.description];
  const known = words.filter((word): word is string => word !== undefined && word !== '');
  const flagged = info?.isFallbackAdapter ?? (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter ?? false;
  const description = info?.description ?? '';
  const name = description !== '' ? description : known.slice(0, 2).join(' ');
  return { name: name === '' ? 'unnamed adapter' : name, software: flagged || SOFTWARE.test(known.join(' ')) };
}

/** A device with the limits tfjs asks for; more storage buffers a stage where the adapter has them. */
export function openDevice({ adapter }: FoundAdapter): Promise<GPUDevice> {
  const { limits } = adapter;
  const optional: GPUFeatureName[] = ['timestamp-query'];
  return adapter.requestDevice({
    requiredFeatures: optional.filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup
    }
  });
}
