/** What the catalogue says of a market, read off its tape alone; for tapes that no venue's parser has described. */
import type { Nanos } from '../core/units.ts';
import { MarketState } from '../market/market-state.ts';
import type { Tape } from '../market/tape.ts';
import { Outcome, RowKind, epochMillis, messageCount } from '../market/tape.ts';
import type { MarketRecord } from './records.ts';

const STATUS = ['inactive', 'open', 'suspended', 'closed'] as const;

/** Less recording than this before the off makes no episode, in milliseconds. */
export const MINIMUM_PREOFF_MILLIS = 60_000;

/** Without `freshTrade`: it is part of a size that was told before, and no recording's own count has it. */
const TRADES: ReadonlySet<number> = new Set([
  RowKind.trade,
  RowKind.offLadderTrade,
  RowKind.buyTrade,
  RowKind.sellTrade
]);
const isTrade = (kind: number): boolean => TRADES.has(kind);

export function recordOfTape(tape: Tape, dataset: string): MarketRecord {
  const state = new MarketState(tape.market);
  let trades = 0;
  let lots = 0;
  let levels = 0;
  let inPlayMillis: number | undefined;
  for (let row = 0; row < tape.rows; row++) {
    const kind = tape.kind[row]!;
    if (kind === RowKind.bid || kind === RowKind.ask) levels++;
    else if (isTrade(kind)) {
      trades++;
      lots += tape.lots[row]!;
    } else if (kind === RowKind.inPlay && tape.lots[row] === 1)
      inPlayMillis ??= epochMillis(tape, tape.exchange[row]! as Nanos);
    state.apply(tape, row);
  }
  const firstMillis = tape.rows === 0 ? tape.market.scheduledMillis : epochMillis(tape, tape.exchange[0]! as Nanos);
  const lastMillis = tape.rows === 0 ? firstMillis : epochMillis(tape, tape.exchange[tape.rows - 1]! as Nanos);
  const off = inPlayMillis ?? Math.min(lastMillis, state.scheduledMillis);
  const reason =
    levels === 0
      ? 'it carries no depth, only traded prices'
      : off - firstMillis < MINIMUM_PREOFF_MILLIS
        ? 'it holds less than a minute before the off'
        : undefined;
  return {
    id: tape.market.id,
    dataset,
    name: tape.market.name,
    eventName: tape.market.eventName,
    kind: tape.market.kind,
    country: tape.market.country,
    venue: tape.market.venue,
    synthetic: tape.market.synthetic,
    runners: tape.market.runners.length,
    messages: messageCount(tape),
    definitions: 0,
    rows: tape.rows,
    trades,
    matched: lots * tape.market.rules.lotSize,
    firstMillis,
    lastMillis,
    scheduledMillis: tape.market.scheduledMillis,
    ...(inPlayMillis === undefined ? {} : { inPlayMillis }),
    status: STATUS[state.status],
    winners: tape.market.runners.filter((runner) => state.outcome[runner.slot] === Outcome.winner).map((one) => one.id),
    fingerprint: tape.market.fingerprint,
    trainable: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    oddities: []
  };
}
