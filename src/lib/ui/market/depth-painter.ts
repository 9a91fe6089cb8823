/** Draws depth through time on a canvas: money waiting as colour, trades as marks, the last traded price as a line. */
import type { MarketRules } from '$lib/market/rules.ts';
import { ladderOffset } from './ladder-offset.ts';
import type { DepthHistory, TradeMark } from './depth-history.ts';
import { priceText } from './ladder-rows.ts';
import type { OwnOrder } from './own-episode.ts';
import { css } from './palette.ts';
import type { Palette, Rgb } from './palette.ts';

export interface DepthView {
  readonly history: DepthHistory;
  readonly rules: MarketRules;
  readonly palette: Palette;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
  /** Time at the right edge, nanoseconds on the tape's clock. */
  readonly time: number;
  /** A run's orders on the runner; what of them comes after `time` is not drawn. */
  readonly own?: readonly OwnOrder[];
  readonly font: string;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

const MIN_TICKS = 28;

/** Ticks to show: where trades were and best prices are, with room above and below. */
export function visibleTicks(history: DepthHistory, rules: MarketRules): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let column = 0; column < history.columns; column++) {
    const price = history.lastTraded[column]!;
    if (Number.isNaN(price)) continue;
    const tick = rules.ladder.tickBelow(price);
    low = Math.min(low, tick);
    high = Math.max(high, tick);
  }
  if (low > high) {
    const from = [...history.bids.keys()].find((at) => history.bids[at]! > 0 || history.asks[at]! > 0);
    const middle = history.firstTick + (from === undefined ? history.ticks >> 1 : from % history.ticks);
    low = high = middle;
  }
  const pad = Math.max(8, Math.ceil((MIN_TICKS - (high - low)) / 2), Math.ceil((high - low) * 0.06));
  return {
    low: Math.max(history.firstTick, low - pad),
    high: Math.min(history.firstTick + history.ticks - 1, high + pad)
  };
}

/** The size that is drawn darkest: nearly the largest, so that one giant order does not pale all others. */
function darkest(history: DepthHistory, range: Range): number {
  const sizes: number[] = [];
  for (let column = 0; column < history.columns; column += 4) {
    for (let tick = range.low; tick <= range.high; tick++) {
      const at = column * history.ticks + tick - history.firstTick;
      const size = Math.max(history.bids[at]!, history.asks[at]!);
      if (size > 0) sizes.push(size);
    }
  }
  if (sizes.length === 0) return 1;
  return sizes.sort((a, b) => a - b)[Math.floor(sizes.length * 0.97)]!;
}

function paintDepth(view: DepthView, range: Range, image: ImageData): void {
  const { history, palette } = view;
  const rows = range.high - range.low + 1;
  const top = darkest(history, range);
  const { data } = image;
  const target = Math.floor(view.time / history.bucketNanos);
  const blend = (at: number, colour: Rgb, share: number): void => {
    for (let channel = 0; channel < 3; channel++) {
      const ground = palette.background[channel]!;
      data[at + channel] = ground + (colour[channel]! - ground) * share;
    }
    data[at + 3] = 255;
  };
  for (let column = 0; column < history.columns; column++) {
    const bucket = target - history.columns + 1 + column;
    const from = (((bucket % history.columns) + history.columns) % history.columns) * history.ticks - history.firstTick;
    for (let row = 0; row < rows; row++) {
      const tick = range.high - row;
      const bid = history.bids[from + tick]!;
      const ask = history.asks[from + tick]!;
      const size = Math.max(bid, ask);
      const share = size === 0 ? 0 : 0.06 + 0.74 * Math.sqrt(Math.min(1, size / top));
      blend((row * history.columns + column) * 4, bid >= ask ? palette.back : palette.lay, share);
    }
  }
}

function mark(context: CanvasRenderingContext2D, trade: TradeMark, x: number, y: number, radius: number): void {
  context.beginPath();
  if (trade.aggressor === 'laid') {
    context.moveTo(x, y - radius);
    context.lineTo(x + radius, y + radius * 0.8);
    context.lineTo(x - radius, y + radius * 0.8);
    context.closePath();
  } else if (trade.aggressor === 'backed') {
    context.arc(x, y, radius, 0, Math.PI * 2);
  } else {
    context.rect(x - radius * 0.7, y - radius * 0.7, radius * 1.4, radius * 1.4);
  }
  context.fill();
  context.stroke();
}

/** A pixel a column and a price. */
interface Ground {
  readonly image: ImageData;
  readonly small: OffscreenCanvas;
}

/** Kept with what they are drawn on: made anew at every frame they are most of its garbage. */
const grounds = new WeakMap<CanvasRenderingContext2D, Ground>();

function groundOf(context: CanvasRenderingContext2D, columns: number, rows: number): Ground {
  const kept = grounds.get(context);
  if (kept?.image.width === columns && kept.image.height === rows) return kept;
  const ground = { image: new ImageData(columns, rows), small: new OffscreenCanvas(columns, rows) };
  grounds.set(context, ground);
  return ground;
}

export function paint(context: CanvasRenderingContext2D, view: DepthView): Range {
  const { history, rules, palette, width, height, pixelRatio } = view;
  const range = visibleTicks(history, rules);
  const rows = range.high - range.low + 1;
  const { image, small } = groundOf(context, history.columns, rows);
  paintDepth(view, range, image);
  small.getContext('2d')?.putImageData(image, 0, 0);
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);

  const rowHeight = height / rows;
  const yOf = (tick: number): number => (range.high - tick + 0.5) * rowHeight;
  const span = history.bucketNanos * history.columns;
  const right = (Math.floor(view.time / history.bucketNanos) + 1) * history.bucketNanos;
  const xOf = (time: number): number => (1 - (right - time) / span) * width;

  if (rowHeight >= 5) {
    context.fillStyle = css(palette.background, 0.55);
    for (let row = 1; row < rows; row++) context.fillRect(0, Math.round(row * rowHeight), width, 1);
  }
  context.strokeStyle = css(palette.ink);
  context.lineWidth = 1.4;
  context.lineJoin = 'round';
  context.beginPath();
  let drawing = false;
  const target = Math.floor(view.time / history.bucketNanos);
  for (let column = 0; column < history.columns; column++) {
    const bucket = target - history.columns + 1 + column;
    const price = history.lastTraded[((bucket % history.columns) + history.columns) % history.columns]!;
    if (Number.isNaN(price)) continue;
    const y = (range.high - ladderOffset(rules.ladder, price) + 0.5) * rowHeight;
    const x = ((column + 0.5) / history.columns) * width;
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    drawing = true;
  }
  context.stroke();

  const largest = history.trades.reduce((most, trade) => Math.max(most, trade.size), 0);
  context.lineWidth = 1.1;
  context.fillStyle = css(palette.background);
  for (const trade of history.trades) {
    const share = Math.sqrt(trade.size / (largest || 1));
    if (share < 0.12) continue;
    mark(context, trade, xOf(trade.time), yOf(trade.tick), 1.6 + 5 * share);
  }

  paintOwn(context, view, { xOf, yOf });
  context.font = view.font;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  if (!Number.isNaN(history.startingPrice)) {
    const y = (range.high - ladderOffset(rules.ladder, history.startingPrice) + 0.5) * rowHeight;
    const text = `SP ${history.startingPrice.toFixed(2)}`;
    context.strokeStyle = css(palette.ink);
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
    context.setLineDash([]);
    plate(context, view, { text, x: width - context.measureText(text).width - 12, y });
  }
  const every = Math.max(1, Math.ceil(34 / rowHeight));
  for (let tick = range.high - (range.high % every); tick > range.low; tick -= every) {
    const y = yOf(tick);
    if (y < 10 || y > height - 10) continue;
    plate(context, view, { text: priceText(rules, tick), x: 4, y });
  }
  return range;
}

function plate(
  context: CanvasRenderingContext2D,
  { palette }: DepthView,
  { text, x, y }: { readonly text: string; readonly x: number; readonly y: number }
): void {
  context.fillStyle = css(palette.background, 0.85);
  context.fillRect(x, y - 8, context.measureText(text).width + 8, 16);
  context.fillStyle = css(palette.ink);
  context.fillText(text, x + 4, y + 0.5);
}

/** An order as a dashed line for as long as it waited, a full dot for each of its fills. */
function paintOwn(
  context: CanvasRenderingContext2D,
  { own = [], palette, time, width }: DepthView,
  { xOf, yOf }: { readonly xOf: (time: number) => number; readonly yOf: (tick: number) => number }
): void {
  context.strokeStyle = css(palette.accent);
  context.lineWidth = 2.5;
  context.setLineDash([5, 3]);
  for (const { accepted, ended, tick } of own) {
    const until = xOf(Math.min(ended, time));
    if (accepted > time || until < 0) continue;
    context.beginPath();
    context.moveTo(Math.max(0, xOf(accepted)), yOf(tick));
    context.lineTo(Math.min(width, until), yOf(tick));
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = css(palette.accent);
  context.strokeStyle = css(palette.background);
  context.lineWidth = 1.5;
  for (const fill of own.flatMap((order) => order.fills)) {
    if (fill.time > time || xOf(fill.time) < 0) continue;
    context.beginPath();
    context.arc(xOf(fill.time), yOf(fill.tick), 5.5, 0, Math.PI * 2);
    context.fill();
    context.stroke();
  }
}
