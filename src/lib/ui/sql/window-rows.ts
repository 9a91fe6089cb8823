/** Which rows of a long table are in sight: only these are in the document. Pure. */

export interface RowWindow {
  readonly first: number;
  readonly count: number;
  /** Pixels above the first row. */
  readonly above: number;
  /** Pixels below the last one. */
  readonly below: number;
  readonly total: number;
}

/** A few rows more than are seen, so that scrolling does not show gaps. */
const SPARE = 4;
/**
 * Browsers draw nothing beyond some height (17.9 million pixels in Firefox, 33.5 in Chromium): a longer table is scaled
 * to this one, and a pixel of its scroll bar is then more than a pixel of rows.
 */
const TALLEST = 15_000_000;

export function rowWindow(options: {
  readonly rows: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  /** In sight. */
  readonly height: number;
}): RowWindow {
  const { rows, rowHeight, height } = options;
  const full = rows * rowHeight;
  const total = Math.min(full, TALLEST);
  const reach = Math.max(0, total - height);
  const scrollTop = Math.max(0, Math.min(options.scrollTop, reach));
  /* Where the same share of all rows lies above. */
  const top = reach === 0 ? 0 : (scrollTop / reach) * Math.max(0, full - height);
  const seen = Math.ceil(height / rowHeight) + 1;
  const first = Math.max(0, Math.min(rows - seen, Math.floor(top / rowHeight)) - SPARE);
  const count = Math.max(0, Math.min(rows - first, seen + 2 * SPARE));
  const above = Math.max(0, scrollTop - (top - first * rowHeight));
  return { first, count, above, below: Math.max(0, total - above - count * rowHeight), total };
}
