/** What may be asked: one statement that only reads; or, where writing is allowed, one that writes tables of the user's own. */
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

const STATEMENTS = [...READING, ...WRITING.filter((word) => word !== 'copy'), 'from', 'values', 'summarize'] as const;
/** Words between a verb and the name of what it writes. */
const BETWEEN = [
  'or',
  'replace',
  'temp',
  'temporary',
  'table',
  'view',
  'macro',
  'if',
  'not',
  'exists',
  'into',
  'from'
] as const;

/**
 * Tables of the user's own live in memory, beside those that are stored; the latter are only ever read.
 * @param stored names of what is stored
 * @throws query.invalid for anything but one statement, for one that would change a stored table or leave the tab
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
  statement.forEach((token, at) => {
    if (!isWord(token, ...WRITING)) return;
    let named = at + 1;
    while (isWord(statement[named], ...BETWEEN)) named++;
    const name = statement[named];
    const target = name?.kind === 'word' || name?.kind === 'quoted' ? name.text.toLowerCase() : '';
    if (stored.has(target) || target === 'store' || target === 'main') {
      throw forbidden(`it would ${token.text.toUpperCase()} ${target}, which is stored`, 'choose a name of your own');
    }
  });
}

const forbidden = (got: string, remedy = 'begin with SELECT, or with what makes a table of your own'): AppError =>
  new AppError('query.invalid', {
    subject: 'the query',
    expected: 'one statement that changes nothing stored',
    got,
    remedy
  });

const refused = (got: string, remedy = 'begin with SELECT, WITH, EXPLAIN, DESCRIBE or SHOW'): AppError =>
  new AppError('query.invalid', { subject: 'the query', expected: 'one statement that only reads', got, remedy });
