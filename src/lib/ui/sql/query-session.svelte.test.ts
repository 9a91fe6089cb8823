import { expect, test } from 'vitest';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { AppError } from '$lib/core/errors.ts';
import type { DataApi } from '$lib/workers/data-api.ts';
import { QuerySession } from './query-session.svelte.ts';

const ipc = new Uint8Array(tableToIPC(tableFromArrays({ n: [1, 2] }), 'stream'));
const wrong = new AppError('query.invalid', { subject: 'the query', got: 'nonsense', remedy: 'correct it' });
/** Answers what begins with SELECT, refuses all else. */
const data = {
  query: (sql) => (sql.startsWith('select') ? Promise.resolve({ ipc, rows: 2, millis: 1 }) : Promise.reject(wrong))
} satisfies Pick<DataApi, 'query'>;

test('no answer stays beside the error of the next query, and no error beside an answer', async () => {
  const session = new QuerySession(data, 'select n');
  await session.run();
  session.toggleChart();
  expect(session.result?.rows).toBe(2);
  session.text = 'nonsense';
  await session.run();
  expect(session.error?.code).toBe('query.invalid');
  expect([session.result, session.chart, session.plan]).toEqual([undefined, undefined, undefined]);
  session.text = 'select n';
  await session.run();
  expect(session.error).toBeUndefined();
  expect(session.result?.rows).toBe(2);
});
