/** An error as text that can be pasted into a report: everything the note shows, and where it happened. */
import type { AppError } from '$lib/core/errors.ts';

export function errorReport(error: AppError, where: { readonly code: string; readonly agent: string }): string {
  const lines = [
    `error: ${error.code}`,
    `subject: ${error.subject}`,
    ...(error.expected === undefined ? [] : [`expected: ${error.expected}`]),
    `came: ${error.got}`,
    `what to do: ${error.remedy}`,
    `furlong ${where.code}, ${where.agent}`
  ];
  const { cause } = error;
  if (cause !== undefined) {
    const text =
      cause instanceof Error
        ? (cause.stack ?? cause.message)
        : typeof cause === 'string'
          ? cause
          : JSON.stringify(cause);
    lines.push(`cause: ${text}`);
  }
  if (error.stack !== undefined) lines.push(error.stack);
  return lines.join('\n');
}
