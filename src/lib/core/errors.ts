/**
 * What a user, a file, a venue or a device can cause. Each has a stable code, and its text names the subject, what
 * was expected, what came and what to do. It survives a worker boundary through `toWire` and `fromWire`.
 */

export type ErrorCode =
  | 'aborted'
  | 'config.invalid'
  | 'config.version'
  | 'data.corrupt'
  | 'data.drift'
  | 'data.empty'
  | 'data.kind'
  | 'data.limit'
  | 'data.missing'
  | 'data.sequence'
  | 'data.truncated'
  | 'device.lost'
  | 'device.none'
  | 'isolation.missing'
  | 'link.invalid'
  | 'network.refused'
  | 'network.unavailable'
  | 'notebook.cell'
  | 'order.refused'
  | 'proxy.limit'
  | 'proxy.operation'
  | 'query.invalid'
  | 'storage.full'
  | 'storage.locked'
  | 'storage.unavailable'
  | 'training.diverged'
  | 'unexpected';

export interface ErrorDetails {
  /** What it is about: a file, a market, a field, a device. */
  readonly subject: string;
  /** What was wrong, as a clause (`clk went back from AL2 to AL1`); with `expected`, what came instead (`AL1`). */
  readonly got: string;
  readonly expected?: string;
  /** What to do next, as an imperative: `re-import the file`. */
  readonly remedy: string;
  readonly cause?: unknown;
}

export interface WireError {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly got: string;
  readonly expected?: string;
  readonly remedy: string;
  readonly stack?: string;
  readonly cause?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly got: string;
  readonly expected: string | undefined;
  readonly remedy: string;

  constructor(code: ErrorCode, details: ErrorDetails) {
    const expected = details.expected === undefined ? '' : `expected ${details.expected}, got `;
    super(`${details.subject}: ${expected}${details.got}; ${details.remedy}`, { cause: details.cause });
    this.code = code;
    this.subject = details.subject;
    this.got = details.got;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }
}

export const aborted = (subject: string): AppError =>
  new AppError('aborted', { subject, got: 'stopped before it was done', remedy: 'start it again when you want it' });

/** Throws the `aborted` error when the signal has fired. */
export function checkAborted(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted) throw aborted(subject);
}

/** Any thrown value as an `AppError`: one stays as it is, a bug becomes `unexpected` with its cause kept. */
export function asAppError(thrown: unknown, subject: string): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return aborted(subject);
  if (thrown instanceof DOMException && thrown.name === 'QuotaExceededError') {
    return new AppError('storage.full', {
      subject,
      got: 'the browser has no room left for this site',
      remedy: 'delete a dataset or a run on the Data page, or free disk space, and try again',
      cause: thrown
    });
  }
  const got = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('unexpected', { subject, got, remedy: 'copy this message into a bug report', cause: thrown });
}

export function toWire(error: AppError): WireError {
  return {
    code: error.code,
    subject: error.subject,
    got: error.got,
    remedy: error.remedy,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause instanceof Error ? { cause: error.cause.message } : {})
  };
}

export function fromWire(wire: WireError): AppError {
  const error = new AppError(wire.code, wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}
