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

test('a cancel says so, takes the plan before it away, and is forgotten by the next query', async () => {
  const asked: string[] = [];
  const slow = {
    query: (sql, { signal } = {}) => {
      asked.push(sql);
      if (sql.startsWith('explain')) return Promise.resolve({ ipc, rows: 2, millis: 1 });
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new AppError('aborted', { subject: 'the query', got: 'a cancel', remedy: 'run it again' }));
        });
      });
    }
  } satisfies Pick<DataApi, 'query'>;
  const session = new QuerySession(slow, 'select n');
  session.cancel();
  expect(session.cancelled).toBe(false);
  await session.run('plan');
  expect(session.plan?.kind).toBe('plan');
  const running = session.run();
  expect(session.running).toBe(true);
  session.cancel();
  expect([session.running, session.cancelled, session.plan, session.error]).toEqual([
    false,
    true,
    undefined,
    undefined
  ]);
  await running;
  expect([session.running, session.cancelled, session.error]).toEqual([false, true, undefined]);
  await session.run('plan');
  expect([session.cancelled, session.plan?.kind]).toEqual([false, 'plan']);
  expect(asked).toEqual(['explain select n', 'select n', 'explain select n']);
});
