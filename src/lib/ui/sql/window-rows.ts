/** Which rows of a long table are in sight: only these are in the document. Pure. */

export interface RowWindow {
  readonly first: number;
  readonly count: number;
  /** Pixels above the first row. */
  readonly above: number;
  readonly total: number;
}

/** A few rows more than are seen, so that scrolling does not show gaps. */
const SPARE = 8;

export function rowWindow(options: {
  readonly rows: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly height: number;
}): RowWindow {
  const { rows, rowHeight, scrollTop, height } = options;
  const seen = Math.ceil(height / rowHeight) + 1;
  const first = Math.max(0, Math.min(rows - seen, Math.floor(scrollTop / rowHeight)) - SPARE);
  const count = Math.max(0, Math.min(rows - first, seen + 2 * SPARE));
  return { first, count, above: first * rowHeight, total: rows * rowHeight };
}
