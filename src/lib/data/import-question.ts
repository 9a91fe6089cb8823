/** What an import asks when bytes alone do not say what they are: plain data that crosses to the page and back. */
import { aborted } from '../core/errors.ts';
import type { TableReading } from './bars/table-reading.ts';

/** Every kind of recording that is read, by what it is and not by what it is called. */
export type RecordingKind =
  | 'betfair-stream'
  | 'betfair-results'
  | 'binance-usdm'
  | 'binance-coinm'
  | 'binance-spot'
  | 'bybit-spot'
  | 'bybit-linear'
  | 'bybit-inverse'
  | 'fetched'
  | 'kalshi'
  | 'kalshi-terms'
  | 'klines'
  | 'okx'
  | 'table'
  | 'typed-table';

export const KIND_NAMES: Readonly<Record<RecordingKind, string>> = {
  'betfair-stream': 'Betfair Exchange Stream',
  'betfair-results': 'Betfair results (starting prices)',
  'binance-usdm': 'Binance USD-M futures',
  'binance-coinm': 'Binance COIN-M futures',
  'binance-spot': 'Binance spot',
  'bybit-spot': 'Bybit spot',
  'bybit-linear': 'Bybit linear contracts (USDT, USDC)',
  'bybit-inverse': 'Bybit inverse contracts',
  fetched: 'Fetched from Binance by this app',
  kalshi: 'Kalshi WebSocket recording',
  'kalshi-terms': 'Kalshi metadata',
  klines: 'Binance klines',
  okx: 'OKX',
  table: 'Table of candles',
  'typed-table': 'Table of candles'
};

/** A kind that fits, and what was seen that says so. */
export interface Candidate {
  readonly kind: RecordingKind;
  /** A clause: `its messages name BTCUSDT, which is a spot pair as well as a contract`. */
  readonly seen: string;
}

export interface TableQuestion {
  readonly guess: TableReading;
  /** The first rows under the guess, the names among them where there are any. */
  readonly rows: readonly (readonly string[])[];
  /** The beginning of a table of text, to be parted anew under another delimiter; absent where columns are given. */
  readonly text?: string;
}

export interface ImportQuestion {
  /** Path of what is being read. */
  readonly source: string;
  /** At least one. More: which of them it is. */
  readonly candidates: readonly Candidate[];
  /** Where one of them is a table: how it is to be read. */
  readonly table?: TableQuestion;
}

export type ImportAnswer =
  | {
      readonly kind: 'read';
      readonly as: RecordingKind;
      readonly table?: TableReading;
      /** Holds for every file of this import that raises the same question. */
      readonly forAll: boolean;
    }
  /** The file is passed over. */
  | { readonly kind: 'leave'; readonly forAll: boolean };

export type Ask = (question: ImportQuestion) => Promise<ImportAnswer>;

/** Asks once what is the same: same kinds, same columns. What a table is a table of stays each file's own. */
export function askOnce(ask: Ask): Ask {
  const answers = new Map<string, ImportAnswer>();
  return async (question) => {
    const { table } = question;
    const columns = table?.guess.header === true ? table.rows[0] : table?.rows[0]?.length;
    const alike = JSON.stringify([question.candidates.map(({ kind }) => kind), table?.guess.delimiter, columns]);
    const before = answers.get(alike);
    if (before?.kind === 'read' && before.table !== undefined && table !== undefined) {
      return { ...before, table: { ...before.table, symbol: table.guess.symbol } };
    }
    if (before !== undefined) return before;
    const answer = await ask(question);
    if (answer.forAll) answers.set(alike, answer);
    return answer;
  };
}

/** An answer may never come: the question goes with the import. */
export const untilAborted =
  (ask: Ask, signal: AbortSignal): Ask =>
  async (question) =>
    await new Promise<ImportAnswer>((resolve, reject) => {
      const stop = (): void => {
        reject(aborted(`the import of ${question.source}`));
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      ask(question)
        .then(resolve, reject)
        .finally(() => {
          signal.removeEventListener('abort', stop);
        });
    });
