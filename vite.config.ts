import { execFileSync } from 'node:child_process';
import { sveltekit } from '@sveltejs/kit/vite';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserCommands } from './tests/support/browser-commands.ts';
import { notebookFrame } from './src/lib/notebook/frame/vite-plugin.ts';

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin'
};

/** The commit the app is built from, with a mark when the tree differs from it; `dev` outside a checkout. */
function codeVersion(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
  } catch {
    return 'dev';
  }
}

export default defineConfig({
  plugins: [notebookFrame(), sveltekit()],
  define: { __CODE_VERSION__: JSON.stringify(codeVersion()) },
  server: { headers: isolation },
  preview: { headers: isolation },
  worker: { format: 'es' },
  optimizeDeps: {
    exclude: ['@duckdb/duckdb-wasm', 'parquet-wasm'],
    include: [
      'apache-arrow',
      'comlink',
      'fflate',
      'idb',
      'uplot',
      'valibot',
      'yaml',
      '@observablehq/plot',
      '@observablehq/notebook-kit',
      '@observablehq/notebook-kit/runtime',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu'
    ]
  },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'server/**/*.test.ts', 'scripts/**/*.test.ts', 'tests/support/**/*.test.ts'],
          exclude: ['src/**/*.browser.test.ts']
        }
      },
      {
        extends: true,
        test: {
          name: 'golden',
          environment: 'node',
          include: ['tests/golden/**/*.test.ts'],
          testTimeout: 120_000
        }
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts', 'src/**/*.browser.test.ts'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
                args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-background-networking']
              }
            }),
            commands: browserCommands,
            instances: [{ browser: 'chromium' }]
          }
        }
      }
    ]
  }
});
