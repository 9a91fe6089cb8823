/** What browser tests may ask of Node: the recorded files, which the browser cannot reach by itself, and a smaller disk. */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { readFile, stat } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright';

export interface RecordingName {
  readonly name: string;
  readonly bytes: number;
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** The Betfair stream recordings that are there, smallest first; none where they are absent. */
    listRecordings(): Promise<readonly RecordingName[]>;
    /** One of them in base64. */
    readRecording(name: string): Promise<string>;
    /** Bytes in base64, packed by the platform's own zstd or by Python's own bzip2; '' where there is none. */
    packed(bytes: string, by: 'bzip2' | 'zstd'): Promise<string>;
    /** Limits what the browser's storage holds for this site, in bytes; without a limit when left out. Chromium's. */
    limitStorage(bytes?: number): Promise<void>;
  }
}

/* Looked for when a test asks: their absence is a failure in CI, and must not break the configuration. */
async function paths(): Promise<readonly string[]> {
  const { betfairStreams } = await import('./recordings.ts');
  return betfairStreams();
}

export const browserCommands = {
  async listRecordings(): Promise<readonly RecordingName[]> {
    const found = await Promise.all(
      (await paths()).map(async (path) => ({ name: basename(path), bytes: (await stat(path)).size }))
    );
    return found.sort((a, b) => a.bytes - b.bytes);
  },
  async readRecording(_context: unknown, name: string): Promise<string> {
    const path = (await paths()).find((one) => basename(one) === name);
    if (path === undefined) throw new Error(`no recording ${name}`);
    return (await readFile(path)).toString('base64');
  },
  packed(_context: unknown, bytes: string, by: 'bzip2' | 'zstd'): Promise<string> {
    const plain = Buffer.from(bytes, 'base64');
    if (by === 'zstd') return Promise.resolve(zstdCompressSync(plain).toString('base64'));
    const script = 'import bz2,sys;sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))';
    const { stdout, status } = spawnSync('python3', ['-c', script], { input: plain, maxBuffer: 1 << 26 });
    return Promise.resolve(status === 0 ? stdout.toString('base64') : '');
  },
  /** DevTools Protocol, "Storage.overrideQuotaForOrigin". */
  async limitStorage({ page, context }: PageContext, bytes?: number): Promise<void> {
    const session = await context.newCDPSession(page);
    const { origin } = new URL(page.url());
    await session.send('Storage.overrideQuotaForOrigin', {
      origin,
      ...(bytes === undefined ? {} : { quotaSize: bytes })
    });
    // The limit ends with the session: it is left open.
  }
};

/** As Playwright's provider hands them to a command. */
interface PageContext {
  readonly page: Page;
  readonly context: BrowserContext;
}
