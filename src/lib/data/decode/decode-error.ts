/** The two faults of packed input, both located. What was decoded before them has been handed on already. */
import { AppError } from '../../core/errors.ts';

export function truncated(name: string, container: string, byte: number): AppError {
  return new AppError('data.truncated', {
    subject: name,
    expected: `a whole ${container} file`,
    got: `it ends at byte ${String(byte)} in the middle of its data`,
    remedy: 'copy or download the file again; what comes before the end can still be read'
  });
}

export function corrupt(options: {
  name: string;
  container: string;
  byte: number;
  what: string;
  cause?: unknown;
}): AppError {
  const { name, container, byte, what, cause } = options;
  return new AppError('data.corrupt', {
    subject: name,
    expected: `sound ${container} data`,
    got: `${what} at byte ${String(byte)}`,
    remedy: 'copy or download the file again',
    cause
  });
}
