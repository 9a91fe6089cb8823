import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toCsv, writeResult } from './outputs.ts';
import { ProgressLine } from './progress.ts';

describe('what a run leaves behind', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'furlong-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leaves an empty cell where a row has no value', () => {
    expect(
      toCsv([
        { updates: 1, return: -0.5 },
        { updates: 2, critic_loss: 0.25 }
      ])
    ).toBe('updates,return,critic_loss\n1,-0.5,\n2,,0.25\n');
  });

  it('writes every file whole and nothing else, and replaces what an earlier run left', async () => {
    const out = join(folder, 'deep', 'out');
    const result = {
      id: 'a',
      name: 'quiet-bay-17',
      state: 'stopped' as const,
      updates: 3,
      environmentSteps: 24,
      configYaml: 'version: 1\n',
      metrics: [{ updates: 3 }]
    };
    await writeResult(out, result);
    expect((await readdir(out)).sort()).toEqual(['config.yaml', 'metrics.csv']);
    const safetensorsBase64 = Buffer.from([1, 2, 255]).toString('base64');
    await writeResult(out, { ...result, evaluationJson: '{}', checkpoint: { safetensorsBase64, json: '{"a":1}' } });
    expect((await readdir(out)).sort()).toEqual([
      'checkpoint.json',
      'checkpoint.safetensors',
      'config.yaml',
      'eval.json',
      'metrics.csv'
    ]);
    expect([...(await readFile(join(out, 'checkpoint.safetensors')))]).toEqual([1, 2, 255]);
  });
});

describe('progress where there is no terminal', () => {
  it('prints a line now and then, and keeps device and notices', () => {
    const stream = new PassThrough();
    const progress = new ProgressLine(stream as unknown as NodeJS.WriteStream, 100);
    const training = (updates: number) =>
      ({
        kind: 'training',
        updates,
        environmentSteps: updates * 8,
        row: { return: 1, updates_per_second: 10 }
      }) as const;
    progress.show({ kind: 'device', label: 'WebAssembly', why: 'no GPU here' }, 0);
    progress.show(training(10), 0);
    progress.show(training(20), 1000);
    progress.show(training(30), 6000);
    const text = String(stream.read());
    expect(text.split('\n')).toEqual([
      'device: WebAssembly (no GPU here)',
      'update 10/100 · 80 steps · return 1.000 · updates/s 10.0 · 9 s left',
      'update 30/100 · 240 steps · return 1.000 · updates/s 10.0 · 7 s left',
      ''
    ]);
  });
});
