/** What an import says of itself while it goes and when it is done. Pure. */
import type { AppError } from '$lib/core/errors.ts';
import type { ImportProgress, ImportReport, PartialImport } from '$lib/data/records.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../format.ts';

const PHASES: Readonly<Record<ImportProgress['phase'], string>> = {
  reading: 'Reading',
  writing: 'Writing',
  cataloguing: 'Cataloguing'
};

export const progressTitle = (progress: ImportProgress): string =>
  progress.files > 1
    ? `${PHASES[progress.phase]} ${progress.file} (${String(progress.fileIndex + 1)} of ${String(progress.files)})`
    : `${PHASES[progress.phase]} ${progress.file}`;

export const progressDetail = (progress: ImportProgress): string =>
  `${plural(progress.messages, 'message')}, ${plural(progress.markets, 'market')}`;

export const progressShare = (progress: ImportProgress): number | undefined =>
  progress.bytesTotal > 0 ? progress.bytesRead / progress.bytesTotal : undefined;

/** From the speed so far; nothing is said before a twentieth is done. */
export function secondsLeft(progress: ImportProgress, elapsedSeconds: number): number | undefined {
  const share = progressShare(progress) ?? 0;
  if (progress.phase !== 'reading' || share < 0.05) return undefined;
  return (elapsedSeconds / share) * (1 - share);
}

/**
 * Of files that wait for a running import.
 * @param files none where what waits is a half-finished import whose files are all read
 */
export function waitingWords(files: readonly { readonly name: string }[]): string {
  const [first, ...others] = files;
  if (first === undefined) return 'A half-finished import waits for this one to end';
  const more = others.length === 0 ? 'waits' : `and ${plural(others.length, 'more file')} wait`;
  return `${first.name} ${more} for this import to end`;
}

/** Over what came of an import. */
export function outcomeTitle(report: ImportReport | undefined, error: AppError | undefined): string {
  if (error !== undefined) return error.code === 'aborted' ? 'Import cancelled' : 'Nothing was imported';
  return report?.dataset.partial === undefined ? 'Imported' : 'Imported in part: no room for the rest';
}

/** What is missing of a dataset that is a part, and what to do. */
export function partialWords({ unreadFiles, neededBytes, leftBytes, remedy }: PartialImport): string {
  const unread = `${plural(unreadFiles, 'file was', 'files were')} not read to the end`;
  const room = `about ${formatBytes(neededBytes)} more are needed, the browser says ${formatBytes(leftBytes)} are left`;
  return `This dataset is partial: ${unread}; ${room}. To have the rest: ${remedy}.`;
}

/** The report as pairs of what and how much. */
export function reportFigures(report: ImportReport): readonly (readonly [what: string, value: string])[] {
  const { dataset, markets, seconds } = report;
  const day = (millis: number): string => new Date(millis).toISOString().slice(0, 16).replace('T', ' ');
  const definitions = markets.reduce((sum, market) => sum + market.definitions, 0);
  return [
    ['Dataset', dataset.name],
    ['Messages', formatCount(dataset.messages)],
    ['Market definitions', formatCount(definitions)],
    ['Markets', `${formatCount(dataset.markets)}, ${formatCount(dataset.trainable)} trainable`],
    ['Runners', formatCount(dataset.runners)],
    ['Trades', formatCount(dataset.trades)],
    ['Time', `${day(dataset.firstMillis)} to ${day(dataset.lastMillis)} UTC`],
    ['Read in', formatDuration(seconds)]
  ];
}

interface Untrainable {
  /** Their ids. */
  readonly markets: readonly string[];
  readonly reason: string;
}

/** Markets that no episode can be made of, those of one reason together, the commonest first. */
export function whyUntrainable(
  markets: readonly { readonly id: string; readonly trainable: boolean; readonly reason?: string }[]
): readonly Untrainable[] {
  const by = new Map<string, string[]>();
  for (const { id, trainable, reason = 'no reason was given' } of markets) {
    if (!trainable) by.set(reason, [...(by.get(reason) ?? []), id]);
  }
  return [...by].map(([reason, ids]) => ({ reason, markets: ids })).sort((a, b) => b.markets.length - a.markets.length);
}
