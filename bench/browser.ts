/**
 * A module of ours bundled as a release is, on an empty page of Chromium that may share memory and keeps a storage of
 * its own: what a benchmark measures there needs no build of the app. The app itself is for `bench/rooms/app*.ts`.
 */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import type { Page } from 'playwright';
import { build } from 'vite';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin'
};

export interface BenchBrowser {
  /** A page that has just been opened, over the same storage: as after a reload. The module is `/page.js`. */
  blank(): Promise<Page>;
  close(): Promise<void>;
}

async function bundle(module: string, into: string): Promise<void> {
  await build({
    configFile: false,
    root: PROJECT,
    publicDir: 'static',
    logLevel: 'error',
    define: { __CODE_VERSION__: '"bench"' },
    resolve: { alias: { $lib: join(PROJECT, 'src/lib') } },
    worker: { format: 'es' },
    build: {
      outDir: into,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      rolldownOptions: { input: module, preserveEntrySignatures: 'strict', output: { entryFileNames: 'page.js' } }
    }
  });
}

/**
 * @param module path of what is bundled; its exports are called in the page
 * @param switches of Chromium besides those all pages need
 */
export async function openBenchBrowser(module: string, switches: readonly string[] = []): Promise<BenchBrowser> {
  const folder = mkdtempSync(join(tmpdir(), 'furlong-bench-'));
  const files = join(folder, 'files');
  await bundle(module, files);
  const server = createServer((request, response) => {
    const path = join(files, new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path.endsWith('/'))
      response.writeHead(200, { ...ISOLATED, 'content-type': 'text/html' }).end('<!doctype html>');
    else if (existsSync(path) && statSync(path).isFile()) {
      response.writeHead(200, { ...ISOLATED, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      createReadStream(path).pipe(response);
    } else response.writeHead(404, ISOLATED).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', ...switches]
  });
  return {
    blank: async () => {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${String(address.port)}/`);
      return page;
    },
    close: async () => {
      await context.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
