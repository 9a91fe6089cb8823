/** A query's text as tokens, enough to see which tables it names and how it narrows them; it knows no grammar. */

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  /** Words in lower case; quoted names and strings without their quotes, in the case they came in. */
  readonly text: string;
  /** Parentheses, brackets and braces that are open around it. */
  readonly depth: number;
}

const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\1\$|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|[^]/gu;

/** @returns tokens without white space and comments; text that never closes its quote runs to the end */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const text = match[0];
    if (/^(?:\s|--|\/\*)/u.test(text)) continue;
    const first = text[0] ?? '';
    if (')]}'.includes(first)) depth = Math.max(0, depth - 1);
    tokens.push({ ...classify(text, first), depth });
    if ('([{'.includes(first)) depth++;
  }
  return tokens;
}

function classify(text: string, first: string): Pick<Token, 'kind' | 'text'> {
  if (first === "'") return { kind: 'string', text: text.slice(1, -1).replaceAll("''", "'") };
  if (first === '"') return { kind: 'quoted', text: text.slice(1, -1).replaceAll('""', '"') };
  if (first === '$' && text.length > 1) return { kind: 'string', text: text.replace(/^\$\w*\$|\$\w*\$$/gu, '') };
  if (/[\p{L}_]/u.test(first)) return { kind: 'word', text: text.toLowerCase() };
  return { kind: /\d/u.test(first) ? 'number' : 'symbol', text };
}

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

export const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'symbol' && token.text === text;
