/** What an archive's reader gives for each thing that stands in it, and under which name. Knows no format. */
import { AppError } from '../../core/errors.ts';

export type ArchiveEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Unpacked. Read, wholly or in part, before the next entry is asked for. */
      readonly bytes: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: 'refused'; readonly path: string; readonly error: AppError };

/** Archives from before UTF-8 hold names in whatever the machine spoke; those are read as Windows-1252, to be shown. */
export function nameOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * A member's path with its needless parts left out.
 * @returns undefined when it climbs out of the archive, or is no path at all
 */
export function safePath(name: string): string | undefined {
  const slashed = name.replaceAll('\\', '/');
  if (slashed.startsWith('/') || /^[a-z]:/iu.test(slashed) || slashed.includes('\0')) return undefined;
  const parts = slashed.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/');
}

export const isFolder = (name: string): boolean => /[/\\]$/u.test(name);

export function refused(archive: string, name: string, got: string, remedy = UNPACK): ArchiveEntry {
  const error = new AppError('data.kind', {
    subject: `${archive}/${shown(name)}`,
    expected: 'a file that can be read out of the archive',
    got,
    remedy
  });
  return { kind: 'refused', path: shown(name), error };
}

export const climbs = (archive: string, name: string): ArchiveEntry =>
  refused(archive, name, 'a path that leads out of it', 'it is left out; pack it again with paths inside the archive');

const UNPACK = 'it is left out; unpack it and import the file itself';

/** Nothing that could be taken for the text around it. */
// eslint-disable-next-line no-control-regex -- these are what must not be shown
const shown = (name: string): string => name.replace(/[\u0000-\u001f\u007f]/gu, '?').slice(0, 200);
