/**
 * Betfair's historical starting price files (`dwbfprices*.csv` of promo.betfair.com/betfairsp/prices): a row a
 * selection with what it ended as. Each market in them becomes one of its own, with its outcomes and starting prices on
 * a tape and its rows kept as text; `1.` and its EVENT_ID is the id that a recording of the same market has.
 *
 * The venue publishes no description of these files. The columns, their order and the form of EVENT_DT (day first, to
 * the minute) are as several public readers of them have it; that EVENT_ID is the market's number without its `1.`, and
 * that EVENT_DT is London's time, in summer too, are assumptions that no recording at hand bears out.
 */
import { AppError } from '../../core/errors.ts';
import type { Nanos, Ticks } from '../../core/units.ts';
import { TapeBuilder } from '../../market/tape-builder.ts';
import { MarketStatus, NO_SLOT, NO_TICK, Outcome, RowKind } from '../../market/tape.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import { csvRows } from '../bars/csv.ts';
import { numberOf } from '../bars/decimal-text.ts';
import { Zone, instantOf } from '../bars/instants.ts';
import { recordOfTape } from '../market-record.ts';
import { OddityLog } from '../oddities.ts';
import type { ReadMarket } from '../recording.ts';
import type { Oddity } from '../records.ts';

export const RESULT_COLUMNS = [
  'EVENT_ID',
  'MENU_HINT',
  'EVENT_NAME',
  'EVENT_DT',
  'SELECTION_ID',
  'SELECTION_NAME',
  'WIN_LOSE',
  'BSP',
  'PPWAP',
  'MORNINGWAP',
  'PPMAX',
  'PPMIN',
  'IPMAX',
  'IPMIN',
  'MORNINGTRADEDVOL',
  'PPTRADEDVOL',
  'IPTRADEDVOL'
] as const;
type ResultColumn = (typeof RESULT_COLUMNS)[number];

/** Without them no outcome is told. */
const NEEDED: readonly ResultColumn[] = ['EVENT_ID', 'EVENT_DT', 'SELECTION_ID', 'SELECTION_NAME', 'WIN_LOSE', 'BSP'];
/** EVENT_DT is what clocks in London show. */
const LONDON = 'Europe/London';
/** `RowKind.startingPrice` counts in these. */
const MICRO = 1e6;
const HIGHEST_PRICE = 1000;
/** Of a market's id in a dataset, so that it stands beside a recording of the same market. */
export const RESULTS_SUFFIX = ' results';

/** @param names the first row's cells */
export const looksLikeResults = (names: readonly string[]): boolean => {
  const told = new Set(names.map(keyOf));
  return NEEDED.every((name) => told.has(name));
};

const keyOf = (name: string): string => name.trim().toUpperCase();

interface Selection {
  readonly id: string;
  readonly name: string;
  readonly won: boolean;
  /** Undefined of one that did not run. */
  readonly price: number | undefined;
  readonly text: string;
}

interface Event {
  readonly id: string;
  readonly startMillis: number;
  readonly name: string;
  readonly hint: string;
  readonly selections: Map<string, Selection>;
}

/**
 * @param fingerprint SHA-256 of the source's bytes, hex
 * @throws data.corrupt when no row could be read, data.empty when there is none
 */
export function readResults(
  text: string,
  options: { readonly source: string; readonly fingerprint: string }
): { readonly markets: readonly ReadMarket[]; readonly oddities: readonly Oddity[] } {
  const reader = new ResultsReader(options.source);
  csvRows(text, ',', (cells, line) => {
    reader.row(cells, line);
    return true;
  });
  const events = reader.end();
  const markets = events.map((event) => marketOf(event, reader.header, options.fingerprint));
  return { markets, oddities: reader.oddities.list() };
}

class ResultsReader {
  header: readonly string[] = [];
  readonly oddities = new OddityLog();
  readonly #source: string;
  readonly #london = new Zone(LONDON);
  readonly #events = new Map<string, Event>();
  readonly #columns = new Map<string, number>();
  #rows = 0;

  constructor(source: string) {
    this.#source = source;
  }

  row(cells: readonly string[], line: number): void {
    if (this.header.length === 0) {
      this.header = cells;
      cells.forEach((name, column) => this.#columns.set(keyOf(name), column));
      return;
    }
    this.#rows++;
    if (cells.length !== this.header.length) {
      this.#odd('ragged-row', line, `it has ${String(cells.length)} columns, not ${String(this.header.length)}`);
      return;
    }
    const get = (name: ResultColumn): string => cells[this.#columns.get(name) ?? -1]?.trim() ?? '';
    const [market, selection, won] = [get('EVENT_ID'), get('SELECTION_ID'), get('WIN_LOSE')];
    if (!/^\d+$/u.test(market) || !/^\d+$/u.test(selection)) {
      this.#odd(
        'unreadable-number',
        line,
        `EVENT_ID ${JSON.stringify(market)} or SELECTION_ID ${JSON.stringify(selection)} is no whole number`
      );
      return;
    }
    if (won !== '0' && won !== '1') {
      this.#odd('unreadable-outcome', line, `WIN_LOSE is ${JSON.stringify(won)}, neither 1 nor 0`);
      return;
    }
    const startMillis = this.#time(get('EVENT_DT'), line);
    if (startMillis === undefined) return;
    let event = this.#events.get(market);
    if (event === undefined) {
      event = { id: market, startMillis, name: get('EVENT_NAME'), hint: get('MENU_HINT'), selections: new Map() };
      this.#events.set(market, event);
    }
    if (event.selections.has(selection)) {
      this.#odd('repeated-row', line, `selection ${selection} of ${market} stands in an earlier row`);
      return;
    }
    event.selections.set(selection, {
      id: selection,
      name: get('SELECTION_NAME').replace(/^\d+\.\s+/u, ''),
      won: won === '1',
      price: this.#price(get('BSP'), line),
      text: cells.map(quoted).join(',')
    });
  }

  end(): readonly Event[] {
    if (this.#rows === 0) {
      throw new AppError('data.empty', {
        subject: this.#source,
        expected: 'a row a selection',
        got: 'no row',
        remedy: 'choose a results file of a day with racing'
      });
    }
    if (this.#events.size > 0) return [...this.#events.values()];
    throw new AppError('data.corrupt', {
      subject: this.#source,
      expected: 'results: EVENT_ID, EVENT_DT, SELECTION_ID, WIN_LOSE and BSP in each row',
      got: this.oddities.list()[0]?.example ?? 'no row that can be read',
      remedy: 'download the file again'
    });
  }

  /** `04-12-2023 12:30`, in newer files `2023-12-04 12:30:00`. */
  #time(text: string, line: number): number | undefined {
    const form = /^\d{4}/u.test(text) ? 'iso' : 'day-first';
    const instant = instantOf(text, form, this.#london);
    if (instant.kind === 'at') return instant.millis;
    this.#odd('unreadable-time', line, `EVENT_DT ${instant.got}`);
    return undefined;
  }

  #price(text: string, line: number): number | undefined {
    if (text === '') return undefined;
    const price = numberOf(text, '.');
    // The venue writes 0 or 1 where there was none.
    if (price > 1 && price <= HIGHEST_PRICE) return price;
    if (Number.isNaN(price) || price > HIGHEST_PRICE) {
      this.oddities.add(
        'warning',
        'unreadable-number',
        `${this.#source} line ${String(line)}: BSP ${JSON.stringify(text)} is no price; it is left out`
      );
    }
    return undefined;
  }

  #odd(code: string, line: number, clause: string): void {
    this.oddities.add('error', code, `${this.#source} line ${String(line)}: ${clause}; it is left out`);
  }
}

const quoted = (cell: string): string => (/[",\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function marketOf(event: Event, header: readonly string[], fingerprint: string): ReadMarket {
  const selections = [...event.selections.values()];
  const isPlace = /to be placed|place/iu.test(event.name);
  const winners = selections.filter(({ won }) => won);
  const rules = betfairRules({ winners: Math.max(1, winners.length), betDelaySeconds: 0 });
  const builder = new TapeBuilder(BigInt(event.startMillis) * 1_000_000n);
  builder.message(0 as Nanos);
  selections.forEach(({ price }, slot) => {
    if (price === undefined) return;
    const tick: Ticks = rules.ladder.tickBelow(price);
    builder.row(RowKind.startingPrice, slot, tick, Math.round(price * MICRO));
  });
  selections.forEach(({ won }, slot) => {
    builder.row(RowKind.outcome, slot, NO_TICK, won ? Outcome.winner : Outcome.loser);
  });
  builder.row(RowKind.status, NO_SLOT, NO_TICK, MarketStatus.closed);
  const [, country = ''] = /^([A-Z]{2,3}) \//u.exec(event.hint) ?? [];
  const tape = builder.build(
    {
      id: `1.${event.id}${RESULTS_SUFFIX}`,
      venue: 'betfair',
      name: event.name,
      eventName: event.hint,
      kind: 'RESULTS',
      country,
      rules,
      runners: selections.map(({ id, name }, slot) => ({ slot, id, handicap: 0, name, sortPriority: slot + 1 })),
      scheduledMillis: event.startMillis,
      fingerprint,
      synthetic: false
    },
    { shared: false }
  );
  const times = Float64Array.from(selections, () => event.startMillis);
  return {
    record: {
      ...recordOfTape(tape, ''),
      messages: selections.length,
      winners: winners.map(({ id }) => id),
      trainable: false,
      reason: `it holds the results of a ${isPlace ? 'place' : 'win'} market, no order book`
    },
    tape,
    bronze: { published: times, received: times, text: selections.map(({ text }) => `${header.join(',')}\n${text}`) }
  };
}

/** A row of bronze as the results table has it; numbers that are not told are absent. */
export function resultRow(text: string): Readonly<Record<ResultColumn, string>> {
  const rows: (readonly string[])[] = [];
  csvRows(text, ',', (cells) => {
    rows.push(cells);
    return true;
  });
  const [names = [], cells = []] = rows;
  const keys = names.map(keyOf);
  return Object.fromEntries(RESULT_COLUMNS.map((name) => [name, cells[keys.indexOf(name)]?.trim() ?? ''])) as Record<
    ResultColumn,
    string
  >;
}
