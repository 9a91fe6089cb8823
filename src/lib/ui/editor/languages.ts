/** A language's grammar, loaded when the first cell of its kind is opened. */
import type { Extension } from '@codemirror/state';
import type { CellMode } from '$lib/notebook/document.ts';

/** Tables and their columns, for completion. */
export type SqlTables = Readonly<Record<string, readonly string[]>>;

export async function languageOf(mode: CellMode, tables: SqlTables): Promise<Extension> {
  switch (mode) {
    case 'md':
      return (await import('@codemirror/lang-markdown')).markdown();
    case 'js':
      return (await import('@codemirror/lang-javascript')).javascript();
    case 'ts':
      return (await import('@codemirror/lang-javascript')).javascript({ typescript: true });
    case 'html':
      return (await import('@codemirror/lang-markdown')).markdown({ completeHTMLTags: true });
    case 'sql': {
      const { sql, PostgreSQL } = await import('@codemirror/lang-sql');
      const schema = Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, [...columns]]));
      return sql({ dialect: PostgreSQL, schema, upperCaseKeywords: false });
    }
  }
}
