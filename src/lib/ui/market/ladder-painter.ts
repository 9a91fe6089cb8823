/** Draws a ladder on a canvas, a row a price: what waits, what was traded, and what of it is ours. */
import type { MarketRules } from '$lib/market/rules.ts';
import { formatSigned } from '../format.ts';
import { sizeText } from './ladder-rows.ts';
import type { LadderRow, OwnRow } from './ladder-rows.ts';
import { css } from './palette.ts';
import type { Palette } from './palette.ts';

/** CSS pixels from price to price. */
export const ROW_HEIGHT = 21;
const PAD = 6;

export type LadderColumn = 'closed' | 'own' | 'back' | 'price' | 'lay' | 'traded';

/** Columns from left to right with their parts of the width. */
export const PLAIN_COLUMNS: readonly (readonly [LadderColumn, number])[] = [
  ['back', 25],
  ['price', 26],
  ['lay', 25],
  ['traded', 24]
];
export const OWN_COLUMNS: readonly (readonly [LadderColumn, number])[] = [
  ['closed', 18],
  ['own', 21],
  ['back', 15],
  ['price', 15],
  ['lay', 15],
  ['traded', 16]
];

export interface LadderView {
  readonly rows: readonly LadderRow[];
  readonly columns: readonly (readonly [LadderColumn, number])[];
  readonly rules: MarketRules;
  readonly palette: Palette;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
  /** The monospace family. */
  readonly family: string;
}

interface Span {
  readonly left: number;
  readonly right: number;
}

function spansOf({ columns, width }: LadderView): ReadonlyMap<LadderColumn, Span> {
  const spans = new Map<LadderColumn, Span>();
  const whole = columns.reduce((sum, [, part]) => sum + part, 0);
  let left = 0;
  for (const [column, part] of columns) {
    const right = left + (part / whole) * width;
    spans.set(column, { left, right });
    left = right;
  }
  return spans;
}

/** `B 8.43`, `L 2.10`, `B 4 L 3`; nothing where neither is. */
const bothSides = (back: number, lay: number, rules: MarketRules): string =>
  [back > 0 ? `B ${ownSize(back, rules)}` : '', lay > 0 ? `L ${ownSize(lay, rules)}` : '']
    .filter((part) => part !== '')
    .join(' ');

/** Our stakes are small beside the market's: to the cent where they are not whole. */
export const ownSize = (size: number, rules: MarketRules): string =>
  Number.isInteger(size) || size >= 1000 ? sizeText(size, rules) : size.toFixed(2);

export const waitingText = ({ waitingBack, waitingLay }: OwnRow, rules: MarketRules): string =>
  bothSides(waitingBack, waitingLay, rules);
export const matchedText = ({ matchedBack, matchedLay }: OwnRow, rules: MarketRules): string =>
  bothSides(matchedBack, matchedLay, rules);

export const closedText = ({ closed }: OwnRow): string => (closed === undefined ? '' : formatSigned(closed));

export function paintLadder(context: CanvasRenderingContext2D, view: LadderView): void {
  const { rows, rules, palette, width, height, pixelRatio, family } = view;
  const spans = spansOf(view);
  const figures = `12px ${family}`;
  const prices = `650 12px ${family}`;
  const small = `11px ${family}`;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.textBaseline = 'middle';
  const most = rows.reduce((high, row) => Math.max(high, row.back, row.lay), rules.lotSize);
  const mostTraded = rows.reduce((high, row) => Math.max(high, row.traded), rules.lotSize);

  const price = spans.get('price')!;
  context.fillStyle = css(palette.soft);
  context.fillRect(price.left, 0, price.right - price.left, rows.length * ROW_HEIGHT);

  const text = (words: string, span: Span, y: number, align: 'left' | 'right' | 'center'): void => {
    context.textAlign = align;
    const x = align === 'left' ? span.left + PAD : align === 'right' ? span.right - PAD : (span.left + span.right) / 2;
    context.fillText(words, x, y + 0.5);
  };
  const size = (value: number, span: Span, y: number, align: 'left' | 'right'): void => {
    if (value > 0) text(sizeText(value, rules), span, y, align);
  };

  rows.forEach((row, index) => {
    const top = index * ROW_HEIGHT;
    const middle = top + ROW_HEIGHT / 2;
    const bar = (span: Span, share: number, align: 'left' | 'right', fill: string): void => {
      if (share <= 0) return;
      const wide = (span.right - span.left) * share;
      context.fillStyle = fill;
      context.fillRect(align === 'left' ? span.left : span.right - wide, top + 1, wide, ROW_HEIGHT - 2);
    };
    const [back, lay, traded] = [spans.get('back')!, spans.get('lay')!, spans.get('traded')!];
    bar(back, row.back / most, 'right', css(palette.backSoft));
    bar(lay, row.lay / most, 'left', css(palette.laySoft));
    bar(traded, row.traded / mostTraded, 'right', css(palette.soft));

    context.font = figures;
    context.fillStyle = css(palette.ink);
    size(row.back, back, middle, 'right');
    size(row.lay, lay, middle, 'left');
    context.fillStyle = css(palette.muted);
    size(row.traded, traded, middle, 'right');

    if (row.bestBack) {
      context.fillStyle = css(palette.back);
      context.fillRect(price.left, top, 3, ROW_HEIGHT);
    }
    if (row.bestLay) {
      context.fillStyle = css(palette.lay);
      context.fillRect(price.right - 3, top, 3, ROW_HEIGHT);
    }
    context.font = prices;
    context.fillStyle = css(palette.ink);
    text(row.price, price, middle, 'center');

    context.fillStyle = css(palette.line);
    context.fillRect(0, top + ROW_HEIGHT - 1, width, 1);
    if (row.lastTraded) {
      context.strokeStyle = css(palette.ink);
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(price.left + 1.5, top + 1.5, price.right - price.left - 3, ROW_HEIGHT - 4, 3);
      context.stroke();
    }

    const closed = spans.get('closed');
    const own = spans.get('own');
    if (row.own === undefined || closed === undefined || own === undefined) return;
    context.font = small;
    const worth = closedText(row.own);
    context.fillStyle = css(worth.startsWith('+') ? palette.accentInk : palette.muted);
    text(worth, closed, middle, 'right');
    paintOwn(context, row.own, { view, span: own, top });
  });
}

/** What waits in a frame at the right, as a ticket that lies there; what was matched after a full dot at the left. */
function paintOwn(
  context: CanvasRenderingContext2D,
  own: OwnRow,
  { view, span, top }: { readonly view: LadderView; readonly span: Span; readonly top: number }
): void {
  const { rules, palette } = view;
  const middle = top + ROW_HEIGHT / 2;
  const waiting = waitingText(own, rules);
  const matched = matchedText(own, rules);
  context.fillStyle = css(palette.accentInk);
  if (matched !== '') {
    context.beginPath();
    context.arc(span.left + PAD, middle, 3, 0, Math.PI * 2);
    context.fill();
    context.textAlign = 'left';
    // Beside a ticket there is no room for its size: the table has it.
    if (waiting === '') context.fillText(matched, span.left + PAD + 7, middle + 0.5);
  }
  if (waiting === '') return;
  const wide = context.measureText(waiting).width + 8;
  context.strokeStyle = css(palette.accent);
  context.lineWidth = 1.25;
  context.beginPath();
  context.roundRect(span.right - 3 - wide, top + 2.5, wide, ROW_HEIGHT - 6, 3);
  context.stroke();
  context.textAlign = 'right';
  context.fillText(waiting, span.right - 7, middle + 0.5);
}
