/** End-to-end tests: a production build, started as a user starts it, in the system's Chromium. */
import { defineConfig } from '@playwright/test';
import { isolatedPort } from './ports.ts';

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  fullyParallel: false,
  workers: 1,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json']],
  use: {
    baseURL: `http://localhost:${isolatedPort}`,
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    trace: 'off',
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-background-networking', '--disable-component-update']
    }
  },
  webServer: {
    command: `node server/main.ts --port ${isolatedPort}`,
    cwd: '../..',
    url: `http://localhost:${isolatedPort}/api/health`,
    reuseExistingServer: false,
    timeout: 30_000
  }
});
