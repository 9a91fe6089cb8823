import { describe, expect, test } from 'vitest';
import type { FrameMessage } from '../protocol.ts';
import { Questions, sqlLiteral } from './questions.ts';

describe('values in a query', () => {
  test('a text cannot end its own quotation', () => {
    expect(sqlLiteral("x'; drop table runs; --")).toBe("'x''; drop table runs; --'");
  });

  test('numbers, dates, truth, nothing and lists are written as SQL has them', () => {
    expect([1.5, true, undefined, new Date(0), [1, 'a']].map(sqlLiteral)).toEqual([
      '1.5',
      'true',
      'NULL',
      "TIMESTAMP '1970-01-01 00:00:00.000'",
      "(1, 'a')"
    ]);
  });

  test('what is no plain value is refused', () => {
    expect(() => sqlLiteral({})).toThrow('a value in a query');
    expect(() => sqlLiteral(Number.NaN)).toThrow('a value in a query');
  });
});

describe('questions', () => {
  function asked(): { questions: Questions; sent: FrameMessage[] } {
    const sent: FrameMessage[] = [];
    return { sent, questions: new Questions((message) => sent.push(message)) };
  }

  test('an answer comes back as rows with dates, in the order of its columns', async () => {
    const { questions, sent } = asked();
    const rows = questions.sql`select * from markets where id = ${'1.2'}`;
    expect(sent).toEqual([
      { kind: 'question', id: 1, question: { ask: 'sql', query: "select * from markets where id = '1.2'" } }
    ]);
    questions.settle(1, {
      columns: [
        { name: 'at', type: 'date' },
        { name: 'n', type: 'number' }
      ],
      values: [
        [0, 1000],
        [1, undefined]
      ],
      rows: 2
    });
    const got = await rows;
    expect([...got]).toEqual([
      { at: new Date(0), n: 1 },
      { at: new Date(1000), n: undefined }
    ]);
    expect(got.columns).toEqual(['at', 'n']);
  });

  test('a refusal fails the cell that asked, and no other', async () => {
    const { questions } = asked();
    const first = questions.markets();
    const second = questions.runs();
    questions.refuse(1, 'no such thing');
    questions.settle(2, { columns: [], values: [], rows: 0 });
    await expect(first).rejects.toThrow('no such thing');
    await expect(second).resolves.toHaveLength(0);
  });
});
