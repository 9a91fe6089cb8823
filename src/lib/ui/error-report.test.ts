import { expect, it } from 'vitest';
import { AppError } from '$lib/core/errors.ts';
import { errorReport } from './error-report.ts';

it('copies everything the note shows, and where it happened', () => {
  const error = new AppError('data.sequence', {
    subject: 'market 1.179',
    expected: 'clk after AL2',
    got: 'AL1',
    remedy: 're-import the file',
    cause: new Error('deep down')
  });
  const text = errorReport(error, { code: 'abc123', agent: 'Browser/1' });
  for (const part of [
    'data.sequence',
    'market 1.179',
    'clk after AL2',
    'AL1',
    're-import',
    'abc123',
    'Browser/1',
    'deep down'
  ]) {
    expect(text).toContain(part);
  }
});
