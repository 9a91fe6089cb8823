/** Draws every runner's price through the last half hour as lines on one small canvas; the favourite darkest. */
import type { PriceSeries } from '$lib/market/price-series.ts';
import { css } from './palette.ts';
import type { Palette } from './palette.ts';

export interface LinesView {
  readonly lines: readonly PriceSeries[];
  readonly palette: Palette;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Prices are odds, drawn as chances from nought; else as they are, from the lowest to the highest. */
  readonly odds: boolean;
}

export function paintLines(canvas: HTMLCanvasElement, view: LinesView): void {
  const { lines, palette, width, height, odds } = view;
  /** Implied chance of odds: short prices get room, long shots lie together at the foot. */
  const worth = (price: number): number => (odds ? 1 / price : price);
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const last = (line: PriceSeries): number =>
    line.lastTraded.findLast((price) => price > 0) ?? Number.POSITIVE_INFINITY;
  const ordered = [...lines].sort((a, b) => last(b) - last(a));
  let most = 0;
  let least = odds ? 0 : Number.POSITIVE_INFINITY;
  for (const line of ordered) {
    for (const price of line.lastTraded) {
      if (!(price > 0)) continue;
      most = Math.max(most, worth(price));
      least = Math.min(least, worth(price));
    }
  }
  context.fillStyle = css(palette.line);
  context.fillRect(0, height - 1, width, 1);
  ordered.forEach((line, index) => {
    const rank = ordered.length - 1 - index;
    context.strokeStyle = rank === 0 ? css(palette.ink) : css(palette.muted, Math.max(0.3, 0.9 - rank * 0.12));
    context.lineWidth = rank === 0 ? 1.6 : 1;
    context.beginPath();
    let drawing = false;
    line.lastTraded.forEach((price, point) => {
      if (!(price > 0)) return;
      const x = (point / Math.max(1, line.lastTraded.length - 1)) * width;
      const y = height - 3 - ((worth(price) - least) / (most - least || 1)) * (height - 8);
      if (drawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      drawing = true;
    });
    context.stroke();
  });
}
