/**
 * Which markets a query needs of a large table (`tape`, `bronze`, `runner_ts`). Every mention counts; one is narrowed
 * only when its own WHERE, at its own depth and joined by AND alone, says `market = '...'`, `market IN ('...')`,
 * `market LIKE '...'` or the same of `dataset`. In doubt everything is needed: a wrong guess would make a wrong answer.
 */
import type { Token } from './tokens.ts';
import { isSymbol, isWord, namesTable } from './tokens.ts';

/** Names that may appear. */
type Names = (name: string) => boolean;

/** Markets that may appear; undefined stands for any. */
export interface Narrowing {
  readonly datasets: Names | undefined;
  readonly markets: Names | undefined;
}

export type Scope = readonly Narrowing[];

const CLAUSES = [
  'group',
  'order',
  'limit',
  'offset',
  'having',
  'qualify',
  'window',
  'union',
  'except',
  'intersect',
  'using',
  'sample'
] as const;
const AFTER_TABLE = [
  'where',
  'join',
  'left',
  'right',
  'full',
  'inner',
  'outer',
  'cross',
  'natural',
  'asof',
  'semi',
  'anti',
  'positional',
  'on',
  'tablesample',
  'pivot',
  'unpivot',
  ...CLAUSES
] as const;

/** @returns a narrowing for every mention of the table; none when it is not named */
export function scopeOf(tokens: readonly Token[], table: string): Scope {
  return tokens.flatMap((_token, i) => {
    /* `tape.market` is a column of a table that is named elsewhere. */
    if (!namesTable(tokens, i, table) || isSymbol(tokens[i + 1], '.')) return [];
    return [narrowingAt(tokens, i)];
  });
}

export const isNeeded = (scope: Scope, dataset: string, market: string): boolean =>
  scope.some((one) => (one.datasets?.(dataset) ?? true) && (one.markets?.(market) ?? true));

const ANY: Narrowing = { datasets: undefined, markets: undefined };

function narrowingAt(tokens: readonly Token[], at: number): Narrowing {
  const mention = tokens[at];
  if (mention === undefined) return ANY;
  const { depth } = mention;
  const before = tokens[at - 1];
  if (!isWord(before, 'from', 'join') && !isSymbol(before, ',')) return ANY;
  let next = at + 1;
  if (isWord(tokens[next], 'as')) next++;
  let alias = mention.text.toLowerCase();
  const named = tokens[next];
  if (
    named?.depth === depth &&
    (named.kind === 'quoted' || (named.kind === 'word' && !isWord(named, ...AFTER_TABLE)))
  ) {
    alias = named.text.toLowerCase();
    next++;
  }
  /* Between the mention and WHERE. */
  let joined = isWord(before, 'join') || isSymbol(before, ',');
  let where = next;
  for (; where < tokens.length; where++) {
    const token = tokens[where];
    if (token === undefined || token.depth < depth || isSymbol(token, ';')) return ANY;
    if (token.depth > depth) continue;
    if (isWord(token, ...CLAUSES) && !isWord(token, 'using')) return ANY;
    if (isWord(token, 'where')) break;
    if (isWord(token, 'join') || isSymbol(token, ',')) joined = true;
  }
  const condition: Token[] = [];
  for (let i = where + 1; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined || token.depth < depth || isSymbol(token, ';')) break;
    if (token.depth === depth && isWord(token, ...CLAUSES)) break;
    condition.push(token);
  }
  return narrowingOf(condition, depth, (qualifier) => (qualifier === undefined ? !joined : qualifier === alias));
}

function narrowingOf(
  condition: readonly Token[],
  depth: number,
  mine: (qualifier: string | undefined) => boolean
): Narrowing {
  const level = condition.filter((token) => token.depth === depth);
  if (level.some((token) => isWord(token, 'or', 'case', 'between'))) return ANY;
  let datasets: Names | undefined;
  let markets: Names | undefined;
  for (const conjunct of splitAtAnd(condition, depth)) {
    const qualified = isSymbol(conjunct[1], '.');
    if (!mine(qualified ? conjunct[0]?.text.toLowerCase() : undefined)) continue;
    const [column, ...rest] = qualified ? conjunct.slice(2) : conjunct;
    const names = namesOf(rest);
    if (names === undefined) continue;
    if (isWord(column, 'market')) markets = both(markets, names);
    else if (isWord(column, 'dataset')) datasets = both(datasets, names);
  }
  return { datasets, markets };
}

/** Those that `= 'a'`, `in ('a', 'b')`, `like 'a%'` or `ilike 'a%'` names, and nothing else. */
function namesOf(tokens: readonly Token[]): Names | undefined {
  const [operator, ...rest] = tokens;
  const [value, more] = rest;
  const only = value?.kind === 'string' && more === undefined ? value.text : undefined;
  if (isSymbol(operator, '=')) return only === undefined ? undefined : (name) => name === only;
  if (isWord(operator, 'like', 'ilike')) {
    return only === undefined ? undefined : likeness(only, isWord(operator, 'ilike'));
  }
  if (!isWord(operator, 'in') || !isSymbol(rest[0], '(') || !isSymbol(rest.at(-1), ')')) return undefined;
  const values = new Set<string>();
  for (const [i, token] of rest.slice(1, -1).entries()) {
    if (i % 2 === 0 && token.kind === 'string') values.add(token.text);
    else if (!(i % 2 === 1 && isSymbol(token, ','))) return undefined;
  }
  return (name) => values.has(name);
}

/**
 * `%` is any text, `_` any one character, a backslash left to DuckDB. Without regard to case ASCII alone is looked at:
 * what else is the same in another case, it says.
 */
function likeness(pattern: string, anyCase: boolean): Names | undefined {
  if (pattern.includes('\\') || (anyCase && !isAscii(pattern))) return undefined;
  const parts = Array.from(pattern, (one) =>
    one === '%' ? '[^]*' : one === '_' ? '[^]' : one.replace(/[$()*+./?[\]^{|}]/u, String.raw`\$&`)
  );
  const like = new RegExp(`^${parts.join('')}$`, anyCase ? 'iu' : 'u');
  return (name) => like.test(name) || (anyCase && !isAscii(name));
}

const isAscii = (text: string): boolean => /^[\u0020-\u007e]*$/u.test(text);

function splitAtAnd(condition: readonly Token[], depth: number): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  for (const token of condition) {
    if (token.depth === depth && isWord(token, 'and')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

const both =
  (before: Names | undefined, names: Names): Names =>
  (name) =>
    names(name) && (before?.(name) ?? true);
