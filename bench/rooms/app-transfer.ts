/** What the first visit transfers before anything is opened: compressed bytes, as the network carried them. */
import { chromium } from 'playwright';
import { serve } from '../../server/main.ts';
import type { Figure } from '../figure.ts';

const GOAL = 400;
/** Quiet for so long: the page has what it wanted. */
const QUIET_MILLIS = 3000;

export async function* figures(): AsyncGenerator<Figure> {
  const served = await serve({ port: 0, host: '127.0.0.1', strictPort: true });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking']
  });
  try {
    for (const [name, path] of [
      ['the start page', '/'],
      ['the Data page', '/data']
    ] as const) {
      const page = await (await browser.newContext()).newPage();
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      const sizes = new Map<string, number>();
      const urls = new Map<string, string>();
      session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
      session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        sizes.set(requestId, encodedDataLength);
      });
      await page.goto(new URL(path, served.url).href);
      await page.getByText('Opening…').waitFor({ state: 'detached', timeout: 60_000 });
      let before = -1;
      while (before !== sizes.size) {
        before = sizes.size;
        await page.waitForTimeout(QUIET_MILLIS);
      }
      // The sample is data that is opened, not the app.
      const loaded = [...sizes].filter(([id]) => !(urls.get(id) ?? '').includes('/sample/'));
      const value = loaded.reduce((sum, [, bytes]) => sum + bytes, 0) / 1000;
      yield { name: `first load of ${name}, compressed`, value, unit: 'KB', goal: GOAL, met: value < GOAL };
      await page.context().close();
    }
  } finally {
    await browser.close();
    await served.close();
  }
}
