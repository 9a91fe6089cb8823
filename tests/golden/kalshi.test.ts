/**
 * Every Kalshi recording found, replayed whole: against a second reading of the same messages made of two plain maps,
 * one an axis, and against what the venue says of each market. Fees are the published formula's.
 *
 * The recordings are sorted by market, so `seq` skips numbers of the others; nothing was lost in them: no size goes
 * below 0, yes and no bids never cross, and the last image finds every book empty or empties it at the close.
 */
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FeeTally, Role } from '../../src/lib/env/account/order-fees.ts';
import { PositionAccount } from '../../src/lib/env/account/position-account.ts';
import { KalshiStreamReader } from '../../src/lib/data/kalshi/kalshi-stream.ts';
import type { ParsedKalshiMarket } from '../../src/lib/data/kalshi/parsed-market.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { MarketStatus, NO_TICK, Outcome, RowKind, epochMillis, messageCount } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import type { Nanos, Ticks } from '../../src/lib/core/units.ts';
import { KALSHI_PRICES, kalshiRules } from '../../src/lib/market/venues/kalshi.ts';
import { kalshiRecordings, kalshiSettlements } from '../support/kalshi-recordings.ts';
import { orSkipped, recordings as recordingsFolder } from '../support/recordings.ts';

const recordings = kalshiRecordings();
const settlements = kalshiSettlements();

interface Event {
  readonly recv_ms: number;
  readonly event: {
    readonly type: string;
    readonly msg: {
      readonly yes_dollars_fp?: readonly (readonly [string, string])[];
      readonly no_dollars_fp?: readonly (readonly [string, string])[];
      readonly side: 'yes' | 'no';
      readonly price_dollars: string;
      readonly delta_fp: string;
      readonly yes_price_dollars: string;
      readonly count_fp: string;
      readonly taker_side: 'yes' | 'no';
      readonly ts_ms?: number;
    };
  };
}

/** Cents of a contract by cents of a dollar and axis, as plainly as can be: decimal strings with the point taken out. */
type Side = Map<number, number>;
const cents = (text: string): number => Math.round(Number(text) * 100);
const sideOf = (levels: readonly (readonly [string, string])[] | undefined): Side =>
  new Map((levels ?? []).map(([price, size]) => [tenThousandths(price), cents(size)]));
const tenThousandths = (text: string): number => Math.round(Number(text) * 10_000);
const best = (side: Side): number => Math.max(...side.keys(), -Infinity);

const bytesOf = (path: string): Uint8Array => {
  const bytes = readFileSync(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};

it.skipIf(recordings.length === 0)('markets.csv says the outcome of every market that was recorded', () => {
  const recorded = new Set(recordings.map(({ ticker }) => ticker));
  const listed = new Set(settlements.map(({ ticker }) => ticker));
  expect([...recorded].filter((ticker) => !listed.has(ticker))).toEqual([]);
  // A folder may hold some of them; what is listed and absent is told.
  const absent = [...listed].filter((ticker) => !recorded.has(ticker));
  for (const ticker of absent) orSkipped(`recording of ${ticker}`, recordingsFolder.path, []);
});

describe.skipIf(recordings.length === 0).each(recordings)('$ticker', ({ ticker, files, terms }) => {
  let reader: KalshiStreamReader;
  let market: ParsedKalshiMarket;
  let tape: Tape;
  let events: readonly Event[];

  beforeAll(() => {
    const [first = ''] = files;
    reader = new KalshiStreamReader({ source: basename(first), terms });
    const texts: string[] = [];
    for (const [index, file] of files.entries()) {
      if (index > 0) reader.nextFile(basename(file));
      const bytes = bytesOf(file);
      // Pieces that end anywhere, as a decoder makes them.
      for (let at = 0; at < bytes.length; at += 65_521) reader.push(bytes.subarray(at, at + 65_521));
      texts.push(...new TextDecoder().decode(bytes).split('\n').filter(Boolean));
    }
    [market] = reader.end() as [ParsedKalshiMarket];
    tape = market.finish({ fingerprint: '', shared: false });
    events = texts.map((text) => JSON.parse(text) as Event);
  }, 60_000);

  it('is read without a doubt', () => {
    expect(market.id).toBe(ticker);
    expect(reader.oddities.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(market.counts.messages).toBe(events.length);
    expect(market.texts().text.map((text) => JSON.parse(text) as Event)).toEqual(events);
  });

  it('shows after every update the book that two plain maps hold, yes asked at 1 less the best no bid', () => {
    const state = new MarketState(tape.market);
    const [book] = state.books as [(typeof state.books)[number]];
    const { ladder } = tape.market.rules;
    const units = Array.from({ length: ladder.size }, (_, tick) => Math.round(ladder.priceOf(tick as Ticks) * 10_000));
    let held: Record<'yes' | 'no', Side> = { yes: new Map(), no: new Map() };
    let message = 0;
    let compared = 0;
    let wrong = 0;
    for (const { event } of events) {
      const { type, msg } = event;
      if (type === 'orderbook_snapshot') held = { yes: sideOf(msg.yes_dollars_fp), no: sideOf(msg.no_dollars_fp) };
      else if (type === 'orderbook_delta') {
        const side = held[msg.side];
        const price = tenThousandths(msg.price_dollars);
        const size = (side.get(price) ?? 0) + cents(msg.delta_fp);
        expect(size).toBeGreaterThanOrEqual(0);
        if (size === 0) side.delete(price);
        else side.set(price, size);
      }
      while (isOfItsOwn(tape, message)) state.applyMessage(tape, message++);
      state.applyMessage(tape, message++);
      compared++;
      const yes = best(held.yes);
      const no = best(held.no);
      if ((book.bestBid === NO_TICK ? -Infinity : units[book.bestBid]!) !== yes) wrong++;
      if ((book.bestAsk === NO_TICK ? Infinity : units[book.bestAsk]!) !== 10_000 - no) wrong++;
      if (book.bids.count !== held.yes.size || book.asks.count !== held.no.size) wrong++;
      if (yes + no >= 10_000) wrong++;
      if (type !== 'orderbook_delta' || compared % 50 === 0) {
        for (const [price, size] of held.yes) if (book.bids.at(units.indexOf(price)) !== size) wrong++;
        for (const [price, size] of held.no) if (book.asks.at(units.indexOf(10_000 - price)) !== size) wrong++;
      } else {
        const tick = units.indexOf(
          msg.side === 'yes' ? tenThousandths(msg.price_dollars) : 10_000 - tenThousandths(msg.price_dollars)
        );
        const depth = msg.side === 'yes' ? book.bids : book.asks;
        if (depth.at(tick) !== (held[msg.side].get(tenThousandths(msg.price_dollars)) ?? 0)) wrong++;
      }
    }
    expect(wrong).toBe(0);
    expect(compared).toBe(events.length);
    expect([held.yes.size, held.no.size, book.bids.count, book.asks.count]).toEqual([0, 0, 0, 0]);
  });

  it('holds each trade once, on its taker’s side, at both clocks', () => {
    const trades = events.filter(({ event }) => event.type === 'trade');
    // A recorder's clock that is behind the venue's is moved until nothing was seen before it happened.
    const behind = events.reduce((most, { recv_ms, event }) => Math.max(most, (event.msg.ts_ms ?? 0) - recv_ms), 0);
    const { ladder } = tape.market.rules;
    const expected = trades.map(({ recv_ms, event: { msg } }) => [
      msg.taker_side === 'yes' ? RowKind.buyTrade : RowKind.sellTrade,
      Number(msg.yes_price_dollars),
      cents(msg.count_fp),
      msg.ts_ms,
      recv_ms + behind
    ]);
    const found: unknown[] = [];
    for (let row = 0; row < tape.rows; row++) {
      if (tape.kind[row] !== RowKind.buyTrade && tape.kind[row] !== RowKind.sellTrade) continue;
      found.push([
        tape.kind[row],
        ladder.priceOf(tape.tick[row] as Ticks),
        tape.lots[row],
        epochMillis(tape, tape.exchange[row]! as Nanos),
        epochMillis(tape, tape.received[row]! as Nanos)
      ]);
    }
    expect([...tape.exchange].every((time, row) => time <= tape.received[row]!)).toBe(true);
    expect(found).toEqual(expected);
    expect(market.counts.trades).toBe(trades.length);
  });

  it.skipIf(terms.length === 0)('opens, stops at its close, and ends with the answer that markets.csv has', () => {
    const settlement = settlements.find((one) => one.ticker === ticker);
    const state = new MarketState(tape.market);
    const seen: number[] = [];
    for (let index = 0; index < messageCount(tape); index++) {
      const former = state.status;
      state.applyMessage(tape, index);
      if (state.status !== former) seen.push(state.status);
      const closed =
        epochMillis(tape, tape.exchange[tape.messageStart[index]!]! as Nanos) >= tape.market.scheduledMillis;
      if (closed) expect(state.status).not.toBe(MarketStatus.open);
    }
    expect(seen).toEqual([MarketStatus.open, MarketStatus.suspended, MarketStatus.closed]);
    expect(settlement).toBeDefined();
    expect(state.outcome[0]).toBe(settlement?.result === 'yes' ? Outcome.winner : Outcome.loser);
    expect(market.record({ dataset: '', fingerprint: '' }).winners).toEqual(
      settlement?.result === 'yes' ? [ticker] : []
    );
    const structure = settlement?.structure as keyof typeof KALSHI_PRICES;
    expect(tape.market.rules.ladder.id).toBe(kalshiRules({ priceRanges: KALSHI_PRICES[structure] }).ladder.id);
  });

  it('costs the published fee, a trade at a time, for taker and maker', () => {
    const rules = kalshiRules({
      priceRanges: tape.market.rules.spec.venue === 'kalshi' ? tape.market.rules.spec.priceRanges : [],
      makerFee: 0.0175
    });
    const account = new PositionAccount({ rules, slots: 1, cash: 1_000_000 });
    const tally = new FeeTally();
    for (let row = 0; row < tape.rows; row++) {
      const kind = tape.kind[row];
      if (kind !== RowKind.buyTrade && kind !== RowKind.sellTrade) continue;
      const lots = tape.lots[row]!;
      const tick = tape.tick[row]!;
      for (const role of [Role.taker, Role.maker]) {
        const signed = kind === RowKind.buyTrade ? lots : -lots;
        tally.clear();
        const fee = account.fill(0, signed, tick, role, tally);
        expect(fee).toBe(publishedFee(signed, rules.ladder.priceOf(tick as Ticks), role));
        if (lots % 100 === 0) {
          // Whole contracts at whole cents: round up(0.07 x C x P x (1 - P)) to the next cent, as the schedule has it.
          const dollars = (role === Role.taker ? 0.07 : 0.0175) * (lots / 100) * rules.ladder.priceOf(tick as Ticks);
          const exact = dollars * (1 - rules.ladder.priceOf(tick as Ticks)) * 100;
          expect(fee / 1e6).toBe(Math.ceil(Math.round(exact * 1e7) / 1e7));
        }
      }
    }
  });
});

/** A message of the tape that no message of the stream brought: the close, the answer. */
function isOfItsOwn(tape: Tape, message: number): boolean {
  const row = tape.messageStart[message]!;
  if (row === tape.messageStart[message + 1]) return false;
  const kind = tape.kind[row];
  return kind === RowKind.outcome || (kind === RowKind.status && tape.lots[row] === MarketStatus.suspended);
}

/**
 * "Fee Rounding" in whole numbers: 0.07 (a maker: 0.0175) C P (1 - P) up to the next 0.0001 dollars, then the balance
 * down to the next cent. In 1e-8 dollars.
 */
function publishedFee(signedCents: number, price: number, role: Role): number {
  const size = BigInt(Math.abs(signedCents));
  const p = BigInt(Math.round(price * 10_000));
  const under = (role === Role.taker ? 100n : 400n) * 1_000_000n;
  const trade = ((7n * size * p * (10_000n - p) + under - 1n) / under) * 100n;
  const change = BigInt(-signedCents) * p - trade;
  const cent = 10_000n;
  const rounding = ((change % cent) + cent) % cent;
  return Number((trade + rounding) * 100n);
}
