/**
 * A tape as the decisions of one episode: when it begins and how it ends, which runner is in which slot, and the
 * market features at every decision. It depends on the recording alone, so it is made once a tape and shared by every
 * environment: a step copies a row, a reset copies one market state. Made in one pass forward; row k holds nothing
 * that happened after decision k.
 *
 * It takes 10 to 60 ms and 0.3 to 0.7 MB a recorded market of 8 slots, beside the tape's 1 to 4 MB: it is made when the
 * tapes are loaded, so that no reset waits for it. Memory grows with decisions times slots: 72,000 decisions of 24 slots
 * are 450 MB, which is why it is counted, told, and bounded.
 */
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { AppError } from '../../core/errors.ts';
import type { Nanos } from '../../core/units.ts';
import { millis, seconds } from '../../core/units.ts';
import { FeatureTracker } from '../../market/features/feature-tracker.ts';
import { MarketState } from '../../market/market-state.ts';
import type { Tape } from '../../market/tape.ts';
import { MarketStatus, NO_TICK, RowKind, messageCount, tapeTime } from '../../market/tape.ts';
import { ladderPoints } from '../account/hedge.ts';
import { DECISION_WIDTH, historyBytes } from './book-history.ts';
import type { BookHistory } from './book-history.ts';
import { BookHistoryBuilder, keepsHistory } from './history-builder.ts';
import { lateViewCount, lateViews } from './late-view.ts';
import { MarketViewBuilder, NO_RUNNER, viewBytesOfDecision } from './market-view.ts';
import type { MarketView } from './market-view.ts';

export { NO_RUNNER };

/** How the recording lets an episode end, if nothing else ends it first. */
export type TimelineEnd = 'off' | 'recordingEnds' | 'stepLimit';

export interface Timeline extends MarketView {
  readonly tape: Tape;
  /** Runner slot of the tape in each slot of the environment, shortest price first; NO_RUNNER where there is none. */
  readonly runners: Int32Array;
  /** By slot of the tape: where it stands in `runners`, -1 for one that does not. */
  readonly slotOf: Int32Array;
  /** Number of decisions; decision k is taken at `times[k]`, and `times[steps]` is the end. */
  readonly steps: number;
  readonly times: Float64Array;
  readonly end: TimelineEnd;
  /** First message that has not been applied when the episode begins, and when it ends at the off. */
  readonly firstMessage: number;
  readonly lastMessage: number;
  /** The market when the episode begins: copied at every reset, never stepped. */
  readonly start: MarketState;
  /** By slot of the tape: 1 for the runners in `runners`. */
  readonly watched: Uint8Array;
  /** Price in hundredths by tick. */
  readonly points: Float64Array;
  /** Undefined where the ladder is too long for one: such a market is played message by message. */
  readonly history: BookHistory | undefined;
  /**
   * What an agent sees of the market where its feed is late, from none of the latency to all of it; see `viewAt`.
   * Undefined where it is not: it sees the timeline itself, which is the market as it is.
   */
  readonly late: readonly MarketView[] | undefined;
}

/** Where the off lies: the first message that turns the market in play, closes it, or suspends it once it is due. */
interface Off {
  readonly message: number;
  readonly time: Nanos;
  readonly end: TimelineEnd;
}

/** Where an episode begins: the first message not applied by then, and the moment. */
interface Beginning {
  readonly message: number;
  readonly time: Nanos;
}

/** Whether a tape shows an open market with prices between the start and the off: cheap, and enough to list it. */
export const isPlayable = (tape: Tape, config: MarketEnvConfig): boolean =>
  takesOrders(tape) && beginning(tape, config, new MarketState(tape.market)) !== undefined;

/** Bytes that the timelines of one environment may take together: about what a browser gives a tab beside all else. */
export const MOST_PREPARED_BYTES = 4e9;

/** Told after every tape that was looked at: how many of how many, and bytes of the timelines so far. */
export type OnPrepared = (done: number, of: number, bytes: number) => void;

export interface Preparation {
  /** Timelines that were made before, with the same configuration. */
  readonly ready?: ReadonlyMap<Tape, Timeline> | undefined;
  readonly onPrepared?: OnPrepared | undefined;
  /** Default `MOST_PREPARED_BYTES`. */
  readonly mostBytes?: number | undefined;
}

/** Memory that a timeline's arrays take, without its tape. */
export function timelineBytes({ history, late = [], touches, observations, runners, times }: Timeline): number {
  const views = [{ touches, observations }, ...late];
  const ofViews = views.reduce((sum, view) => sum + viewBytesOfDecision(runners.length) * view.observations.length, 0);
  return ofViews + times.byteLength + (history === undefined ? 0 : historyBytes(history));
}

interface PreparedLimit {
  readonly takenBytes: number;
  readonly mostBytes: number;
}

/** Before anything of it is made. Changes of levels are not known yet, and few beside so many decisions. */
function mustFit(tape: Tape, config: MarketEnvConfig, steps: number, { takenBytes, mostBytes }: PreparedLimit): void {
  const { slots } = config;
  const views = 1 + lateViewCount(tape, config);
  const ofHistory = keepsHistory(tape) ? 4 * DECISION_WIDTH * slots : 0;
  const bytes = (steps + 1) * (views * viewBytesOfDecision(slots) + ofHistory);
  if (takenBytes + bytes <= mostBytes) return;
  const megabytes = (count: number): string => `${Math.ceil(count / 1e6).toLocaleString('en')} MB`;
  throw new AppError('data.limit', {
    subject: `${config.id} on market ${tape.market.id}`,
    expected: `at most ${megabytes(mostBytes)} prepared of all markets together`,
    got: `${megabytes(takenBytes)} of those before it and ${megabytes(bytes)} of its ${steps.toLocaleString('en')} decisions in ${String(slots)} runner slots`,
    remedy: 'take fewer markets, or make the decision step longer, the start later, the step limit lower or slots fewer'
  });
}

/**
 * The timelines of those tapes that can be played, in their order.
 * @throws AppError `data.limit` where together they would take more than `mostBytes`
 */
export function prepareTimelines(
  tapes: readonly Tape[],
  config: MarketEnvConfig,
  { ready, onPrepared, mostBytes = MOST_PREPARED_BYTES }: Preparation
): readonly Timeline[] {
  const timelines: Timeline[] = [];
  let bytes = 0;
  for (const [index, tape] of tapes.entries()) {
    const limit = { takenBytes: bytes, mostBytes };
    const timeline = ready?.get(tape) ?? (isPlayable(tape, config) ? timelineOf(tape, config, limit) : undefined);
    if (timeline !== undefined) {
      timelines.push(timeline);
      bytes += timelineBytes(timeline);
    }
    onPrepared?.(index + 1, tapes.length, bytes);
  }
  return timelines;
}

/** None are taken where a stake is at risk twice or half of it alone, or prices are no odds. */
const takesOrders = ({ market }: Tape): boolean => {
  const { settlement } = market.rules;
  if (settlement.kind !== 'backLay') return true;
  return settlement.eachWay === undefined && settlement.line !== true && settlement.handicaps !== true;
};

/** Moves `state` to where an episode begins. */
function beginning(
  tape: Tape,
  config: MarketEnvConfig,
  state: MarketState,
  features?: FeatureTracker
): Beginning | undefined {
  const lead = seconds(config.startMinutes * 60);
  const messages = messageCount(tape);
  for (let message = 0; message < messages; message++) {
    const row = tape.messageStart[message]!;
    if (row === tape.messageStart[message + 1]) continue;
    const due = (tapeTime(tape, state.scheduledMillis) - lead) as Nanos;
    if (tape.exchange[row]! > due && playable(state)) return { message, time: Math.max(due, state.time) as Nanos };
    if (features === undefined) state.applyMessage(tape, message);
    else applyMessage(tape, message, state, features);
    if (state.inPlay || state.status === MarketStatus.closed) return undefined;
  }
  return undefined;
}

/**
 * @param limit bytes that it may take together with others
 * @returns undefined when the tape cannot be played; see `isPlayable`
 * @throws AppError `data.limit` where it would take more
 */
export function timelineOf(tape: Tape, config: MarketEnvConfig, limit?: PreparedLimit): Timeline | undefined {
  const state = new MarketState(tape.market);
  const features = new FeatureTracker(tape.market);
  const begins = beginning(tape, config, state, features);
  if (begins === undefined) return undefined;
  const { message, time: begin } = begins;
  const start = new MarketState(tape.market);
  start.copyFrom(state);
  const off = findOff(tape, start, message);
  const every = millis(config.decisionSeconds * 1000);
  const steps = Math.min(config.maxSteps, Math.max(1, Math.ceil((off.time - begin) / every)));
  if (limit !== undefined) mustFit(tape, config, steps, limit);
  const times = Float64Array.from({ length: steps + 1 }, (_, k) => Math.min(begin + k * every, off.time));
  const runners = byPrice(state, config.slots);
  const view = new MarketViewBuilder(runners, steps + 1);
  const points = ladderPoints(tape.market.rules.ladder);
  const history = keepsHistory(tape) ? new BookHistoryBuilder(start, runners, points) : undefined;
  let next = message;
  for (let k = 0; k <= steps; k++) {
    const now = times[k]! as Nanos;
    next = follow(tape, { state, features, history, next, until: now, before: off.message });
    if (k > 0) history?.onDecision();
    view.writeBest(k, k === 0 ? start : state);
    features.onMessageEnd(now);
    view.writeFeatures(k, state, features);
  }
  return {
    tape,
    runners,
    slotOf: Int32Array.from(state.books, (_, slot) => runners.indexOf(slot)),
    steps,
    times,
    end: steps * every < off.time - begin ? 'stepLimit' : off.end,
    firstMessage: message,
    lastMessage: off.message,
    start,
    watched: Uint8Array.from(state.books, (_, slot) => (runners.includes(slot) ? 1 : 0)),
    ...view.finish(),
    points,
    history: history?.finish(),
    late: lateViews(tape, config, { runners, times, lastMessage: off.message })
  };
}

function applyMessage(tape: Tape, message: number, state: MarketState, features: FeatureTracker): void {
  const end = tape.messageStart[message + 1]!;
  for (let row = tape.messageStart[message]!; row < end; row++) {
    state.apply(tape, row);
    features.onRow(tape, row, state);
  }
  features.onMessageEnd(tape.exchange[end - 1]! as Nanos);
}

function follow(
  tape: Tape,
  at: {
    state: MarketState;
    features: FeatureTracker;
    history: BookHistoryBuilder | undefined;
    next: number;
    until: number;
    before: number;
  }
): number {
  let { next } = at;
  for (; next < at.before; next++) {
    const row = tape.messageStart[next]!;
    if (row === tape.messageStart[next + 1]) continue;
    if (tape.exchange[row]! > at.until) break;
    applyMessage(tape, next, at.state, at.features);
    at.history?.onMessage(tape, next, at.state);
  }
  return next;
}

function playable(state: MarketState): boolean {
  if (state.status !== MarketStatus.open || state.inPlay) return false;
  return state.books.some((book) => book.bestBid !== NO_TICK && book.bestAsk !== NO_TICK);
}

/** Reads ahead for the end of the episode; what it finds is shown to nobody before it comes. */
function findOff(tape: Tape, start: MarketState, from: number): Off {
  let scheduled = tapeTime(tape, start.scheduledMillis);
  const messages = messageCount(tape);
  let last = start.time;
  for (let message = from; message < messages; message++) {
    const end = tape.messageStart[message + 1]!;
    for (let row = tape.messageStart[message]!; row < end; row++) {
      const kind = tape.kind[row]!;
      const lots = tape.lots[row]!;
      last = tape.exchange[row]! as Nanos;
      if (kind === RowKind.scheduledStart) scheduled = tapeTime(tape, lots);
      const ends =
        (kind === RowKind.inPlay && lots === 1) ||
        (kind === RowKind.status &&
          (lots === MarketStatus.closed || (lots === MarketStatus.suspended && last >= scheduled)));
      if (ends) return { message, time: last, end: 'off' };
    }
  }
  return { message: messages, time: last, end: 'recordingEnds' };
}

/** The shortest prices now, ties by slot; runners without a price last, those that left not at all. */
function byPrice(state: MarketState, slots: number): Int32Array {
  const price = (slot: number): number => {
    const bid = state.books[slot]!.bestBid;
    return bid === NO_TICK ? Infinity : bid;
  };
  const order = state.books
    .map((_, slot) => slot)
    .filter((slot) => state.removed[slot] === 0)
    .sort((a, b) => (price(a) === price(b) ? a - b : price(a) - price(b)));
  const runners = new Int32Array(slots).fill(NO_RUNNER);
  runners.set(order.slice(0, slots));
  return runners;
}
