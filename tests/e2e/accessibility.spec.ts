import { expect, open, seriousFindings, test } from './app.ts';

const PAGES = [
  '/',
  '/train',
  '/runs',
  '/markets',
  '/data',
  '/data/realism',
  '/notebooks',
  '/notebooks/start-here',
  '/x',
  '/runs/none-00'
];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 360]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });
      test('axe finds nothing serious on a market', async ({ page }) => {
        await open(page, '/markets');
        await page.locator('a[href*="/markets/"]').first().click();
        await expect(page.getByRole('region', { name: 'Ladder', exact: true })).toBeVisible();
        expect(await seriousFindings(page)).toEqual([]);
      });

      for (const path of PAGES) {
        test(`axe finds nothing serious on ${path}`, async ({ page }) => {
          await open(page, path);
          await page.waitForLoadState('networkidle');
          expect(await seriousFindings(page)).toEqual([]);
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(sideways, 'the page scrolls sideways').toBeLessThanOrEqual(0);
        });
      }
    });
  }
}
