/** Counter-based random numbers on WebGPU: the words of the reference to the bit, its normals, and the counter's way. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebgpu, read, webgpuDevice, type WatchedDevice } from '../../../../tests/support/webgpu-device.ts';
import { Random } from '../../core/random.ts';
import { seed } from '../../core/units.ts';
import { counterNoise, type CounterNoise } from '../counter-noise.ts';
import { philox, philoxNormals, type PhiloxCounter, type PhiloxKey } from '../philox.ts';
import { webgpuBackend } from './backend.ts';
import { CapturedUpdate } from './capture.ts';
import { KernelRunner } from './kernel-runner.ts';
import { loadKernelSources } from './sources.ts';

const PI_COUNTER: PhiloxCounter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
const PI_KEY: PhiloxKey = [0xa4093822, 0x299f31d0];

/** As `counterNoise` draws its key. */
function keyOf(random: Random): PhiloxKey {
  return [random.bits(), random.bits()];
}
const stream = (): Random => new Random(seed(6), 'noise');
const noiseOf = (): CounterNoise => {
  const noise = counterNoise(stream());
  if (noise === undefined) throw new Error('no kernel for random numbers');
  return noise;
};

function farthest(ours: ArrayLike<number>, wanted: Float32Array): number {
  return wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - ours[i]!)), 0);
}

describe.skipIf(!hasWebgpu)('random numbers on WebGPU', { timeout: 300_000 }, () => {
  let device: WatchedDevice;
  beforeAll(async () => {
    device = await webgpuDevice();
  }, 300_000);
  afterAll(() => {
    expect(device.refused).toEqual([]);
    device.dispose();
  });

  it('are made by our kernel', () => {
    expect(device.report.kernels).toMatch(/own WGSL kernels: .*random numbers/);
  });

  it('are words of Philox to the bit: the known answers, and a thousand others', async () => {
    const random = new Random(seed(8), 'counters');
    const word = (): number => random.bits();
    const cases: (readonly [PhiloxCounter, PhiloxKey])[] = [
      [
        [0, 0, 0, 0],
        [0, 0]
      ],
      [
        [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
        [0xffffffff, 0xffffffff]
      ],
      [PI_COUNTER, PI_KEY]
    ];
    while (cases.length < 1003)
      cases.push([
        [word(), word(), word(), word()],
        [word(), word()]
      ]);
    const runner = new KernelRunner(webgpuBackend(), await loadKernelSources());
    const counters = Int32Array.from(cases.flatMap(([counter]) => [...counter]));
    const keys = Int32Array.from(cases.flatMap(([, key]) => [...key]));
    const tensors = [tf.tensor1d(counters, 'int32'), tf.tensor1d(keys, 'int32'), runner.output([4 * cases.length])];
    const main = `
      @group(0) @binding(0) var<storage, read> counters: array<vec4u>;
      @group(0) @binding(1) var<storage, read> keys: array<vec2u>;
      @group(0) @binding(2) var<storage, read_write> words: array<vec4u>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < ${String(cases.length)}u) { words[id.x] = philox(counters[id.x], keys[id.x]); }
      }`;
    runner.launch({
      kernel: 'philox',
      assemble: { key: 'words', source: (own) => own + main },
      integers: true,
      tensors,
      workgroups: [Math.ceil(cases.length / 64)]
    });
    const { buffer, byteOffset } = (await tensors[2]!.data()) as Float32Array;
    const words = new Uint32Array(buffer, byteOffset, 4 * cases.length);
    expect([...words.subarray(0, 4)]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect([...words]).toEqual(cases.flatMap(([counter, key]) => philox(counter, key)));
    tf.dispose(tensors);
  });

  it('are the normals of the reference within 1e-5, into several tensors, draw after draw', async () => {
    const before = tf.memory().numTensors;
    const noise = noiseOf();
    const shapes = [[3], [40, 50], [1, 1, 2]];
    for (const draw of [0, 1, 2 ** 32 - 1, 2 ** 32]) {
      if (draw === 2 ** 32 - 1) noise.goOn(draw);
      const wanted = new Float32Array(2005);
      philoxNormals(keyOf(stream()), draw, wanted);
      const drawn = noise.normals(shapes);
      expect(drawn.map(({ shape }) => shape)).toEqual(shapes);
      const values = (await Promise.all(drawn.map(read))).flatMap((each) => [...each]);
      tf.dispose([...drawn]);
      expect(farthest(values, wanted)).toBeLessThan(1e-5);
    }
    expect(await noise.count()).toBe(2 ** 32 + 1);
    noise.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are new at every replay of a recorded update, and go on from a saved count', async () => {
    const notices: string[] = [];
    const noise = noiseOf();
    const update = new CapturedUpdate(
      webgpuBackend(),
      () => tf.mul(noise.normals([[9]])[0]!, 1),
      (notice) => notices.push(notice)
    );
    const wanted = (draw: number): Float32Array => {
      const values = new Float32Array(9);
      philoxNormals(keyOf(stream()), draw, values);
      return values;
    };
    for (let draw = 0; draw < 5; draw++) {
      expect(farthest((await update.run({}, true)) ?? [], wanted(draw))).toBeLessThan(1e-5);
    }
    expect(update.graph).toBeDefined();
    expect(await noise.count()).toBe(5);
    noise.goOn(2);
    expect(farthest((await update.run({}, true)) ?? [], wanted(2))).toBeLessThan(1e-5);
    expect(farthest((await update.run({}, true)) ?? [], wanted(3))).toBeLessThan(1e-5);
    expect(notices).toEqual([]);
    update.dispose();
    noise.dispose();
  });
});
