/** The app in a headless Chromium with a profile of its own, served on a free port of this machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import type { Page } from 'playwright';
import type { HeadlessEvent } from '../../src/lib/config/headless.ts';
import { serve } from '../main.ts';

export interface AppInBrowser {
  readonly page: Page;
  readonly url: string;
  close(): Promise<void>;
}

const FLAGS = ['--enable-unsafe-webgpu', '--disable-background-networking', '--disable-component-update'];

export async function openApp(onEvent: (event: HeadlessEvent) => void): Promise<AppInBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'furlong-'));
  const served = await serve({ port: 0, host: '127.0.0.1', strictPort: true });
  const context = await chromium
    .launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      // A browser started by root refuses its sandbox; any other user keeps it.
      args: process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS,
      headless: true,
      viewport: { width: 1440, height: 1000 },
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false
    })
    .catch(async (error: unknown) => {
      await served.close();
      await rm(profile, { recursive: true, force: true });
      throw error;
    });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.exposeFunction('furlongEvent', onEvent);
  return {
    page,
    url: served.url,
    close: async () => {
      await context.close();
      await served.close();
      await rm(profile, { recursive: true, force: true });
    }
  };
}
