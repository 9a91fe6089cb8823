/** A late feed: what is seen at t is what a feed without latency shows at t less the latency, and nothing else changes. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventfulTape } from '../../../../tests/support/eventful-tape.ts';
import { MarketEnvSchema } from '../../config/run-config.ts';
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { Random } from '../../core/random.ts';
import type { Nanos, Seed } from '../../core/units.ts';
import { millis, seconds } from '../../core/units.ts';
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { MarketState } from '../../market/market-state.ts';
import { tapeFromWire, tapeToWire } from '../../market/tape-wire.ts';
import { NO_TICK, RowKind, messageCount } from '../../market/tape.ts';
import type { Tape } from '../../market/tape.ts';
import { checkEnv } from '../check-env.ts';
import { sampleActions } from '../check-play.ts';
import { leakTest } from '../leak-test.ts';
import { makeVectorEnv } from '../make-env.ts';
import { sampleTape } from '../simulator/sample-markets.ts';
import type { EpisodeTrace } from '../trace.ts';
import { observationNames } from './au-pre-off.ts';
import { MarketViewBuilder, TOUCH_WIDTH } from './market-view.ts';
import type { MarketView } from './market-view.ts';
import { timelineOf } from './timeline.ts';

const tape = await sampleTape(0);
const market = (text: Record<string, unknown> = {}): MarketEnvConfig =>
  v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', environments: 2, slots: 3, ...text });
const touchesAt = ({ touches }: MarketView, k: number): Int32Array =>
  touches.subarray(k * 3 * TOUCH_WIDTH, (k + 1) * 3 * TOUCH_WIDTH);
const bestBid = (view: MarketView, k: number): number => touchesAt(view, k)[0]!;
const late = (of: Tape, text: Record<string, unknown>, view = 0) => timelineOf(of, market(text))!.late![view]!;

/** The market as it was at the decisions less some time, worked from the tape alone. */
function earlier(of: Tape, text: Record<string, unknown>, lag: number) {
  const { runners, times, lastMessage } = timelineOf(of, market(text))!;
  const builder = new MarketViewBuilder(runners, times.length);
  const state = new MarketState(of.market);
  const features = new FeatureTracker(of.market);
  let next = 0;
  times.forEach((time, k) => {
    for (; next < Math.min(lastMessage, messageCount(of)); next++) {
      const [row, end] = [of.messageStart[next]!, of.messageStart[next + 1]!];
      if (row < end && of.exchange[row]! > time - lag) break;
      for (let at = row; at < end; at++) {
        state.apply(of, at);
        features.onRow(of, at, state);
      }
      if (row < end) features.onMessageEnd(of.exchange[end - 1]! as Nanos);
    }
    features.onMessageEnd((time - lag) as Nanos);
    builder.writeBest(k, state);
    builder.writeFeatures(k, state, features);
  });
  return builder.finish();
}

describe('a feed that always takes L', () => {
  it.each([1, 250, 3000, 10_000])('of %i ms shows at t what was there at t - L, best prices and features', (lag) => {
    const seen = late(tape, { feedLatencyMillis: lag }, 0);
    expect(seen).toEqual(earlier(tape, {}, millis(lag)));
  });

  it('by a whole decision is the view without latency, a decision later', () => {
    const now = timelineOf(tape, market())!;
    const seen = late(tape, { feedLatencyMillis: 5000 });
    for (let k = 2; k < now.times.length - 1; k++) {
      const [was, is] = [now.observations[k - 1]!, seen.observations[k]!];
      for (let column = 0; column < is.length; column++) expect(is[column]).toBeCloseTo(was[column]!, 5);
      expect(touchesAt(seen, k)).toEqual(touchesAt(now, k - 1));
    }
  });

  it('costs nothing where it takes none: the agent sees the timeline itself', () => {
    expect(timelineOf(tape, market())!.late).toBeUndefined();
    expect(timelineOf(tape, market({ latencyModel: 'recorded' }))!.late).toBeUndefined();
  });
});

describe('a feed that is drawn', () => {
  const drawn = { latencyModel: 'logNormal', feedLatencyMillis: 800 };

  it('is the same for a market every time, and another for another model', () => {
    expect(late(tape, drawn)).toEqual(late(tape, drawn));
    expect(late(tape, drawn)).not.toEqual(late(tape, { ...drawn, latencySpread: 1.5 }));
  });

  it('shows messages in their order, each once: at the end all that the latency allows', () => {
    const samples = { latencyModel: 'recorded', feedLatencySamples: '0, 4000' };
    const { times } = timelineOf(tape, market(samples))!;
    // Behind a message of 4 s nothing comes sooner, so that almost all is that late.
    const [seen, least, most] = [late(tape, samples), earlier(tape, {}, 0), earlier(tape, {}, millis(4000))];
    let [asLate, asSoon] = [0, 0];
    times.forEach((_, k) => {
      if (Object.is(bestBid(seen, k), bestBid(most, k))) asLate++;
      if (Object.is(bestBid(seen, k), bestBid(least, k))) asSoon++;
    });
    expect(asLate).toBeGreaterThan(asSoon);
  });

  it('is as late as the recording says, where it holds two clocks and no samples are given', () => {
    const wire = tapeToWire(tape);
    const copy = tapeFromWire({ ...wire, buffer: wire.buffer.slice(0) });
    for (let row = 0; row < copy.rows; row++) copy.received[row] = copy.exchange[row]! + millis(700);
    expect(late(copy, { latencyModel: 'recorded' })).toEqual(earlier(tape, {}, millis(700)));
    expect(timelineOf(copy, market())!.late).toBeUndefined();
  });
});

describe('an environment with a late feed', () => {
  const play = (text: Record<string, unknown>, steps: number, idle = false, stepsBefore = 0) => {
    const env = makeVectorEnv({ config: market(text), tapes: [tape] });
    const random = new Random(4 as Seed, 'actions');
    env.reset({ seed: 1 as Seed, schedule: 'shuffle', stepsBefore });
    const seen: number[][] = [];
    const rewards: number[] = [];
    for (let k = 0; k < steps; k++) {
      seen.push([...env.buffers.observations]);
      if (idle) env.buffers.actions.fill(0);
      else sampleActions(env.spec.action, env.buffers.actions, random);
      env.step();
      rewards.push(...env.buffers.rewards);
    }
    env.dispose();
    return { seen, rewards };
  };

  it('observes the view, and is the same again from the same seed', () => {
    const lagging = { feedLatencyMillis: 5000 };
    expect(play(lagging, 60)).toEqual(play(lagging, 60));
    expect(play(lagging, 60).rewards).not.toEqual(play({}, 60).rewards);
    const width = market().slots;
    const view = late(tape, lagging);
    const { seen } = play(lagging, 10, true);
    expect(width).toBe(3);
    // Of who does nothing only the masks and the counter of decisions stand beside what the market says.
    seen.forEach((row, k) => {
      const own = view.observations[k]!;
      own.forEach((value, column) => {
        if (value !== 0) expect(row[column]).toBe(value);
      });
    });
  });

  it.each([
    { placeLatencyMillis: 100, feedLatencyMillis: 2000 },
    { placeLatencyMillis: 100, latencyModel: 'recorded', feedLatencySamples: '2000' }
  ])('sends its requests at the moment of the decision: what it saw is late already', (text) => {
    const env = makeVectorEnv({ config: market(text), tapes: [tape] });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    while (env.buffers.terminated[0]! + env.buffers.truncated[0]! === 0) {
      for (let k = 0; k < env.buffers.actions.length; k += 3) env.buffers.actions.set([1, -1, 0], k);
      env.step();
    }
    expect(env.buffers.info[env.spec.info.indexOf('latency_ms')]).toBeCloseTo(100, 3);
    env.dispose();
  });

  it('grows with a curriculum, in quarters', () => {
    const eased = { feedLatencyMillis: 8000, curriculumSteps: 1000 };
    const timeline = timelineOf(tape, market(eased))!;
    expect(timeline.late).toHaveLength(5);
    expect(timeline.late![4]).toEqual(late(tape, { feedLatencyMillis: 8000 }));
    expect(timeline.late![2]).toEqual(late(tape, { feedLatencyMillis: 4000 }));
    expect(play(eased, 20, true, 1000).seen).toEqual(play({ ...eased, curriculumSteps: 0 }, 20, true).seen);
    expect(play(eased, 5, true).seen).not.toEqual(play({ ...eased, curriculumSteps: 0 }, 5, true).seen);
  });

  it('passes the checks for every environment, and shows nothing before it happens', () => {
    const config = market({
      latencyModel: 'recorded',
      placeLatencySamples: '60 400',
      feedLatencySamples: '40 80 1500',
      environments: 1
    });
    expect(checkEnv(() => makeVectorEnv({ config, tapes: [tape] }), { steps: 300 })).toEqual([]);
    const { times } = timelineOf(tape, config)!;
    const report = leakTest({
      make: (of) => makeVectorEnv({ config, tapes: [of] }),
      tape,
      time: times[30]! as Nanos,
      steps: 30
    });
    expect(report).toEqual({ firstLeak: undefined, futureDiffers: true });
  });

  it.each([1, 3, 5])('shows that a runner has left when the feed says so, and no sooner: market %i', (seed) => {
    const lag = 9;
    const eventful = eventfulTape({ seed });
    const config = market({ feedLatencyMillis: lag * 1000, decisionSeconds: 1, environments: 1, slots: 6 });
    const { times, runners, steps } = timelineOf(eventful, config)!;
    const env = makeVectorEnv({ config, tapes: [eventful] });
    const mask = observationNames(config).flatMap((name, column) => (name.endsWith(' mask') ? [column] : []));
    const left = new Map<number, number>();
    for (let row = 0; row < eventful.rows; row++) {
      if (eventful.kind[row] === RowKind.removal) left.set(eventful.slot[row]!, eventful.exchange[row]!);
    }
    let [gone, unseen] = [0, 0];
    const random = new Random(2 as Seed, 'actions');
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    for (let k = 0; k < steps && env.buffers.episode[0]! >= 0; k++) {
      mask.forEach((column, slot) => {
        const at = left.get(runners[slot]!) ?? Infinity;
        expect(env.buffers.observations[column]).toBe(at + seconds(lag) <= times[k]! ? 0 : 1);
        if (at + seconds(lag) <= times[k]!) gone++;
        else if (at <= times[k]!) unseen++;
      });
      sampleActions(env.spec.action, env.buffers.actions, random);
      env.step();
    }
    env.dispose();
    expect([gone > 0, unseen > 0]).toEqual([true, true]);
  });

  it('measures slippage from the prices it decided by', () => {
    const config = market({ feedLatencyMillis: 5000, placeLatencyMillis: 0, environments: 1, slots: 1 });
    const { points, late: views, steps, touches } = timelineOf(tape, config)!;
    // The price has risen meanwhile: what is backed at the seen one is matched at a better.
    const bid = (k: number, of = views![0]!.touches): number => of[k * TOUCH_WIDTH]!;
    const decisions = Array.from({ length: steps }, (_, k) => k);
    const decision = decisions.find((k) => bid(k) !== NO_TICK && bid(k, touches) > bid(k))!;
    let told: EpisodeTrace | undefined;
    const env = makeVectorEnv({
      config,
      tapes: [tape],
      trace: {
        environment: 'all',
        onEpisode: (episode) => {
          told = episode;
        }
      }
    });
    env.reset({ seed: 1 as Seed, schedule: 'once' });
    for (let k = 0; k < steps && told === undefined; k++) {
      env.buffers.actions.set(k === decision ? [1, -1, 0] : [0, 0, 0]);
      env.step();
    }
    const order = told!.orders[0]!;
    const seen = points[bid(decision)]! / 100;
    expect(order.matchedLots).toBeGreaterThan(0);
    expect(order.averagePrice).toBeGreaterThan(seen);
    const slippage = (1e4 * (seen - order.averagePrice!)) / seen;
    expect(env.buffers.info[env.spec.info.indexOf('slippage_bps')]).toBeCloseTo(slippage, 2);
    env.dispose();
  });

  it('goes on where a runner leaves that the agent does not know of yet', () => {
    const config = market({ feedLatencyMillis: 9000, decisionSeconds: 1 });
    const env = makeVectorEnv({ config, tapes: [eventfulTape({ seed: 3 })] });
    const random = new Random(2 as Seed, 'actions');
    env.reset({ seed: 1 as Seed, schedule: 'shuffle' });
    for (let k = 0; k < 200; k++) {
      sampleActions(env.spec.action, env.buffers.actions, random);
      env.step();
      expect(env.buffers.observations.every(Number.isFinite)).toBe(true);
    }
  });
});
