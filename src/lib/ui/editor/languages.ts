/** A language's grammar, loaded when the first cell of its kind is opened. */
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import type { CellMode } from '$lib/notebook/document.ts';
import { columnOptions, wantsTable } from './sql-columns.ts';

/** Tables and their columns, for completion. */
export type SqlTables = Readonly<Record<string, readonly string[]>>;

/** The least that CodeMirror knows: columns stand behind all that match as well. */
const AFTER_TABLES = -99;

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
      const columns = PostgreSQL.language.data.of({
        autocomplete: (context: CompletionContext): CompletionResult | null => {
          const word = context.matchBefore(/[A-Za-z_]\w*/u);
          // After a point the grammar's own completion knows the table.
          if (word === null || context.state.sliceDoc(word.from - 1, word.from) === '.') return null;
          const options = columnOptions(context.state.doc.toString(), tables);
          const boost = wantsTable(context.state.sliceDoc(0, context.pos)) ? AFTER_TABLES : 0;
          return {
            from: word.from,
            options: options.map(({ column, of }) => ({ label: column, detail: of, type: 'property', boost })),
            validFor: /^\w*$/u
          };
        }
      });
      return [sql({ dialect: PostgreSQL, schema, upperCaseKeywords: false }), columns];
    }
  }
}
