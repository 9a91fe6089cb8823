import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { isRecorded, recordings } from '../support/recordings.ts';

const moe = join(recordings.path, 'betfair', 'stream', '1.206064380.bz2');
const root = join(import.meta.dirname, '..', '..');

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function furlong(words: readonly string[], onOutput?: (text: string, interrupt: () => void) => void): Promise<Ended> {
  return new Promise((resolve) => {
    // Through npm and in a process group of its own: a terminal's Ctrl-C reaches every program of the group.
    const child = spawn('npm', ['run', '-s', 'furlong', '--', ...words], { cwd: root, detached: true });
    let output = '';
    const add = (chunk: Buffer): void => {
      output += chunk.toString();
      onOutput?.(output, () => process.kill(-(child.pid ?? 0), 'SIGINT'));
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    // npm ends by the signal itself, which a shell shows as 130; the output closes once every program has ended.
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGINT' ? 130 : null), output }));
  });
}

test.describe('the command line', () => {
  test.setTimeout(240_000);
  let out = '';
  test.beforeEach(() => {
    out = join(mkdtempSync(join(tmpdir(), 'furlong-cli-')), 'out');
  });
  test.afterEach(() => rmSync(join(out, '..'), { recursive: true }));

  test('trains headless and leaves everything a run is made of', async () => {
    const ended = await furlong(['train', 'configs/au-preoff.sac-lstm.small.yaml', '--updates', '20', '--out', out]);
    expect(ended.output).toContain('finished after 20 updates');
    expect(ended.code).toBe(0);
    expect(readdirSync(out).sort()).toEqual([
      'charts.png',
      'checkpoint.json',
      'checkpoint.safetensors',
      'config.yaml',
      'eval.json',
      'link.txt',
      'metrics.csv'
    ]);
    expect(readFileSync(join(out, 'charts.png')).subarray(1, 4).toString()).toBe('PNG');
    const safetensors = readFileSync(join(out, 'checkpoint.safetensors'));
    const header = JSON.parse(safetensors.subarray(8, 8 + Number(safetensors.readBigUInt64LE(0))).toString()) as object;
    expect(Object.keys(header).length).toBeGreaterThan(10);
    const evaluation = JSON.parse(readFileSync(join(out, 'eval.json'), 'utf8')) as { policies: { policy: string }[] };
    expect(evaluation.policies.map(({ policy }) => policy)).toEqual(['agent', 'do nothing', 'random', 'fixed rule']);
    expect(readFileSync(join(out, 'config.yaml'), 'utf8')).toContain('updates: 20');
  });

  test('Ctrl-C stops cleanly and keeps the last checkpoint', async () => {
    let pressed = false;
    const words = ['train', 'configs/au-preoff.sac-lstm.small.yaml', '--updates', '100000', '--out', out];
    const ended = await furlong(words, (output, interrupt) => {
      if (pressed || !/update [1-9]/u.test(output)) return;
      pressed = true;
      interrupt();
    });
    expect(ended.code).toBe(130);
    expect(ended.output).toContain('stopped after');
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true);
  });

  test('Ctrl-C while a file is read stops too, and leaves nothing', async () => {
    test.skip(!isRecorded(moe), 'no recordings here: set FURLONG_DATA');
    let pressed = false;
    const words = [
      'train',
      'configs/au-preoff.sac-lstm.small.yaml',
      '--data',
      moe,
      '--updates',
      '100000',
      '--out',
      out
    ];
    const ended = await furlong(words, (output, interrupt) => {
      if (pressed || !output.includes('reading')) return;
      pressed = true;
      interrupt();
    });
    expect(ended.code).toBe(130);
    expect(ended.output).toContain('nothing was written');
    expect(existsSync(out)).toBe(false);
  });

  test('says what is wrong with its input, and ends with a code that says so', async () => {
    const usage = await furlong(['train']);
    expect(usage.code).toBe(2);
    const missing = await furlong(['train', 'configs/none.yaml', '--out', out]);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.output).toContain('configs/none.yaml');
    const notData = await furlong([
      'train',
      'configs/au-preoff.sac-lstm.small.yaml',
      '--data',
      'static/icon.svg',
      '--out',
      out
    ]);
    expect(notData.code).toBe(1);
    expect(notData.output).toContain('icon.svg');
    expect(existsSync(out)).toBe(false);
    const folder = await furlong(['train', 'configs/au-preoff.sac-lstm.small.yaml', '--data', 'configs', '--out', out]);
    expect(folder.output).toContain('expected a file, got a folder');
    const notFolder = await furlong(['train', 'configs/au-preoff.sac-lstm.small.yaml', '--out', 'README.md']);
    expect(notFolder.code).toBe(1);
    expect(notFolder.output).toContain('expected a folder that can be written to');
  });
});
