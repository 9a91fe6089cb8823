/**
 * A checkpoint read by Python's own safetensors: the same names, shapes and bytes. For machines that have it; the
 * interpreter to ask is `python3`, or the one that FURLONG_PYTHON names.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCheckpoint } from '../../src/lib/agents/checkpoint.ts';
import { makeAgent } from '../../src/lib/agents/make-agent.ts';
import { chooseDevice } from '../../src/lib/compute/device.ts';
import type { Device } from '../../src/lib/compute/device.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import { seed } from '../../src/lib/core/units.ts';

const python = process.env['FURLONG_PYTHON'] ?? 'python3';
const SCRIPT = `
import hashlib, json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    found = {
        name: [list(t.shape), str(t.dtype), hashlib.sha256(t.tobytes()).hexdigest()] for name, t in tensors.items()
    }
    print(json.dumps([found, f.metadata()]))
`;

function hasSafetensors(): boolean {
  try {
    execFileSync(python, ['-c', 'import numpy, safetensors'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`SKIPPED: ${python} has no safetensors and numpy; name an interpreter that has in FURLONG_PYTHON`);
    return false;
  }
}

describe.skipIf(!hasSafetensors())('a checkpoint', () => {
  let device: Device;
  beforeAll(async () => {
    device = await chooseDevice('wasm');
  });
  afterAll(() => {
    device.dispose();
  });

  it.each([
    ['Pendulum-v1', 'tqc-lstm', { kind: 'box', size: 1, low: -2, high: 2 }],
    ['CartPole-v1', 'qr-dqn', { kind: 'discrete', n: 2 }],
    ['CartPole-v1', 'ppo', { kind: 'discrete', n: 2 }]
  ] as const)('of %s by %s is read by Python as it was written', async (env, algorithm, action) => {
    const { agent: config } = readConfig(
      `{ version: 1, name: python, env: { id: ${env} }, agent: { algorithm: ${algorithm} } }`
    );
    const agent = makeAgent({
      config,
      spaces: { observation: { kind: 'box', size: 4, low: -1, high: 1 }, action, environments: 3 },
      seed: seed(1),
      schemaHash: 'schema',
      reportEvery: 1,
      totalUpdates: 1
    });
    const checkpoint = await agent.save();
    agent.dispose();
    const folder = mkdtempSync(join(tmpdir(), 'furlong-safetensors-'));
    const file = join(folder, 'checkpoint.safetensors');
    writeFileSync(file, encodeCheckpoint(checkpoint).safetensors);
    const [found, metadata] = JSON.parse(execFileSync(python, ['-c', SCRIPT, file], { encoding: 'utf8' })) as [
      unknown,
      unknown
    ];
    rmSync(folder, { recursive: true });
    const wanted = [...checkpoint.tensors].map(([name, { shape, values }]) => {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return [name, [shape, 'float32', createHash('sha256').update(bytes).digest('hex')]];
    });
    expect(wanted.length).toBeGreaterThan(10);
    expect(found).toEqual(Object.fromEntries(wanted));
    expect(metadata).toEqual({ algorithm, schemaHash: 'schema', updates: '0' });
  });
});
