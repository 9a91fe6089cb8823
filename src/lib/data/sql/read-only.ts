/**
 * What may be asked: one statement that only reads; or, where writing is allowed, one that makes and changes tables. That
 * it writes none but the user's own is for the engine to say: see `own-tables.ts`.
 */
import { AppError } from '../../core/errors.ts';
import type { Token } from './tokens.ts';
import { isSymbol, isWord, namesTable } from './tokens.ts';

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
  checkNamed(statement);
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

const STATEMENTS = [...READING, ...WRITING.filter((word) => word !== 'copy'), 'from', 'values', 'summarize'] as const;

/**
 * @param stored names of what is stored
 * @throws query.invalid for anything but one statement, and for a view or macro of what is stored
 */
export function checkWrites(tokens: readonly Token[], stored: ReadonlySet<string>): void {
  const end = tokens.findIndex((token) => isSymbol(token, ';'));
  const statement = end < 0 ? tokens : tokens.slice(0, end);
  if (end >= 0 && tokens.slice(end).some((token) => !isSymbol(token, ';'))) {
    throw forbidden('it holds more than one statement', 'ask one at a time');
  }
  const first = statement.find((token) => !isSymbol(token, '('));
  if (first === undefined) throw forbidden('it is empty');
  if (!isWord(first, ...STATEMENTS)) {
    throw forbidden(`it begins with ${first.text.toUpperCase()}`, `begin with ${STATEMENTS.join(', ').toUpperCase()}`);
  }
  checkNamed(statement);
  /* Rows are loaded for a query that names their table: a query by another name would see what happens to be there. */
  const head = statement.slice(0, statement.findIndex((token) => isWord(token, 'as')) + 1);
  const view = isWord(first, 'create') ? head.find((token) => isWord(token, 'view', 'macro', 'function')) : undefined;
  const inside = [...stored].find((name) => statement.some((_token, at) => namesTable(statement, at, name)));
  if (view !== undefined && inside !== undefined) {
    throw forbidden(
      `it would make a ${view.text.toUpperCase()} of ${inside}, which is loaded only for a query that names it`,
      `make a table of it: CREATE TABLE mine AS SELECT`
    );
  }
}

/** `query('select ...')` and `query_table('tape')` name tables in a text, and what they name would not be loaded. */
function checkNamed(statement: readonly Token[]): void {
  const named = statement.find(
    (token, at) =>
      (token.kind === 'word' || token.kind === 'quoted') &&
      ['query', 'query_table'].includes(token.text.toLowerCase()) &&
      isSymbol(statement[at + 1], '(')
  );
  if (named === undefined) return;
  throw new AppError('query.invalid', {
    subject: 'the query',
    expected: 'tables by their names',
    got: `${named.text.toUpperCase()}() names them in a text, and they would not be loaded`,
    remedy: 'write the name or the query itself'
  });
}

/** A statement that writing does not allow. */
export const forbidden = (
  got: string,
  remedy = 'begin with SELECT, or with what makes a table of your own'
): AppError =>
  new AppError('query.invalid', {
    subject: 'the query',
    expected: 'one statement that changes nothing stored',
    got,
    remedy
  });

const refused = (got: string, remedy = 'begin with SELECT, WITH, EXPLAIN, DESCRIBE or SHOW'): AppError =>
  new AppError('query.invalid', { subject: 'the query', expected: 'one statement that only reads', got, remedy });
