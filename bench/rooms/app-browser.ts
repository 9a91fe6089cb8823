/** The app in Chromium as a user has it: how soon the first point comes, and whether the page stays responsive. */
import { chromium } from 'playwright';
import type { Page } from 'playwright';
import { serve } from '../../server/main.ts';
import type { Figure } from '../figure.ts';

const TRAINING_MILLIS = 20_000;

/** Long tasks of the page's own thread since it was opened, as [start, duration] in ms of its clock. */
async function longTasks(page: Page): Promise<readonly (readonly [number, number])[]> {
  return page.evaluate(() => (globalThis as unknown as { longTasks: [number, number][] }).longTasks);
}

async function newPage(): Promise<{ page: Page; close: () => Promise<void> }> {
  const served = await serve({ port: 0, host: '127.0.0.1', strictPort: true });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-background-networking']
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    const found: [number, number][] = [];
    (globalThis as unknown as { longTasks: [number, number][] }).longTasks = found;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) found.push([entry.startTime, entry.duration]);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(served.url);
  return {
    page,
    close: async () => {
      await browser.close();
      await served.close();
    }
  };
}

export async function* figures(): AsyncGenerator<Figure> {
  const { page, close } = await newPage();
  try {
    const button = page.getByRole('button', { name: 'Train on the sample' });
    await button.waitFor();
    const opened = await page.evaluate(() => performance.now());
    yield { name: 'first visit: page opened to the training button', value: opened / 1000, unit: 's' };
    await button.click();
    const pressed = await page.evaluate(() => performance.now());
    await page.locator('[data-charts-ready="true"]').waitFor({ timeout: 60_000 });
    const first = ((await page.evaluate(() => performance.now())) - pressed) / 1000;
    yield { name: 'press to the first point on a chart', value: first, unit: 's', goal: 5, met: first <= 5 };
    await page.waitForTimeout(TRAINING_MILLIS);
    const during = (await longTasks(page)).filter(([start]) => start >= pressed).map(([, duration]) => duration);
    const longest = Math.max(0, ...during);
    yield {
      name: `longest main-thread task in ${TRAINING_MILLIS / 1000} s of training`,
      value: longest,
      unit: 'ms',
      goal: 100,
      met: longest <= 100
    };
  } finally {
    await close();
  }
}
