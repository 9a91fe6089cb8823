/**
 * What each family of kernels takes of a recorded update: every launch in a pass of its own between two timestamps. Apart
 * like this they take somewhat more than in one pass, where a launch may begin before the one before it has ended.
 */
import type { WebgpuBackend } from '../src/lib/compute/webgpu/backend.ts';
import type { Recording } from '../src/lib/compute/webgpu/recording.ts';

export interface FamilyTime {
  readonly family: string;
  readonly launches: number;
  /** Of one update, the mean of those measured: browsers and Dawn round a timestamp to some tens of microseconds. */
  readonly millis: number;
}

/** By the beginning of a pipeline's label; tfjs' own kernels are the rest. */
const FAMILIES = [
  ['LSTM', /^lstm/],
  ['dense layers', /^dense/],
  ['Adam and Polyak', /^(adam|squares|polyak)/],
  ['losses', /^(quantile|squashed|masked|smallest|clip)/],
  ['random numbers', /^philox/],
  ['kernels of tfjs', /./]
] as const;

/** Runs the update so many times; nothing where the device has no timestamps. */
export async function familyTimes(
  { device }: WebgpuBackend,
  commands: Recording['commands'],
  updates: number
): Promise<readonly FamilyTime[]> {
  const labels = commands.flatMap((command) => ('pipeline' in command ? [command.pipeline.label] : []));
  if (!device.features.has('timestamp-query') || labels.length === 0) return [];
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const count = 2 * labels.length;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({ size: 8 * count, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = device.createBuffer({ size: 8 * count, usage: COPY_DST | MAP_READ });
  const millis = new Float64Array(labels.length);
  for (let update = 0; update < updates; update++) {
    const encoder = device.createCommandEncoder();
    let launch = 0;
    for (const command of commands) {
      if ('pipeline' in command) {
        const timestampWrites = {
          querySet,
          beginningOfPassWriteIndex: 2 * launch,
          endOfPassWriteIndex: 2 * launch + 1
        };
        const pass = encoder.beginComputePass({ timestampWrites });
        pass.setPipeline(command.pipeline);
        pass.setBindGroup(0, command.group);
        pass.dispatchWorkgroups(...command.workgroups);
        pass.end();
        launch++;
      } else encoder.copyBufferToBuffer(command.from, command.fromAt, command.to, command.toAt, command.size);
    }
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const nanos = new BigUint64Array(staging.getMappedRange());
    millis.forEach((_, i) => (millis[i]! += Number(nanos[2 * i + 1]! - nanos[2 * i]!) / 1e6 / updates));
    staging.unmap();
  }
  querySet.destroy();
  resolved.destroy();
  staging.destroy();
  const familyOf = (label: string): string => FAMILIES.find(([, begins]) => begins.test(label))?.[0] ?? 'unnamed';
  return [...new Set(labels.map(familyOf))].map((family) => {
    const own = [...millis].filter((_, i) => familyOf(labels[i]!) === family);
    return { family, launches: own.length, millis: own.reduce((sum, each) => sum + each, 0) };
  });
}
