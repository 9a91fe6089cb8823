/**
 * The exchange for instruments under our own rules (fills by volume, exact sizes) on every recording of yes/no contracts
 * and perpetuals found: a market maker of both sides, and takers now and then. No golden knows these figures; what holds
 * is that nothing is made of nothing: lots, money, the volume of every row, and that settled contracts leave cash.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { KalshiStreamReader } from '../../src/lib/data/kalshi/kalshi-stream.ts';
import { Random } from '../../src/lib/core/random.ts';
import type { Lots, Nanos, Seed, Ticks } from '../../src/lib/core/units.ts';
import { millis } from '../../src/lib/core/units.ts';
import { InstrumentExchange } from '../../src/lib/env/matching/instrument-exchange.ts';
import { Direction, FillCause } from '../../src/lib/env/matching/instrument-order.ts';
import { logNormalLatency } from '../../src/lib/env/matching/latency.ts';
import { QUEUE_NAMES } from '../../src/lib/env/matching/queue/queue-name.ts';
import type { QueueName } from '../../src/lib/env/matching/queue/queue-name.ts';
import { OrderStatus } from '../../src/lib/env/matching/order.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { RowKind } from '../../src/lib/market/tape.ts';
import { kalshiRecordings } from '../support/kalshi-recordings.ts';
import { MarketMaker } from '../support/market-making.ts';
import { readUsdm, usdmName, usdmStreams } from '../support/usdm-recordings.ts';

interface Found {
  readonly name: string;
  readonly cash: number;
  readonly lots: number;
  readonly read: () => Promise<Tape>;
}

const contracts: Found[] = kalshiRecordings().map(({ ticker, files, terms }) => ({
  name: ticker,
  cash: 200,
  lots: 500,
  read: () => {
    const reader = new KalshiStreamReader({ source: basename(files[0] ?? ''), terms });
    files.forEach((file, index) => {
      if (index > 0) reader.nextFile(basename(file));
      const bytes = readFileSync(file);
      reader.push(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    });
    const [market] = reader.end();
    return Promise.resolve(market!.finish({ fingerprint: '', shared: false }));
  }
}));
const perpetuals: Found[] = usdmStreams().map((path) => ({
  name: usdmName(path),
  cash: 2000,
  lots: 10,
  read: async () => (await readUsdm(path)).tape
}));
const found = [...contracts, ...perpetuals];

const STEP = millis(100);

function play(tape: Tape, { cash, lots }: Found, queue: QueueName): InstrumentExchange {
  const random = new Random(11 as Seed, 'instrument orders');
  const exchange = new InstrumentExchange(tape, {
    queue,
    latency: logNormalLatency({ place: 10, cancel: 8, replace: 12, response: 6, feed: 2 }, 0.5),
    random: random.split('latency'),
    cash,
    history: true,
    shadows: []
  });
  const maker = new MarketMaker(exchange, { lots, orderQty: 1, maxPosition: 4 });
  let time = 0 as Nanos;
  while (!exchange.ended) {
    time = (time + STEP) as Nanos;
    maker.step(time);
    if (random.below(50) > 0) continue;
    const direction = random.below(2) === 0 ? Direction.buy : Direction.sell;
    exchange.place({ slot: 0, direction, lots: (1 + random.below(lots)) as Lots, kind: 'market' });
  }
  for (const order of [...exchange.openOrders]) exchange.cancel(order);
  exchange.advanceTo((time + millis(60_000)) as Nanos);
  return exchange;
}

it.skipIf(found.length === 0)('recordings of contracts or perpetuals are found', () => {
  expect(found).not.toHaveLength(0);
});

describe.each(found)('$name', (recording) => {
  let read: Promise<Tape> | undefined;

  it.each(QUEUE_NAMES)('%s: nothing is made of nothing', async (queue) => {
    const tape = await (read ??= recording.read());
    const exchange = play(tape, recording, queue);
    const { account, orders } = exchange;
    const byRow = new Map<number, number>();
    let [position, value, fees] = [0, 0, 0];
    let filled = 0;
    for (const order of orders) {
      expect(order.status).toBe(OrderStatus.complete);
      expect([order.filled + order.cancelled + order.expired, order.open]).toEqual([order.lots, 0]);
      for (const fill of exchange.fillsOf(order)) {
        const signed = fill.lots * order.direction;
        filled += fill.lots;
        position += signed;
        value += account.unit.value(signed, fill.tick);
        fees += fill.fee;
        if (fill.cause === FillCause.took) expect((order.tick - fill.tick) * order.direction).toBeGreaterThanOrEqual(0);
        else {
          expect(fill.tick).toBe(order.tick);
          byRow.set(fill.row, (byRow.get(fill.row) ?? 0) + fill.lots);
        }
      }
    }
    expect(filled).toBeGreaterThan(0);
    for (const [row, used] of byRow) expect(used).toBeLessThanOrEqual(tape.lots[row]!);
    expect(account.fees[0]).toBe(fees);
    expect([account.waitingBuy[0], account.waitingSell[0], account.waitingFees[0]]).toEqual([0, 0, 0]);
    expect(account.cash).toBeGreaterThanOrEqual(0);
    if (tape.market.rules.settlement.kind !== 'yesNo') {
      expect(account.position[0]).toBe(position);
      expect(account.flow[0]).toBe(0 - value);
      return;
    }
    expect(tape.kind).toContain(RowKind.outcome);
    expect(account.position[0]).toBe(0);
    const { ladder } = tape.market.rules;
    const yes = account.mark[0]! > 0 ? account.unit.value(position, ladder.size - 1) : 0;
    expect(ladder.priceOf((ladder.size - 1) as Ticks)).toBe(1);
    expect(account.cash - account.unit.units(recording.cash)).toBe(yes - value - fees);
  });
});
