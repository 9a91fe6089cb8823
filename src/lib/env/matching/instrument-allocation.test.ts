/** An exchange for instruments allocates no object while it is stepped with orders coming, filling and leaving. */
import { expect, it } from 'vitest';
import { perpetualRules, walkingTape } from '../../../../tests/support/instrument-tape.ts';
import { MarketMaker } from '../../../../tests/support/market-making.ts';
import { Random } from '../../core/random.ts';
import type { Seed } from '../../core/units.ts';
import { millis } from '../../core/units.ts';
import { heapGrowth } from '../heap-growth.ts';
import { nodeHeap } from '../node-heap.ts';
import { InstrumentExchange } from './instrument-exchange.ts';
import { constantLatency } from './latency.ts';

const SPANS = 5;
const STEPS = 100_000 / SPANS;
const STEP_MILLIS = 50;
/**
 * A number that is handed to a function is an object of 16 bytes where the compiler does not take the function in: the
 * time of the step, a price or two of each order. An order, fill or request that was not used again would be over 100.
 */
const MOST_BYTES = 64;
/** Of 100,000 steps together. */
const MOST_KEPT_BYTES = 200_000;
const MESSAGES = 20_000;

it('allocates no record while it is stepped, and keeps nothing', () => {
  const exchange = new InstrumentExchange(
    walkingTape({ seed: 3, rules: perpetualRules(), middle: 2000, messages: MESSAGES }),
    {
      queue: 'probPower',
      latency: constantLatency({ place: 10, cancel: 10, replace: 10, response: 10, feed: 2 }),
      random: new Random(1 as Seed),
      cash: 1e6
    }
  );
  const maker = new MarketMaker(exchange, { lots: 4, orderQty: 0.004, maxPosition: 0.02 });
  let at = 0;
  let fills = 0;
  let resets = 0;
  const step = (): void => {
    at += STEP_MILLIS;
    if (at > MESSAGES * 10) {
      at = STEP_MILLIS;
      exchange.reset();
      maker.reset();
      resets++;
    }
    const before = maker.position;
    maker.step(millis(at));
    if (maker.position !== before) fills++;
  };
  const heap = nodeHeap();
  const bytes = heapGrowth({ heap, step, warmSteps: 20_000, steps: STEPS, spans: SPANS });
  expect(fills).toBeGreaterThan(1000);
  expect(resets).toBeGreaterThan(5);
  expect(bytes).toBeLessThan(MOST_BYTES);
  heap.collect();
  const before = heap.used();
  for (let k = 0; k < STEPS * SPANS; k++) step();
  heap.collect();
  expect(heap.used() - before).toBeLessThan(MOST_KEPT_BYTES);
});
