/**
 * The market maker of `hftbacktest.json` on every recorded USD-M stream, under its five queue models: every fill with
 * its times, orders, cancels, post-only orders that expired, and position, balance, fee and equity to the last bit when
 * they are added up as doubles in the golden's order. Our own account counts in whole units and agrees within 1e-9.
 *
 * What reproduces the golden's exchange by name: `partialFills: 'none'`, and sizes held as binary doubles.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/lib/core/random.ts';
import type { Nanos, Seed, Ticks } from '../../src/lib/core/units.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { Role } from '../../src/lib/env/account/order-fees.ts';
import { InstrumentExchange } from '../../src/lib/env/matching/instrument-exchange.ts';
import type { InstrumentOrder } from '../../src/lib/env/matching/instrument-order.ts';
import { constantLatency } from '../../src/lib/env/matching/latency.ts';
import { binarySizes } from '../../src/lib/env/matching/queue/binary-sizes.ts';
import { probLogRule } from '../../src/lib/env/matching/queue/prob-log.ts';
import { probPower2Rule, probPower3Rule, probPowerRule } from '../../src/lib/env/matching/queue/prob-power.ts';
import type { FrontRule } from '../../src/lib/env/matching/queue/queue-model.ts';
import { riskAverseRule } from '../../src/lib/env/matching/queue/risk-averse.ts';
import { MarketMaker } from '../support/market-making.ts';
import { goldens, readGolden, recordings } from '../support/recordings.ts';
import { readUsdm, usdmName, usdmStreams } from '../support/usdm-recordings.ts';

interface Parameters {
  readonly tickSize: number;
  readonly lotSize: number;
  readonly orderQty: number;
  readonly maxPosition: number;
  readonly entryLatencyNs: number;
  readonly responseLatencyNs: number;
  readonly makerFee: number;
  readonly takerFee: number;
  readonly stepNs: number;
}
interface Figures {
  readonly steps: number;
  readonly orders: number;
  readonly cancelRequests: number;
  readonly expiredPostOnly: number;
  readonly trades: number;
  readonly fillsSeenAtSteps: number;
  readonly endPosition: number;
  readonly endPositionLots: number;
  readonly endBalance: number;
  readonly fee: number;
  readonly tradingVolume: number;
  readonly tradingValue: number;
  readonly endMid: number;
  readonly endEquity: number;
  readonly fills: readonly (readonly number[])[];
}
interface GoldenFile {
  readonly parameters: Parameters;
  readonly conversion: { readonly startNs: string };
  readonly strategy: Readonly<Record<string, Figures>>;
}

const ready = recordings.present && goldens.present && usdmStreams().length > 0;
const golden = ready ? (readGolden('hftbacktest.json') as { readonly files: Record<string, GoldenFile> }) : undefined;
const files = ready ? usdmStreams().map((path) => ({ path, name: usdmName(path) })) : [];

/** The golden's models by the class that makes them; an exponent follows some. */
const RULES: Readonly<Record<string, (n: number) => FrontRule>> = {
  PowerProbQueueModel: probPowerRule,
  PowerProbQueueModel2: probPower2Rule,
  PowerProbQueueModel3: probPower3Rule,
  LogProbQueueModel: () => probLogRule(1),
  RiskAdverseQueueModel: () => riskAverseRule
};

function ruleOf(name: string): FrontRule {
  const [kind = '', exponent = ''] = name.split(' n=');
  const rule = RULES[kind];
  if (rule === undefined) throw new Error(`golden: unknown queue model ${name}`);
  return rule(Number(exponent));
}

const CASH = 1e6;

function play(tape: Tape, name: string, { parameters, conversion }: GoldenFile) {
  const { tickSize, lotSize, orderQty, makerFee, stepNs } = parameters;
  const { spec } = tape.market.rules;
  const lowest = spec.venue === 'binance-usdm' ? spec.lowestStep : Number.NaN;
  const shift = Number(tape.startEpochNanos - BigInt(conversion.startNs));
  const entry = parameters.entryLatencyNs / 1e6;
  const exchange = new InstrumentExchange(tape, {
    queue: binarySizes(name, ruleOf(name), lotSize),
    latency: constantLatency({
      place: entry,
      cancel: entry,
      replace: entry,
      response: parameters.responseLatencyNs / 1e6
    }),
    random: new Random(1 as Seed),
    cash: CASH,
    partialFills: 'none',
    history: true,
    shadows: []
  });
  const told: { fill: number[]; order: InstrumentOrder }[] = [];
  let [balance, fee, volume, value] = [0, 0, 0, 0];
  const maker = new MarketMaker(exchange, {
    lots: Math.round(orderQty / lotSize),
    orderQty,
    maxPosition: parameters.maxPosition,
    onFill: ({ order, tick, lots, time, role }) => {
      const price = (tick + lowest) * tickSize;
      const amount = price * orderQty;
      balance -= order.direction * amount;
      fee += makerFee * amount;
      volume += orderQty;
      value += amount;
      const fill = [order.id, order.direction, order.tick + lowest, tick + lowest, lots, time + shift];
      told.push({ order, fill: [...fill, Number.NaN, role === Role.maker ? 1 : 0] });
    }
  });
  const last = Math.max(
    tape.received[tape.rows - 1]!,
    tape.exchange.reduce((most, time) => Math.max(most, time), 0)
  );
  let steps = 0;
  for (let time = stepNs; time <= last + shift; time += stepNs) {
    maker.step((time - shift) as Nanos);
    steps++;
  }
  const seen = told.length;
  exchange.advanceTo(last as Nanos);
  const { bestBid, bestAsk } = exchange.books[0]!;
  const mid = ((bestBid + lowest) * tickSize + (bestAsk + lowest) * tickSize) / 2;
  // The order's last request may have been sent after the fill, before it was told.
  const fills = told.map(({ fill, order }) => fill.with(6, order.askedAt + shift));
  fills.sort((a, b) => a[5]! - b[5]! || a[0]! - b[0]!);
  const figures: Figures = {
    steps,
    orders: maker.orders,
    cancelRequests: maker.cancelRequests,
    expiredPostOnly: exchange.orders.filter((order) => order.end === 'wouldTake').length,
    trades: fills.length,
    fillsSeenAtSteps: seen,
    endPosition: maker.position,
    endPositionLots: exchange.account.position[0]!,
    endBalance: balance,
    fee,
    tradingVolume: volume,
    tradingValue: value,
    endMid: mid,
    endEquity: balance + maker.position * mid - fee,
    fills
  };
  return { exchange, figures };
}

describe.skipIf(!ready)('hftbacktest: market making', () => {
  test('the golden has strategies for every recording', () => {
    const played = Object.entries(golden!.files).filter(([, file]) => Object.keys(file.strategy).length > 0);
    expect(played.map(([name]) => name).sort()).toEqual(files.map((file) => file.name));
  });

  for (const { path, name } of files) {
    const file = golden?.files[name];
    const tape = file === undefined ? undefined : readUsdm(path).then((read) => read.tape);
    test.each(Object.keys(file?.strategy ?? {}))(`${name}: %s`, async (model) => {
      const { exchange, figures } = play((await tape)!, model, file!);
      const { fills, ...sums } = figures;
      const { fills: expectedFills, ...expected } = file!.strategy[model]!;
      expect(fills).toEqual(expectedFills);
      expect(sums).toEqual(expected);
      const { account } = exchange;
      const { ladder } = (await tape)!.market.rules;
      const { bestBid, bestAsk } = exchange.books[0]!;
      account.setMark(0, (ladder.priceOf(bestBid as Ticks) + ladder.priceOf(bestAsk as Ticks)) / 2);
      expect(account.unit.toCurrency(account.fees[0]!)).toBeCloseTo(expected.fee, 9);
      expect(account.unit.toCurrency(account.equity) - CASH).toBeCloseTo(expected.endEquity, 9);
      expect(account.unit.toCurrency(account.flow[0]!)).toBeCloseTo(expected.endBalance, 9);
    });
  }
});
