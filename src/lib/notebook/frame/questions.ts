/** What a cell may ask the page for, as functions that return rows. Each question is a message and waits for its answer. */
import type { AnswerTable, FrameMessage, Question } from '../protocol.ts';

export type Row = Record<string, unknown>;
/** Rows with the names of their columns, in order. */
export type Rows = Row[] & { columns?: readonly string[] };

function rowsOf(table: AnswerTable): Rows {
  const rows: Rows = Array.from({ length: table.rows }, (_, index) => {
    const row: Row = {};
    table.columns.forEach(({ name, type }, column) => {
      const value = table.values[column]?.[index];
      row[name] = type === 'date' && typeof value === 'number' ? new Date(value) : value;
    });
    return row;
  });
  rows.columns = table.columns.map(({ name }) => name);
  return rows;
}

/** A value as SQL writes it. Anything that is not a plain value is refused, so that no query is changed by accident. */
export function sqlLiteral(value: unknown): string {
  if (value === undefined || value === null) return 'NULL';
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return `TIMESTAMP '${value.toISOString().replace('T', ' ').replace('Z', '')}'`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (Array.isArray(value)) return `(${value.map(sqlLiteral).join(', ')})`;
  throw new TypeError('a value in a query must be a number, a text, a date, true or false, or a list of these');
}

export class Questions {
  readonly #send: (message: FrameMessage) => void;
  readonly #open = new Map<number, { resolve: (rows: Rows) => void; reject: (error: Error) => void }>();
  #next = 1;

  constructor(send: (message: FrameMessage) => void) {
    this.#send = send;
  }

  #ask(question: Question): Promise<Rows> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#open.set(id, { resolve, reject });
      this.#send({ kind: 'question', id, question });
    });
  }

  settle(id: number, table: AnswerTable): void {
    this.#open.get(id)?.resolve(rowsOf(table));
    this.#open.delete(id);
  }

  refuse(id: number, message: string): void {
    this.#open.get(id)?.reject(new Error(message));
    this.#open.delete(id);
  }

  /** `sql("select …")`, or as a template whose values are quoted. */
  readonly sql = (query: string | TemplateStringsArray, ...values: unknown[]): Promise<Rows> => {
    const text =
      typeof query === 'string'
        ? query
        : query.map((part, index) => part + (index < values.length ? sqlLiteral(values[index]) : '')).join('');
    return this.#ask({ ask: 'sql', query: text });
  };

  readonly markets = (dataset?: string): Promise<Rows> =>
    this.#ask({ ask: 'markets', ...(dataset === undefined ? {} : { dataset }) });

  /** Best prices of one runner (its id, name, or number of its slot) through time, at evenly spaced moments. */
  readonly series = (market: string, runner: string | number, options?: { points?: number }): Promise<Rows> =>
    this.#ask({ ask: 'series', market, runner, points: options?.points ?? 600 });

  readonly runs = (): Promise<Rows> => this.#ask({ ask: 'runs' });
}
