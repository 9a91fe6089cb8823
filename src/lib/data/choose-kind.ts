/** Settles what a recording is and how a table is read: by its bytes, and where they leave it open, by asking. */
import type { Table } from 'apache-arrow';
import { AppError } from '../core/errors.ts';
import { ownLayer } from './arrow/own-layers.ts';
import { sampleRows } from './arrow/typed-table.ts';
import { sampleCsv } from './bars/csv.ts';
import type { TableReading } from './bars/table-reading.ts';
import { NEEDED, complaintsOf, guessReading, trial } from './bars/table-reading.ts';
import { isSameReading } from './beside.ts';
import type { Ask, Candidate, ImportQuestion, RecordingKind, TableQuestion } from './import-question.ts';
import { KIND_NAMES } from './import-question.ts';
import { plainText } from './plain-text.ts';
import type { Oddity } from './records.ts';
import { recognise } from './recognise.ts';

/** Of a file whose bytes fitted several kinds, and nobody was there to ask. */
export const KIND_ASSUMED = 'kind-assumed';
/** Of a table whose columns were guessed, and nobody was there to ask. */
export const COLUMNS_GUESSED = 'columns-guessed';

export interface Chosen {
  /** Undefined: the bytes fit no kind. */
  readonly kind: RecordingKind | undefined;
  /** `kind`, where the user chose another than the likeliest. */
  readonly ownKind?: RecordingKind;
  readonly table?: TableReading;
  /** `table`, where it is not the one that the table suggests. */
  readonly ownReading?: TableReading;
  readonly oddities: readonly Oddity[];
}

export interface Beginning {
  readonly source: string;
  readonly head: Uint8Array;
  /** Whether that is all there is. */
  readonly whole: boolean;
}

/**
 * @throws data.kind when the user leaves the file out, data.empty where columns are named and nothing stands below,
 * data.corrupt for a table that gives no candles
 */
export async function chooseKind(of: Beginning, ask: Ask | undefined): Promise<Chosen> {
  const candidates = recognise(of.head, of.whole);
  const table = candidates.some(({ kind }) => kind === 'table') ? textQuestion(of) : undefined;
  if (candidates.length === 0 && of.whole && namesOnly(plainText(of.head))) throw noRows(of.source);
  if (candidates.length < 2 && table === undefined) return { kind: candidates[0]?.kind, oddities: [] };
  return await settle({ source: of.source, candidates, ...(table === undefined ? {} : { table }) }, ask);
}

/** @throws data.kind when the user leaves the file out, data.corrupt when it gives no candles */
export async function chooseColumns(table: Table, source: string, ask: Ask | undefined): Promise<Chosen> {
  const rows = sampleRows(table);
  const guess = guessReading({ rows, delimiter: ',' }, symbolOf(source));
  const candidate: Candidate = { kind: 'typed-table', seen: `it has ${String(guess.roles.length)} columns` };
  // Our own candles need no guess.
  if (ownLayer(table) === 'bars') return { kind: 'typed-table', table: guess, oddities: [] };
  if (!guess.roles.includes('time') && !guess.roles.includes('date') && trial(guess, rows).read === 0) {
    throw notCandles(source, complaintsOf(guess).join(', '));
  }
  return await settle({ source, candidates: [candidate], table: { guess, rows } }, ask);
}

async function settle(question: ImportQuestion, ask: Ask | undefined): Promise<Chosen> {
  const { source, candidates, table } = question;
  if (ask === undefined) return assumed(question);
  const answer = await ask(question);
  if (answer.kind === 'read') {
    const reading = answer.table ?? table?.guess;
    const isOwn = reading !== undefined && table !== undefined && !isSameReading(reading, table.guess);
    return {
      kind: answer.as,
      ...(answer.as === candidates[0]?.kind ? {} : { ownKind: answer.as }),
      ...(reading === undefined ? {} : { table: reading }),
      ...(isOwn ? { ownReading: reading } : {}),
      oddities: []
    };
  }
  throw new AppError('data.kind', {
    subject: source,
    expected: candidates.map(({ kind }) => KIND_NAMES[kind]).join(' or '),
    got: 'the answer to leave it out',
    remedy: 'import it again to answer otherwise'
  });
}

/** The likeliest kind and the guess, told as such. */
function assumed({ source, candidates, table }: ImportQuestion): Chosen {
  const [first, ...others] = candidates;
  if (table !== undefined) {
    const complaints = complaintsOf(table.guess);
    if (complaints.length > 0) throw notCandles(source, complaints.join(', '));
    const { roles, time, zone, decimal } = table.guess;
    const example = `${source}: columns are ${roles.join(', ')}; times are ${time}, ${zone}; the decimal mark is ${decimal}`;
    return {
      kind: first?.kind,
      table: table.guess,
      oddities: [{ code: COLUMNS_GUESSED, count: 1, severity: 'note', example }]
    };
  }
  if (first === undefined || others.length === 0) return { kind: first?.kind, oddities: [] };
  const names = others.map(({ kind }) => KIND_NAMES[kind]).join(' and ');
  const example = `${source}: ${first.seen}; it was read as ${KIND_NAMES[first.kind]}, and fits ${names} as well`;
  return { kind: first.kind, oddities: [{ code: KIND_ASSUMED, count: 1, severity: 'warning', example }] };
}

function textQuestion({ source, head, whole }: Beginning): TableQuestion | undefined {
  const text = plainText(head);
  const sample = sampleCsv(text, whole);
  return sample === undefined ? undefined : { guess: guessReading(sample, symbolOf(source)), rows: sample.rows, text };
}

/** What a file of candles is called, without folder, endings and interval. */
const symbolOf = (source: string): string =>
  source
    .replace(/^.*\//u, '')
    .replace(/(?:\.(?:csv|txt|tsv|feather|arrow|parquet|gz|bz2|zst|zip))+$/iu, '')
    .replace(/[-_ ](?:\d+(?:mo|min|[smhdwM])|daily|hourly)(?:[-_ ].*)?$/u, '');

/** The names of columns, a time and prices among them, and nothing below. */
function namesOnly(text: string): boolean {
  const [line, ...others] = text.split(/\r?\n/u).filter((one) => one.trim() !== '');
  if (line === undefined || others.length > 0) return false;
  // Twice, since one row is no sample.
  const sample = sampleCsv(`${line}\n${line}\n`, true);
  if (sample === undefined) return false;
  return NEEDED.filter((role) => guessReading(sample, '').roles.includes(role)).length >= 2;
}

const noRows = (source: string): AppError =>
  new AppError('data.empty', {
    subject: source,
    expected: 'rows of candles below the names of the columns',
    got: 'the names alone',
    remedy: 'export it again with its rows'
  });

const notCandles = (source: string, got: string): AppError =>
  new AppError('data.kind', {
    subject: source,
    expected: 'a recording, or a table with a time, open, high, low and close',
    got,
    remedy: 'say in the import dialog which column is what'
  });
