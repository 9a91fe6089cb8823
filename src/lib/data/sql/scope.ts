/**
 * Which markets a query needs of a large table (`tape`, `bronze`, `runner_ts`). Every mention counts; one is narrowed
 * only when its own WHERE, at its own depth and joined by AND alone, says `market = '...'`, `market IN ('...')` or the
 * same of `dataset`. In doubt everything is needed: a wrong guess would make a wrong answer.
 */
import type { Token } from './tokens.ts';
import { isSymbol, isWord, namesTable } from './tokens.ts';

/** Markets that may appear; undefined stands for any. */
export interface Narrowing {
  readonly datasets: ReadonlySet<string> | undefined;
  readonly markets: ReadonlySet<string> | undefined;
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
  scope.some((one) => (one.datasets?.has(dataset) ?? true) && (one.markets?.has(market) ?? true));

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
  let datasets: ReadonlySet<string> | undefined;
  let markets: ReadonlySet<string> | undefined;
  for (const conjunct of splitAtAnd(condition, depth)) {
    const qualified = isSymbol(conjunct[1], '.');
    if (!mine(qualified ? conjunct[0]?.text.toLowerCase() : undefined)) continue;
    const [column, ...rest] = qualified ? conjunct.slice(2) : conjunct;
    const values = valuesOf(rest);
    if (values === undefined) continue;
    if (isWord(column, 'market')) markets = intersect(markets, values);
    else if (isWord(column, 'dataset')) datasets = intersect(datasets, values);
  }
  return { datasets, markets };
}

/** The strings of `= 'a'` or `in ('a', 'b')`, and of nothing else. */
function valuesOf(tokens: readonly Token[]): ReadonlySet<string> | undefined {
  const [operator, ...rest] = tokens;
  if (isSymbol(operator, '=')) {
    const [value, more] = rest;
    return value?.kind === 'string' && more === undefined ? new Set([value.text]) : undefined;
  }
  if (!isWord(operator, 'in') || !isSymbol(rest[0], '(') || !isSymbol(rest.at(-1), ')')) return undefined;
  const values = new Set<string>();
  for (const [i, token] of rest.slice(1, -1).entries()) {
    if (i % 2 === 0 && token.kind === 'string') values.add(token.text);
    else if (!(i % 2 === 1 && isSymbol(token, ','))) return undefined;
  }
  return values;
}

function splitAtAnd(condition: readonly Token[], depth: number): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  for (const token of condition) {
    if (token.depth === depth && isWord(token, 'and')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

const intersect = (before: ReadonlySet<string> | undefined, values: ReadonlySet<string>): ReadonlySet<string> =>
  before === undefined ? values : new Set([...before].filter((value) => values.has(value)));
