/** Numbers as people's tables write them: a point or a comma before the fraction, thousands grouped or not. */

export type DecimalMark = '.' | ',';

const PLAIN: Readonly<Record<DecimalMark, RegExp>> = {
  '.': /^[+-]?(?:\d+|\d{1,3}(?:[, '\u00a0\u202f]\d{3})+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?$/u,
  ',': /^[+-]?(?:\d+|\d{1,3}(?:[. '\u00a0\u202f]\d{3})+)?(?:,\d*)?(?:[eE][+-]?\d{1,3})?$/u
};

/** @returns NaN for what is no number under that mark, `nan` and an empty cell among it */
export function numberOf(text: string, mark: DecimalMark): number {
  const cell = text.trim();
  if (!/\d/u.test(cell) || !PLAIN[mark].test(cell)) return Number.NaN;
  const plain =
    mark === '.' ? cell.replace(/[, '\u00a0\u202f]/gu, '') : cell.replace(/[. '\u00a0\u202f]/gu, '').replace(',', '.');
  return Number(plain);
}

/** The mark that reads the most of the texts as numbers; the point where both do. */
export function markOf(texts: readonly string[]): DecimalMark {
  const read = (mark: DecimalMark): number => texts.filter((text) => !Number.isNaN(numberOf(text, mark))).length;
  // `1,234.5` and `1.234,5` each fit one mark alone; `1.234` fits both and is taken for what it most often is.
  return read(',') > read('.') ? ',' : '.';
}
