/** Answers what cells ask, through the data worker and nothing else. A cell sees tables; it never gets a handle. */
import type { DataApi } from '../workers/data-api.ts';
import type { MarketRecord } from '../data/records.ts';
import type { RunRecord } from '../research/types.ts';
import { AppError } from '../core/errors.ts';
import { decodeResult } from '../data/arrow-columns.ts';
import { priceSeries } from '../market/price-series.ts';
import type { AnswerTable, Question } from './protocol.ts';
import { unreachable } from '../core/assert.ts';

/** More than this would copy for seconds and show nothing that an aggregate does not. */
export const MAX_ANSWER_ROWS = 200_000;

type Column = readonly [name: string, type: AnswerTable['columns'][number]['type'], values: readonly unknown[]];

function table(rows: number, columns: readonly Column[]): AnswerTable {
  return {
    rows,
    columns: columns.map(([name, type]) => ({ name, type })),
    values: columns.map(([, , values]) => values)
  };
}

/** An instrument trades without end, and a market may announce no start: neither began in 1970. */
const startsAt = ({ scheduledMillis }: MarketRecord): boolean => scheduledMillis > 0;

function marketsTable(markets: readonly MarketRecord[]): AnswerTable {
  const of = (name: string, type: Column[1], value: (market: MarketRecord) => unknown): Column => [
    name,
    type,
    markets.map(value)
  ];
  return table(markets.length, [
    of('id', 'text', (m) => m.id),
    of('dataset', 'text', (m) => m.dataset),
    of('name', 'text', (m) => m.name),
    of('event', 'text', (m) => m.eventName),
    of('venue', 'text', (m) => m.venue),
    of('synthetic', 'boolean', (m) => m.synthetic),
    of('runners', 'number', (m) => m.runners),
    of('messages', 'number', (m) => m.messages),
    of('trades', 'number', (m) => m.trades),
    of('matched', 'number', (m) => m.matched),
    of('scheduled', 'date', (m) => (startsAt(m) ? m.scheduledMillis : undefined)),
    of('trainable', 'boolean', (m) => m.trainable)
  ]);
}

function runsTable(runs: readonly RunRecord[]): AnswerTable {
  const of = (name: string, type: Column[1], value: (run: RunRecord) => unknown): Column => [
    name,
    type,
    runs.map(value)
  ];
  return table(runs.length, [
    of('id', 'text', (r) => r.id),
    of('name', 'text', (r) => r.name),
    of('dataset', 'text', (r) => r.dataset),
    of('synthetic', 'boolean', (r) => r.synthetic),
    of('state', 'text', (r) => r.state),
    of('updates', 'number', (r) => r.updates),
    of('environmentSteps', 'number', (r) => r.environmentSteps),
    of('device', 'text', (r) => r.device),
    of('created', 'date', (r) => r.createdMillis)
  ]);
}

function findMarket(markets: readonly MarketRecord[], wanted: string): MarketRecord {
  const found =
    markets.find((market) => market.id === wanted) ??
    markets.find((market) => market.name === wanted || market.eventName === wanted);
  if (found !== undefined) return found;
  throw new AppError('data.missing', {
    subject: `market ${wanted}`,
    expected: 'the id or the name of a market in the catalogue',
    got: `none of ${String(markets.length)} markets is called that`,
    remedy: 'run markets() to see what there is'
  });
}

/** @throws AppError what the page can say about a query or a name that does not fit. */
export async function answer(data: DataApi, question: Question): Promise<AnswerTable> {
  switch (question.ask) {
    case 'markets':
      return marketsTable(await data.markets(question.dataset));
    case 'runs':
      return runsTable(await data.runs());
    case 'sql': {
      const result = await data.query(question.query);
      if (result.rows > MAX_ANSWER_ROWS) {
        throw new AppError('query.invalid', {
          subject: 'sql',
          expected: `at most ${MAX_ANSWER_ROWS.toLocaleString('en')} rows for a cell`,
          got: `${result.rows.toLocaleString('en')} rows came`,
          remedy: 'aggregate in SQL or add a LIMIT'
        });
      }
      const decoded = decodeResult(result.ipc);
      return {
        rows: decoded.rows,
        columns: decoded.columns.map(({ name, type }) => ({ name, type })),
        values: decoded.values
      };
    }
    case 'series': {
      const market = findMarket(await data.markets(), question.market);
      const series = priceSeries(await data.tape(market.dataset, market.id), {
        runner: question.runner,
        points: question.points
      });
      const hasOff = startsAt(market) || market.inPlayMillis !== undefined;
      const absent = (values: Float64Array): (number | undefined)[] =>
        Array.from(values, (value) => (Number.isNaN(value) ? undefined : value));
      return table(series.millis.length, [
        ['time', 'date', Array.from(series.millis)],
        [
          'secondsToOff',
          'number',
          Array.from(series.millis, (at) => (hasOff ? (series.offMillis - at) / 1000 : undefined))
        ],
        ['bestBack', 'number', absent(series.bestBack)],
        ['bestLay', 'number', absent(series.bestLay)],
        ['lastTraded', 'number', absent(series.lastTraded)],
        ['matched', 'number', Array.from(series.matched)]
      ]);
    }
    default:
      return unreachable(question);
  }
}
