import AxeBuilder from '@axe-core/playwright';
import { expect, open, test } from './app.ts';

const PAGES = [
  '/',
  '/train',
  '/runs',
  '/markets',
  '/data',
  '/notebooks',
  '/notebooks/start-here',
  '/x',
  '/runs/none-00'
];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 360]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });
      for (const path of PAGES) {
        test(`axe finds nothing serious on ${path}`, async ({ page }) => {
          await open(page, path);
          await page.waitForLoadState('networkidle');
          const { violations } = await new AxeBuilder({ page }).analyze();
          const serious = violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
          expect(serious).toEqual([]);
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(sideways, 'the page scrolls sideways').toBeLessThanOrEqual(0);
        });
      }
    });
  }
}
