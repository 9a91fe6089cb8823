/** What may be asked: one statement that only reads. */
import { AppError } from '../../core/errors.ts';
import type { Token } from './tokens.ts';
import { isSymbol, isWord } from './tokens.ts';

const READING = ['select', 'with', 'explain', 'describe', 'show'] as const;
const WRITING = ['insert', 'update', 'delete', 'merge', 'create', 'drop', 'alter', 'copy', 'truncate'] as const;

/** @throws query.invalid for anything but one SELECT, WITH, EXPLAIN, DESCRIBE or SHOW */
export function checkReadOnly(tokens: readonly Token[]): void {
  const end = tokens.findIndex((token) => isSymbol(token, ';'));
  const statement = end < 0 ? tokens : tokens.slice(0, end);
  const first = statement.find((token) => !isSymbol(token, '('));
  if (first === undefined) throw refused('it is empty');
  if (end >= 0 && tokens.slice(end).some((token) => !isSymbol(token, ';'))) {
    throw refused('it holds more than one statement', 'ask one at a time');
  }
  if (!isWord(first, ...READING)) throw refused(`it begins with ${first.text.toUpperCase()}`);
  /* `WITH x AS (...) DELETE ...` writes, and `EXPLAIN ANALYZE DELETE ...` runs what it explains. */
  if (isWord(first, 'with', 'explain')) {
    const writing = statement.find(
      (token, i) =>
        token.depth === first.depth &&
        isWord(token, ...WRITING) &&
        (isSymbol(statement[i - 1], ')') || isWord(statement[i - 1], 'explain', 'analyze'))
    );
    if (writing !== undefined) throw refused(`it would ${writing.text.toUpperCase()}`);
  }
}

const refused = (got: string, remedy = 'begin with SELECT, WITH, EXPLAIN, DESCRIBE or SHOW'): AppError =>
  new AppError('query.invalid', { subject: 'the query', expected: 'one statement that only reads', got, remedy });
