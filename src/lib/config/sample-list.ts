/** Recorded amounts as a user writes them: numbers separated by spaces, commas or line ends. */

/** @returns the numbers, none for an empty text; undefined where a word is no amount from 0 to `most` */
export function sampleList(text: string, most: number): readonly number[] | undefined {
  const words = text.split(/[\s,;]+/u).filter((word) => word !== '');
  const values = words.map(Number);
  return values.every((value) => value >= 0 && value <= most) ? values : undefined;
}
