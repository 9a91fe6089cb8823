/**
 * Rows into candles as a reading says: every fault is counted and located by line and column, a row that has one is
 * left out, and a table of faults alone is refused. Knows no file and no venue.
 */
import { AppError } from '../../core/errors.ts';
import { OddityLog } from '../oddities.ts';
import type { Oddity } from '../records.ts';
import type { Bar } from './bar.ts';
import { numberOf } from './decimal-text.ts';
import { Zone, instantOf } from './instants.ts';
import type { ColumnRole, TableReading } from './table-reading.ts';
import { NEEDED, complaintsOf } from './table-reading.ts';

/** Text as it stood, or a value that a typed table holds: a number, a time in milliseconds. */
export type Cell = string | number | undefined;

export interface Series {
  readonly symbol: string;
  /** In order of time, no two at one time. */
  readonly bars: readonly Bar[];
  /** Most often between two candles; NaN of a single one. */
  readonly intervalMillis: number;
  readonly oddities: readonly Oddity[];
}

/** So much of a table that gives other prices for a time it had is of something else. */
const OTHER_PRICES = 0.1;

const AMOUNTS = ['volume', 'quoteVolume', 'trades', 'takerBuyVolume'] as const;

interface Row extends Bar {
  readonly line: number;
}

export class TableReader {
  readonly #source: string;
  readonly #reading: TableReading;
  readonly #zone: Zone;
  readonly #columns: ReadonlyMap<ColumnRole, number>;
  readonly #series = new Map<string, { rows: Row[]; oddities: OddityLog }>();
  readonly #file = new OddityLog();
  #names: readonly string[];
  #width: number;
  #rows = 0;
  #kept = 0;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param names what the columns are called in messages
   * @throws data.corrupt when the reading gives no candles
   */
  constructor(source: string, reading: TableReading, names: readonly string[]) {
    const complaints = complaintsOf(reading);
    if (complaints.length > 0) throw notRead(source, complaints.join(', '));
    this.#source = source;
    this.#reading = reading;
    this.#names = names;
    this.#width = reading.roles.length;
    this.#zone = new Zone(reading.zone);
    this.#columns = new Map(reading.roles.map((role, column) => [role, column]));
  }

  /**
   * @param line where the row begins in the source, from 1
   * @returns the instrument whose candle it is; undefined where it is left out
   */
  row(cells: readonly Cell[], line: number): string | undefined {
    this.#rows++;
    if (cells.length !== this.#width) {
      this.#odd('error', 'ragged-row', line, `it has ${String(cells.length)} columns, not ${String(this.#width)}`);
      return undefined;
    }
    const opened = this.#time(cells, line);
    if (opened === undefined) return undefined;
    const prices = NEEDED.map((role) => this.#number(cells, role, line));
    const [open, high, low, close] = prices as [number, number, number, number];
    if (prices.some(Number.isNaN)) return undefined;
    if (high < Math.max(open, close) || low > Math.min(open, close)) {
      const clause = `open ${String(open)}, high ${String(high)}, low ${String(low)}, close ${String(close)} are no candle`;
      this.#odd('error', 'impossible-candle', line, `${clause}: the columns may be others`);
      return undefined;
    }
    const [volume, quoteVolume, trades, takerBuyVolume] = AMOUNTS.map((role) => this.#amount(cells, role, line)) as [
      number,
      number,
      number,
      number
    ];
    const closed = this.#columns.has('closeTime') ? this.#moment(cells, 'closeTime', line) : undefined;
    const symbol = this.#symbol(cells);
    let series = this.#series.get(symbol);
    if (series === undefined) this.#series.set(symbol, (series = { rows: [], oddities: new OddityLog() }));
    const closeMillis = closed ?? Number.NaN;
    series.rows.push({
      openMillis: opened,
      open,
      high,
      low,
      close,
      volume,
      closeMillis,
      quoteVolume,
      trades,
      takerBuyVolume,
      line
    });
    this.#kept++;
    return symbol;
  }

  /**
   * @returns a series an instrument, in order of first appearance, and what belongs to none
   * @throws data.empty when there was no row, data.corrupt when none could be read
   */
  end(): { readonly series: readonly Series[]; readonly oddities: readonly Oddity[] } {
    const oddities = this.#file.list();
    if (this.#rows === 0) {
      throw new AppError('data.empty', {
        subject: this.#source,
        expected: 'a row a candle',
        got: 'no row',
        remedy: 'choose a table of candles'
      });
    }
    if (this.#kept === 0) throw notRead(this.#source, oddities[0]?.example ?? 'no row could be read');
    return { series: [...this.#series].map(([symbol, of]) => this.#laidOut(symbol, of)), oddities };
  }

  #laidOut(symbol: string, of: { readonly rows: Row[]; readonly oddities: OddityLog }): Series {
    const { rows, oddities } = of;
    const odd = (severity: Oddity['severity'], code: string, line: number, clause: string): void => {
      oddities.add(severity, code, `${this.#source} line ${String(line)}: ${clause}`);
    };
    const falling = rows.every((row, i) => i === 0 || row.openMillis <= rows[i - 1]!.openMillis);
    if (falling) rows.reverse();
    else {
      for (let i = 1; i < rows.length; i++) {
        if (rows[i]!.openMillis < rows[i - 1]!.openMillis) {
          odd(
            'warning',
            'time-went-back',
            rows[i]!.line,
            'its time is before that of the row above; it is put in its place'
          );
        }
      }
    }
    rows.sort((a, b) => a.openMillis - b.openMillis || a.line - b.line);
    let others = 0;
    const kept = rows.filter((row, i) => {
      if (i === 0 || row.openMillis !== rows[i - 1]!.openMillis) return true;
      if (row.close !== rows[i - 1]!.close) others++;
      odd(
        'warning',
        'repeated-candle',
        row.line,
        `it has the time of line ${String(rows[i - 1]!.line)}; the first is kept`
      );
      return false;
    });
    if (others > rows.length * OTHER_PRICES && !this.#columns.has('symbol')) {
      const clause = `${String(others)} times stand more than once, with other prices: it holds several instruments`;
      odd('error', 'several-instruments', rows[0]!.line, `${clause}; say which column names them`);
    }
    const interval = commonest(kept.slice(1).map((row, i) => row.openMillis - kept[i]!.openMillis));
    const shift = this.#reading.stamps === 'close' && !Number.isNaN(interval) ? interval : 0;
    for (let i = 1; i < kept.length; i++) {
      const steps = Math.round((kept[i]!.openMillis - kept[i - 1]!.openMillis) / interval);
      // Whole days without trading are nights, weekends and holidays.
      if (interval < 86_400_000 && steps > 1 && steps * interval < 86_400_000 / 2) {
        odd('warning', 'missing-candles', kept[i]!.line, `${String(steps - 1)} candles are missing before it`);
      }
    }
    const bars = kept.map(({ line: _, openMillis, closeMillis, ...bar }): Bar => {
      const opened = openMillis - shift;
      return {
        ...bar,
        openMillis: opened,
        closeMillis: closeMillis >= opened ? closeMillis : opened + (interval || 1) - 1
      };
    });
    return { symbol, bars, intervalMillis: interval, oddities: oddities.list() };
  }

  #time(cells: readonly Cell[], line: number): number | undefined {
    const millis = this.#columns.has('time')
      ? this.#moment(cells, 'time', line)
      : this.#read(
          `${String(this.#cell(cells, 'date'))} ${String(this.#cell(cells, 'clock') ?? '')}`.trim(),
          'date',
          line
        );
    if (millis !== undefined) this.#last = millis;
    return millis;
  }

  #moment(cells: readonly Cell[], role: ColumnRole, line: number): number | undefined {
    const cell = this.#cell(cells, role);
    return typeof cell === 'number' ? this.#read(String(cell), role, line, cell) : this.#read(cell ?? '', role, line);
  }

  /** @param millis where a typed table holds the time itself */
  #read(text: string, role: ColumnRole, line: number, millis?: number): number | undefined {
    const instant =
      millis === undefined
        ? instantOf(text, this.#reading.time, this.#zone, this.#last)
        : instantOf(String(millis), 'ms', this.#zone);
    if (instant.kind === 'at') return instant.millis;
    this.#odd('error', 'unreadable-time', line, `${this.#name(role)} ${instant.got}`);
    return undefined;
  }

  #number(cells: readonly Cell[], role: ColumnRole, line: number): number {
    const cell = this.#cell(cells, role);
    const value = typeof cell === 'string' ? numberOf(cell, this.#reading.decimal) : (cell ?? Number.NaN);
    if (Number.isFinite(value)) return value;
    const written = cell === undefined || /^\s*(?:nan|null|none|n\/?a|-)?\s*$/iu.test(String(cell));
    if (written) this.#odd('warning', 'missing-number', line, `${this.#name(role)} holds no number`);
    else {
      const mark = this.#reading.decimal === '.' ? 'point' : 'comma';
      this.#odd(
        'error',
        'unreadable-number',
        line,
        `${this.#name(role)} ${JSON.stringify(cell)} is no number with a decimal ${mark}`
      );
    }
    return Number.NaN;
  }

  /** What is not told is NaN; what is told and is no number is a fault that costs that cell alone. */
  #amount(cells: readonly Cell[], role: ColumnRole, line: number): number {
    return this.#columns.has(role) ? this.#number(cells, role, line) : Number.NaN;
  }

  #symbol(cells: readonly Cell[]): string {
    const told = this.#cell(cells, 'symbol');
    return told === undefined || String(told).trim() === '' ? this.#reading.symbol : String(told).trim();
  }

  #cell(cells: readonly Cell[], role: ColumnRole): Cell {
    const column = this.#columns.get(role);
    return column === undefined ? undefined : cells[column];
  }

  #name(role: ColumnRole): string {
    const column = this.#columns.get(role) ?? 0;
    return `column ${this.#names[column] ?? String(column + 1)}`;
  }

  #odd(severity: Oddity['severity'], code: string, line: number, clause: string): void {
    this.#file.add(severity, code, `${this.#source} line ${String(line)}: ${clause}; it is left out`);
  }
}

const notRead = (source: string, got: string): AppError =>
  new AppError('data.corrupt', {
    subject: source,
    expected: 'a table of candles: a time, and open, high, low and close in each row',
    got,
    remedy: 'say in the import which column is what, how numbers are written and in which time zone'
  });

function commonest(gaps: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const gap of gaps) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  let best = Number.NaN;
  let most = 0;
  for (const [gap, count] of counts) {
    if (count > most || (count === most && gap < best)) {
      best = gap;
      most = count;
    }
  }
  return best;
}
