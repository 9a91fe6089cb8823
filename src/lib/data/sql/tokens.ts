/** A query's text as tokens, enough to see which tables it names and how it narrows them; it knows no grammar. */

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  /** Words in lower case; quoted names and strings without their quotes, in the case they came in. */
  readonly text: string;
  /** Parentheses, brackets and braces that are open around it. */
  readonly depth: number;
}

/* Lines end where DuckDB ends them; `e'\''` is one string. */
const TOKEN =
  /\s+|--[^\r\n]*|[eE]'(?:''|\\[\s\S]|[^'\\])*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|[^]/uy;

/** @returns tokens without white space and comments; text that never closes its quote runs to the end */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      at = commentEnd(sql, at);
      continue;
    }
    TOKEN.lastIndex = at;
    const text = TOKEN.exec(sql)?.[0] ?? sql.slice(at);
    at += text.length;
    if (/^(?:\s|--)/u.test(text)) continue;
    const first = text[0] ?? '';
    if (')]}'.includes(first)) depth = Math.max(0, depth - 1);
    tokens.push({ ...classify(text, first), depth });
    if ('([{'.includes(first)) depth++;
  }
  return tokens;
}

/** Comments lie in comments. */
function commentEnd(sql: string, from: number): number {
  let open = 0;
  for (let at = from; at < sql.length; at++) {
    const pair = sql.slice(at, at + 2);
    if (pair !== '/*' && pair !== '*/') continue;
    open += pair === '/*' ? 1 : -1;
    at++;
    if (open === 0) return at + 1;
  }
  return sql.length;
}

function classify(text: string, first: string): Pick<Token, 'kind' | 'text'> {
  if (first === "'") return { kind: 'string', text: text.slice(1, -1).replaceAll("''", "'") };
  if (first === '"') return { kind: 'quoted', text: text.slice(1, -1).replaceAll('""', '"') };
  if (first === '$' && text.length > 1) return { kind: 'string', text: text.replace(/^\$[^$]*\$|\$[^$]*\$$/gu, '') };
  /* With its escapes it is taken for no known text. */
  if (/^e'/iu.test(text)) return { kind: 'symbol', text };
  if (/[\p{L}_]/u.test(first)) return { kind: 'word', text: text.toLowerCase() };
  return { kind: /\d/u.test(first) ? 'number' : 'symbol', text };
}

/** Whether the token there names the table: `FROM 'tape'` does, too. */
export function namesTable(tokens: readonly Token[], at: number, table: string): boolean {
  const token = tokens[at];
  if (token === undefined || token.text.toLowerCase() !== table) return false;
  if (token.kind !== 'string') return token.kind === 'word' || token.kind === 'quoted';
  return isWord(tokens[at - 1], 'from', 'join') || isSymbol(tokens[at - 1], ',');
}

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

export const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'symbol' && token.text === text;
