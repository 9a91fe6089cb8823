/** A language's grammar, loaded when the first cell of its kind is opened. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import type { CellMode } from '$lib/notebook/document.ts';
import { columnOptions, wantsTable } from './sql-columns.ts';

/** Tables and their columns, for completion. */
export type SqlTables = Readonly<Record<string, readonly string[]>>;

/** CodeMirror's own measure, -99 to 99, added to how well a word matches: names of the data come before the language's. */
const COLUMN_WHERE_TABLE = -40;
const FUNCTION = -60;
const KEYWORD = -99;

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
      const [{ sql }, { DuckDb }] = await Promise.all([import('@codemirror/lang-sql'), import('./duckdb-dialect.ts')]);
      const schema = Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, [...columns]]));
      const columns = DuckDb.language.data.of({
        autocomplete: (context: CompletionContext): CompletionResult | null => {
          const word = context.matchBefore(/[A-Za-z_]\w*/u);
          const from = word?.from ?? context.pos;
          // Asked for, columns come before a letter is written; after a point the grammar's own completion knows the table.
          if (word === null && !context.explicit) return null;
          if (context.state.sliceDoc(from - 1, from) === '.') return null;
          const options = columnOptions(context.state.doc.toString(), tables);
          const boost = wantsTable(context.state.sliceDoc(0, context.pos)) ? COLUMN_WHERE_TABLE : 0;
          return {
            from,
            // What many tables have, as dataset and market, is asked for most.
            options: options.map(({ column, of }) => ({
              label: column,
              detail: of,
              type: 'property',
              boost: boost + Math.min(9, of.split(', ').length)
            })),
            validFor: /^\w*$/u
          };
        }
      });
      const keywordCompletion = (label: string, type: string): Completion => ({
        label,
        type,
        boost: type === 'keyword' ? KEYWORD : FUNCTION
      });
      return [sql({ dialect: DuckDb, schema, keywordCompletion }), columns];
    }
  }
}
