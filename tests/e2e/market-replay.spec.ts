/** The market page by hand, by keyboard and by ear; and a run's episode laid over it. */
import { expect, open, seriousFindings, test, trainFor } from './app.ts';
import type { Page } from '@playwright/test';

async function openSample(page: Page): Promise<void> {
  await open(page, '/markets');
  await page.locator('a[href*="/markets/"]').first().click();
  await expect(page.getByRole('region', { name: 'Ladder', exact: true })).toBeVisible();
}

/** Seconds to the off, below zero after it, as the scrubber says. */
const secondsToOff = async (page: Page): Promise<number> =>
  0 - Number(await page.getByRole('slider', { name: 'Moment of the market' }).getAttribute('aria-valuenow'));

test('the scrubber goes by message, by one and by ten seconds, to events and to the off', async ({ page }) => {
  await openSample(page);
  const scrubber = page.getByRole('slider', { name: 'Moment of the market' });
  await scrubber.focus();
  const from = await secondsToOff(page);
  await page.keyboard.press('PageUp');
  expect(await secondsToOff(page)).toBe(from - 10);
  await page.keyboard.press('Shift+ArrowLeft');
  expect(await secondsToOff(page)).toBe(from - 9);
  const updates = page.locator('dl').getByText(/^[\d,]+ of [\d,]+$/u);
  const count = async (): Promise<number> => Number((await updates.innerText()).split(' ')[0]?.replaceAll(',', ''));
  const messages = await count();
  await page.keyboard.press('ArrowRight');
  expect(await count()).toBe(messages + 1);
  await page.keyboard.press('o');
  expect(await secondsToOff(page)).toBe(0);
  await page.keyboard.press('Home');
  const start = await secondsToOff(page);
  await page.keyboard.press(']');
  expect(await secondsToOff(page)).toBeLessThan(start);
});

test('ladder and heatmap are drawn, and stand beside it as tables that say the same', async ({ page }) => {
  await openSample(page);
  const drawn = await page.locator('canvas').evaluateAll((all) =>
    (all as HTMLCanvasElement[]).map((canvas) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return new Set(Array.from({ length: 4000 }, (_, at) => data[Math.floor((at * data.length) / 16000) * 4])).size;
    })
  );
  expect(drawn.filter((tones) => tones > 2).length).toBeGreaterThanOrEqual(2);

  const ladder = page.getByRole('table', { name: /^Ladder of/u });
  await expect(ladder).toHaveCount(1);
  const depth = page.getByRole('table', { name: /^Depth through time of/u });
  const [best] = await depth.locator('tbody tr').first().locator('td').allInnerTexts();
  await expect(ladder.getByRole('rowheader', { name: 'best back' })).toContainText(best ?? 'a price');

  await page.getByRole('button', { name: 'Show the ladder as a table' }).click();
  await page.getByRole('button', { name: 'Show the depth through time as a table' }).click();
  await expect(page.locator('section[aria-label="Ladder"] canvas')).toHaveCount(0);
  expect(await seriousFindings(page)).toEqual([]);
});

test('an episode of a run is seen on the ladder, and taken off again', async ({ page }) => {
  test.setTimeout(240_000);
  await open(page, '/train');
  await trainFor(page, '20');
  await expect(page).toHaveURL(/\/runs\/.+/u);
  await expect(page.getByText('finished').first()).toBeVisible({ timeout: 120_000 });
  await page.getByRole('tab', { name: 'Evaluation' }).click();
  await page
    .getByRole('link', { name: /all green/u })
    .first()
    .click();
  await page.getByRole('link', { name: 'See it on the ladder' }).click();

  const run = page.getByLabel('Run whose orders are shown');
  await expect(run).not.toHaveValue('');
  const ladder = page.getByRole('table', { name: /^Ladder of/u });
  await expect(ladder.getByRole('columnheader', { name: 'Ours waits' })).toHaveCount(1);
  // Opened where the first order reached the venue: it waits there.
  await expect(ladder.getByRole('cell', { name: /^[BL] \d/u })).not.toHaveCount(0);
  // At the off what was matched has a worth at every price.
  await page.getByRole('slider', { name: 'Moment of the market' }).focus();
  await page.keyboard.press('o');
  await expect(page.getByText('Closed now')).toBeVisible();
  expect(await seriousFindings(page)).toEqual([]);

  await run.selectOption('');
  await expect(page).not.toHaveURL(/run=/u);
  await expect(ladder.getByRole('columnheader', { name: 'Ours waits' })).toHaveCount(0);
});

test('keys move along the ladder a price at a time, from where it stands, and back to the price', async ({ page }) => {
  await openSample(page);
  const prices = page.getByRole('table', { name: /^Ladder of/u }).getByRole('rowheader');
  const [top, second] = (await prices.allInnerTexts()).map(parseFloat);
  await page.getByRole('region', { name: /^Prices; arrow keys/u }).focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(async () => parseFloat(await prices.first().innerText())).toBe(second);
  await page.keyboard.press('Home');
  await expect.poll(async () => parseFloat(await prices.first().innerText())).toBe(top);
});

test('time goes at the speed that is chosen, 1 to 1000 times, and stops at the end', async ({ page }) => {
  await openSample(page);
  const speed = page.getByLabel('Speed');
  expect(await speed.locator('option').allInnerTexts()).toEqual(['1×', '5×', '20×', '60×', '200×', '1000×']);
  const passes = async (times: string): Promise<number> => {
    await speed.selectOption({ label: times });
    const from = await secondsToOff(page);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForTimeout(400);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    return from - (await secondsToOff(page));
  };
  const [slow, quick] = [await passes('5×'), await passes('200×')];
  expect(quick).toBeGreaterThan(slow * 5);
  await speed.selectOption({ label: '1000×' });
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible({ timeout: 20_000 });
  const scrubber = page.getByRole('slider', { name: 'Moment of the market' });
  expect(await scrubber.getAttribute('aria-valuenow')).toBe(await scrubber.getAttribute('aria-valuemax'));
});

test.describe('by finger', () => {
  test.use({ viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });

  test('the ladder moves with it, the page beside the ladder still does, and a press leads back to the price', async ({
    page
  }) => {
    await openSample(page);
    const ladder = page.getByRole('region', { name: /^Prices; arrow keys/u });
    const first = page
      .getByRole('table', { name: /^Ladder of/u })
      .getByRole('rowheader')
      .first();
    await ladder.scrollIntoViewIfNeeded();
    const before = parseFloat(await first.innerText());
    const box = await ladder.boundingBox();
    if (box === null) throw new Error('the ladder has no place');
    const cdp = await page.context().newCDPSession(page);
    const x = box.x + box.width / 2;
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number): Promise<void> => {
      await cdp.send('Input.dispatchTouchEvent', { type, touchPoints: y === undefined ? [] : [{ x, y }] });
    };
    const scrolled = await page.evaluate(() => scrollY);
    const top = box.y + 40;
    await touch('touchStart', top);
    for (let y = top; y <= top + 126; y += 18) await touch('touchMove', y);
    await page.waitForTimeout(150);
    await touch('touchEnd');
    await expect.poll(async () => parseFloat(await first.innerText())).toBeGreaterThan(before);
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    await page.getByRole('button', { name: 'to the price' }).click();
    await expect.poll(async () => parseFloat(await first.innerText())).toBe(before);
  });
});
