/** The table must say what the tape says, summed here without any of the heatmap's machinery. */
import { describe, expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import type { Nanos } from '$lib/core/units.ts';
import { NO_TICK, RowKind } from '$lib/market/tape.ts';
import type { Tape } from '$lib/market/tape.ts';
import { DepthHistory } from './depth-history.ts';
import { DEPTH_LEVELS, depthTable } from './depth-table.ts';
import { Replay } from './replay.ts';

const tradedBetween = (tape: Tape, slot: number, from: number, to: number): number => {
  let lots = 0;
  for (let row = 0; row < tape.rows; row++) {
    const time = tape.received[row]!;
    if (tape.kind[row] === RowKind.trade && tape.slot[row] === slot && time >= from && time <= to)
      lots += tape.lots[row]!;
  }
  return lots;
};

describe('depth through time in rows', () => {
  const tape = miniTape({ seed: 4 });
  const replay = new Replay(tape);
  const { lotSize } = tape.market.rules;
  const read = (history: DepthHistory, seconds: number) => {
    const time = (seconds * 1e9) as Nanos;
    history.follow(time);
    return depthTable(history, { time, rows: 12, lotSize });
  };

  it.each([20, 47.3, 58])('has the books and the trades of the tape at %f s, newest first', (seconds) => {
    const history = new DepthHistory(replay, { slot: 1, spanNanos: 15e9, columns: 60 });
    const rows = read(history, seconds);
    expect(rows.length).toBe(12);
    const cursor = replay.cursor();
    let sum = 0;
    for (const row of rows) {
      // An interval that has ended holds what came before its end.
      replay.seek(cursor, row.time);
      const book = cursor.state.books[1]!;
      expect(row.bestBid ?? NO_TICK).toBe(book.bestBid);
      expect(row.bestAsk ?? NO_TICK).toBe(book.bestAsk);
      let lots = 0;
      let tick = book.bids.highest;
      for (let level = 0; level < DEPTH_LEVELS && tick !== NO_TICK; level++, tick = book.bids.below(tick)) {
        lots += book.bids.at(tick);
      }
      expect(row.bidDepth).toBeCloseTo(lots * lotSize, 6);
      sum += row.traded.backed + row.traded.laid + row.traded.unknown;
    }
    const from = (Math.floor((seconds * 1e9) / history.bucketNanos) - 59) * history.bucketNanos;
    expect(sum).toBeCloseTo(tradedBetween(tape, 1, from + 1, seconds * 1e9) * lotSize, 6);
    expect(sum).toBeGreaterThan(0);
  });

  it('is the same whether the market played there or was sought', () => {
    const played = new DepthHistory(replay, { slot: 0, spanNanos: 10e9, columns: 50 });
    for (let seconds = 5; seconds < 41; seconds += 0.37) played.follow((seconds * 1e9) as Nanos);
    const sought = new DepthHistory(replay, { slot: 0, spanNanos: 10e9, columns: 50 });
    expect(read(played, 41)).toEqual(read(sought, 41));
  });
});
