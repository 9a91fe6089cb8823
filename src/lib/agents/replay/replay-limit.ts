/** What a replay may take of the machine's memory, checked before any of it is taken. */
import { AppError } from '../../core/errors.ts';

/** Bytes; without a limit when left out. */
export type MostBytes = number | undefined;

const MEGABYTE = 1e6;

/** @throws AppError `config.invalid` that says what would fit */
export function mustFit(wanted: { readonly rows: number; readonly bytes: number }, most: MostBytes): void {
  const { rows, bytes } = wanted;
  if (most === undefined || bytes <= most) return;
  const fits = Math.floor((rows / bytes) * most);
  const megabytes = (count: number): string => `${String(Math.ceil(count / MEGABYTE))} MB`;
  throw new AppError('config.invalid', {
    subject: 'agent.replaySteps',
    expected: `at most ${String(fits)}, which take the ${megabytes(most)} of training.replayMegabytes`,
    got: `${String(rows)}, which take ${megabytes(bytes)}`,
    remedy: 'lower replaySteps, or raise replayMegabytes where the machine has the memory'
  });
}
