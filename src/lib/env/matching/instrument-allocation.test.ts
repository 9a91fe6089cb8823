/** An exchange for instruments allocates nothing while it is stepped with orders coming, filling and leaving. */
import { expect, it } from 'vitest';
import { perpetualRules, walkingTape } from '../../../../tests/support/instrument-tape.ts';
import { MarketMaker } from '../../../../tests/support/market-making.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { millis } from '../../core/units.ts';
import type { MarketRules } from '../../market/rules.ts';
import { KALSHI_PRICES, kalshiRules } from '../../market/venues/kalshi.ts';
import { heapGrowth } from '../heap-growth.ts';
import { nodeHeap } from '../node-heap.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { constantLatency, logNormalLatency, recordedLatency } from './latency.ts';
import type { LatencyModel } from './latency.ts';
import { tickSlippage } from './slippage.ts';
import type { SlippageModel } from './slippage.ts';

const SPANS = 5;
const STEPS = 100_000 / SPANS;
/**
 * One number a step that is made an object is 16 bytes. We find 1 to 5, of resets and of what the compiler does beside us.
 */
const MOST_BYTES = 12;
/** Of 100,000 steps together. */
const MOST_KEPT_BYTES = 200_000;
const MESSAGES = 20_000;
const STEPS_OF_PASS = 4000;
const times = Float64Array.from({ length: STEPS_OF_PASS + 1 }, (_, step) => millis(step * 50));

interface Setting {
  readonly rules: MarketRules;
  readonly middle: number;
  readonly latency: LatencyModel;
  readonly slippage?: SlippageModel;
}
const MILLIS = { place: 10, cancel: 10, replace: 10, response: 10, feed: 2 };
const SETTINGS: readonly (readonly [string, Setting])[] = [
  ['a perpetual', { rules: perpetualRules(), middle: 2000, latency: constantLatency(MILLIS) }],
  [
    'drawn latencies and slippage',
    {
      rules: perpetualRules(),
      middle: 2000,
      latency: logNormalLatency(MILLIS, 0.5),
      slippage: tickSlippage([0.3, 0.1])
    }
  ],
  [
    'yes/no contracts, recorded latencies',
    {
      rules: kalshiRules({ priceRanges: KALSHI_PRICES.deci_cent }),
      middle: 500,
      latency: recordedLatency({ place: [8, 9, 40], cancel: [5, 6.5], replace: [9], response: [4], feed: [0.5, 3] })
    }
  ]
];

it.each(SETTINGS)('%s: allocates nothing while it is stepped, and keeps nothing', { timeout: 60_000 }, (_, setting) => {
  const { rules, middle, latency, slippage } = setting;
  const exchange = new InstrumentExchange(walkingTape({ seed: 3, rules, middle, messages: MESSAGES }), {
    queue: 'probPower',
    latency,
    random: new Random(1 as Seed),
    cash: 1e6,
    ...(slippage === undefined ? {} : { slippage })
  });
  const maker = new MarketMaker(exchange, { lots: 4, orderQty: 0.004, maxPosition: 0.02 });
  let at = 0;
  let fills = 0;
  let resets = 0;
  const step = (): void => {
    at++;
    if (at > STEPS_OF_PASS) {
      at = 1;
      exchange.reset();
      maker.reset();
      resets++;
    }
    const before = exchange.account.position[0];
    maker.stepAlong(times, at);
    if (exchange.account.position[0] !== before) fills++;
  };
  const heap = nodeHeap();
  // The compiler works beside us, and on a busy machine late: what allocates does so however often one looks.
  let bytes = Infinity;
  for (let look = 0; look < 4 && bytes >= MOST_BYTES; look++) {
    bytes = heapGrowth({ heap, step, warmSteps: 40_000, steps: STEPS, spans: SPANS });
  }
  expect(fills).toBeGreaterThan(300);
  expect(resets).toBeGreaterThan(5);
  expect(bytes).toBeLessThan(MOST_BYTES);
  heap.collect();
  const before = heap.used();
  for (let k = 0; k < STEPS * SPANS; k++) step();
  heap.collect();
  expect(heap.used() - before).toBeLessThan(MOST_KEPT_BYTES);
});
