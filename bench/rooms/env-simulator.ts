/**
 * The market simulator, one core: order events (orders that come to rest, matches, cancellations) a second of whole
 * markets with every agent at work and every message published, of the order-level book alone, and the time to set up
 * a market anew. The least of several passes.
 */
import * as v from 'valibot';
import { SimulatedEnvSchema } from '../../src/lib/config/run-config.ts';
import { Random } from '../../src/lib/core/random.ts';
import { nanos, seed } from '../../src/lib/core/units.ts';
import { sampleActions } from '../../src/lib/env/check-play.ts';
import { makeVectorEnv } from '../../src/lib/env/make-env.ts';
import { RunnerBook, Side } from '../../src/lib/env/simulator/runner-book.ts';
import { drawScenario } from '../../src/lib/env/simulator/market-draw.ts';
import { FULL_BEHAVIOUR, FULL_RACE } from '../../src/lib/env/simulator/scenario.ts';
import type { Scenario } from '../../src/lib/env/simulator/scenario.ts';
import { SimulatedMarket } from '../../src/lib/env/simulator/simulated-market.ts';
import type { Figure } from '../figure.ts';

const GOAL_EVENTS = 1e6;
const GOAL_RESET_MILLIS = 100;
const PASSES = 12;
const MARKETS = 4;

const nowhere = { message: () => undefined, row: () => undefined };

export function* figures(): Generator<Figure> {
  const lean = (index: number): Scenario => drawScenario({ seed: seed(5), index, scheduledMillis: 0 });
  const full = (index: number): Scenario =>
    drawScenario({
      seed: seed(5),
      index,
      scheduledMillis: 0,
      behaviour: FULL_BEHAVIOUR,
      leadSeconds: 3600,
      race: FULL_RACE
    });
  for (const [name, scenario] of [
    ['markets of the sample', lean],
    ['markets of recorded pace, last hour and race', full]
  ] as const) {
    const { eventsPerSecond, resetMillis } = play(scenario);
    yield {
      name: `simulator, ${name}`,
      value: eventsPerSecond,
      unit: 'order events/s',
      goal: GOAL_EVENTS,
      met: eventsPerSecond >= GOAL_EVENTS
    };
    yield {
      name: `simulator, reset, ${name}`,
      value: resetMillis,
      unit: 'ms',
      goal: GOAL_RESET_MILLIS,
      met: resetMillis <= GOAL_RESET_MILLIS
    };
  }
  for (const pace of ['lean', 'full'] as const) yield* environment(pace);
  const book = bookRate();
  yield { name: 'simulator, order-level book alone', value: book, unit: 'order events/s' };
}

function play(scenario: (index: number) => Scenario): { eventsPerSecond: number; resetMillis: number } {
  let [eventsPerSecond, resetMillis] = [0, Infinity];
  const end = nanos(1e15);
  for (let pass = 0; pass < PASSES; pass++) {
    let [events, millis] = [0, 0];
    for (let index = 0; index < MARKETS; index++) {
      const drawn = scenario(index);
      const start = performance.now();
      const market = new SimulatedMarket(drawn, nowhere);
      const ready = performance.now();
      market.advanceTo(end);
      millis += performance.now() - ready;
      events += market.events;
      resetMillis = Math.min(resetMillis, ready - start);
    }
    eventsPerSecond = Math.max(eventsPerSecond, (1000 * events) / millis);
  }
  return { eventsPerSecond, resetMillis };
}

/** `SimulatedPreOff-v0` under uniform random actions, markets made anew as episodes end; and one reset, warm-up included. */
function* environment(pace: 'lean' | 'full'): Generator<Figure> {
  const config = v.parse(SimulatedEnvSchema, { id: 'SimulatedPreOff-v0', environments: 8, pace });
  const env = makeVectorEnv({ config, tapes: [] });
  let resetMillis = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    const start = performance.now();
    env.reset({ seed: seed(pass), schedule: 'shuffle' });
    resetMillis = Math.min(resetMillis, (performance.now() - start) / env.size);
  }
  const random = new Random(seed(2), 'bench actions');
  const start = performance.now();
  let steps = 0;
  for (; performance.now() - start < 4000; steps++) {
    sampleActions(env.spec.action, env.buffers.actions, random);
    env.step();
  }
  const value = (1000 * steps * env.size) / (performance.now() - start);
  yield { name: `SimulatedPreOff-v0, ${pace}, random actions`, value, unit: 'steps/s' };
  yield {
    name: `SimulatedPreOff-v0, ${pace}, reset of one environment`,
    value: resetMillis,
    unit: 'ms',
    goal: GOAL_RESET_MILLIS,
    met: resetMillis <= GOAL_RESET_MILLIS
  };
  env.dispose();
}

/** A book of some hundreds of orders under a stream drawn beforehand: half come to rest, the others cancel or take. */
function bookRate(): number {
  const random = new Random(seed(1), 'bench book');
  const steps = 400_000;
  const kinds = Uint8Array.from({ length: steps }, () => random.below(8));
  const depths = Int32Array.from({ length: steps }, () => random.below(12));
  const refs = new Float64Array(512);
  let best = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const book = new RunnerBook(350, () => undefined);
    const start = performance.now();
    for (let i = 0; i < steps; i++) {
      const kind = kinds[i]!;
      const side = (kind & 1) as Side;
      const at = i & 511;
      if (kind < 4) {
        book.cancel(refs[at]!);
        refs[at] = book.place(side, side === Side.bid ? 99 - depths[i]! : 100 + depths[i]!, 200, 0);
      } else if (kind < 6) book.cancel(refs[(at * 7) & 511]!);
      else book.take(side, side === Side.bid ? 101 : 98, 100 + 25 * depths[i]!, 1);
    }
    best = Math.max(best, (1000 * book.events) / (performance.now() - start));
  }
  return best;
}
