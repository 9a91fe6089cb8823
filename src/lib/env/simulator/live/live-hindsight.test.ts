/** On markets that answer, labels are what was published says of them, our own trades among the others. */
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { plainHindsight } from '../../../../../tests/support/plain-hindsight.ts';
import { SimulatedEnvSchema } from '../../../config/run-config.ts';
import { Random } from '../../../core/random.ts';
import { seconds, seed } from '../../../core/units.ts';
import { TapeBuilder } from '../../../market/tape-builder.ts';
import { checkEnv } from '../../check-env.ts';
import { sampleActions } from '../../check-play.ts';
import { envSpec, makeVectorEnv } from '../../make-env.ts';
import { slabBytes, stepBuffers } from '../../vector-env.ts';
import { drawScenario } from '../market-draw.ts';
import { LiveEpisode, WARM_UP_SECONDS } from './live-episode.ts';
import { LiveExchange } from './live-exchange.ts';

const config = v.parse(SimulatedEnvSchema, {
  id: 'SimulatedPreOff-v0',
  environments: 2,
  slots: 3,
  startMinutes: 1,
  decisionSeconds: 2,
  exposureLimit: 1e6,
  bankroll: 1e6,
  stakeCap: 50
});
const steps = 4;
const spec = envSpec(config, steps);

it.each([0, 900])('says what was published, whatever the agent sees with a feed of %i ms', (feedLatencyMillis) => {
  const scenario = drawScenario({ seed: seed(6), index: 0, scheduledMillis: 0, leadSeconds: 60 + WARM_UP_SECONDS });
  const setup = { ...config, feedLatencyMillis };
  const exchange = new LiveExchange({ ...setup, scenario });
  const builder = new TapeBuilder(0n);
  let decisions = 0;
  let messages = 0;
  const { feed } = exchange;
  const [message, row] = [feed.message.bind(feed), feed.row.bind(feed)];
  // A second for every decision: when a message is stamped does not matter, by which decision it has come does.
  feed.message = (millis) => {
    message(millis);
    builder.message(seconds(decisions));
    messages++;
  };
  feed.row = (...values) => {
    row(...values);
    builder.row(...values);
  };
  const buffers = stepBuffers(spec, 1, new ArrayBuffer(slabBytes(spec, 1)));
  const episode = new LiveEpisode({ config: setup, buffers, index: 0, forecast: spec.forecast });
  episode.begin(exchange, 'simulated', undefined);
  const firstMessage = messages;
  // The shortest prices, as the agent sees them when the episode begins.
  const { books } = exchange.seen.state;
  const price = (runner: number): number => (books[runner]!.bestBid < 0 ? 1e9 : books[runner]!.bestBid);
  const order = [...books.keys()].sort((a, b) => price(a) - price(b) || a - b);
  const runners = Int32Array.from(order.slice(0, config.slots));
  const random = new Random(seed(2), 'actions');
  const told: number[][] = [];
  for (let ended = false; !ended;) {
    sampleActions(spec.action, buffers.actions, random);
    decisions++;
    ended = episode.step();
    told.push([...buffers.labels]);
  }
  const tape = builder.build(exchange.info, { shared: false });
  const times = Float64Array.from({ length: decisions + 1 }, (_, k) => seconds(k));
  const played = { tape, times, runners, firstMessage, lastMessage: messages };
  const known: number[] = [];
  told.forEach((labels, k) => {
    const decision = k + 1 - steps;
    if (decision < 0) expect(labels.every(Number.isNaN)).toBe(true);
    else {
      const plain = plainHindsight(played, { decision, steps, capLots: 5000 });
      labels.forEach((label, column) => {
        if (Number.isNaN(plain[column])) expect(label).toBeNaN();
        else expect(label, `decision ${String(decision)}, ${String(column)}`).toBeCloseTo(plain[column]!, 4);
      });
      known.push(...labels.slice(-2 * config.slots));
    }
  });
  expect(new Set(known)).toEqual(new Set([0, 1]));
});

it('keeps the contract, and is the same episode for one who does not ask', () => {
  const make = (forecastSteps: number) => makeVectorEnv({ config, tapes: [], forecastSteps });
  expect(checkEnv(() => make(steps), { steps: 60 })).toEqual([]);
  const [asking, other] = [make(steps), make(0)];
  const random = new Random(seed(2), 'actions');
  for (const env of [asking, other]) env.reset({ seed: seed(1), schedule: 'shuffle' });
  let told = 0;
  for (let step = 0; step < 80; step++) {
    sampleActions(spec.action, asking.buffers.actions, random);
    other.buffers.actions.set(asking.buffers.actions);
    for (const env of [asking, other]) env.step();
    for (const name of ['observations', 'rewards', 'terminated', 'truncated', 'info'] as const) {
      expect(asking.buffers[name]).toEqual(other.buffers[name]);
    }
    told += asking.buffers.labels.filter((label) => !Number.isNaN(label)).length;
  }
  expect(told).toBeGreaterThan(500);
  const again = make(steps);
  again.restore(asking.standing());
  for (const env of [asking, again]) {
    env.buffers.actions.fill(0);
    env.step();
  }
  expect(again.buffers.labels).toEqual(asking.buffers.labels);
}, 60_000);
