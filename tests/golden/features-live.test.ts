/**
 * The same bits live: a recording that is still coming in, cut off anywhere and fed a row at a time as a stream is, gives
 * the features that the whole recording gives at that message. And gold holds, at the environment's own decisions, what
 * the environment observes. Over every recording found.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import type { Nanos } from '../../src/lib/core/units.ts';
import { goldEpisode, GOLD_FEATURES } from '../../src/lib/data/gold/episode.ts';
import { loadParquetInNode } from '../../src/lib/data/parquet/load-node.ts';
import { readRecording } from '../../src/lib/data/read-recording.ts';
import { readPreset } from '../../src/lib/config/presets.ts';
import { MARKET_FEATURES, RUNNER_FEATURES } from '../../src/lib/env/market/market-columns.ts';
import { OBSERVATION_LIMIT, SLOT_WIDTH } from '../../src/lib/env/market/observation.ts';
import { NO_RUNNER } from '../../src/lib/env/market/market-view.ts';
import { timelineOf } from '../../src/lib/env/market/timeline.ts';
import { FeatureTracker } from '../../src/lib/market/features/feature-tracker.ts';
import { MarketState } from '../../src/lib/market/market-state.ts';
import { messageCount } from '../../src/lib/market/tape.ts';
import type { Tape } from '../../src/lib/market/tape.ts';
import { kalshiRecordings } from '../support/kalshi-recordings.ts';
import { fileAt, plainBytes } from '../support/read-stream.ts';
import { orSkipped, recordings } from '../support/recordings.ts';

/** Where streams of messages lie; what else is there (candles, tables) has no messages. */
const STREAMS = ['betfair/stream', 'crypto/binance-usdm', 'crypto/raw', 'kalshi/events'];
/** Of the lines of a file. */
const CUTS = [0.03, 0.5, 0.99];

const files = STREAMS.flatMap((folder) => {
  const path = join(recordings.path, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    // What was asked over REST beside a socket is no stream.
    entry.isFile() && (folder !== 'crypto/raw' || entry.name.includes('.ws.'))
      ? [join(entry.parentPath, entry.name)]
      : []
  );
}).sort();
orSkipped('recorded streams', recordings.path, files);

/** When a contract closes is known before it trades, from what the venue says of it. */
const terms = kalshiRecordings().flatMap((recording) => recording.terms);

beforeAll(loadParquetInNode);

/** Markets of a text by id; none where it holds too little to say what it is. */
async function tapesOf(name: string, bytes: Uint8Array): Promise<ReadonlyMap<string, Tape>> {
  const tapes = new Map<string, Tape>();
  try {
    await readRecording(new File([bytes as Uint8Array<ArrayBuffer>], name), {
      breathe: () => Promise.resolve(),
      onProgress: () => undefined,
      terms,
      onMarket: (market) => {
        tapes.set(market.record.id, market.tape);
        return Promise.resolve();
      },
      onMember: () => Promise.resolve()
    });
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
  }
  return tapes;
}

/** Features after so many messages, rows handed over one by one on a tape of their own, as a live feed has them. */
function live(tape: Tape, messages: number): Float32Array {
  const one = {
    market: tape.market,
    startEpochNanos: tape.startEpochNanos,
    rows: 1,
    exchange: new Float64Array(1),
    received: new Float64Array(1),
    kind: new Uint8Array(1),
    slot: new Uint8Array(1),
    tick: new Int32Array(1),
    lots: new Float64Array(1),
    messageStart: Uint32Array.of(0, 1)
  };
  return after(tape, messages, (row, state, tracker) => {
    for (const column of ['exchange', 'received', 'kind', 'slot', 'tick', 'lots'] as const) {
      one[column][0] = tape[column][row]!;
    }
    state.apply(one, 0);
    tracker.onRow(one, 0, state);
  });
}

const stored = (tape: Tape, messages: number): Float32Array =>
  after(tape, messages, (row, state, tracker) => {
    state.apply(tape, row);
    tracker.onRow(tape, row, state);
  });

function after(
  tape: Tape,
  messages: number,
  take: (row: number, state: MarketState, tracker: FeatureTracker) => void
): Float32Array {
  const state = new MarketState(tape.market);
  const tracker = new FeatureTracker(tape.market, 'all');
  for (let message = 0; message < messages; message++) {
    const end = tape.messageStart[message + 1]!;
    if (tape.messageStart[message] === end) continue;
    for (let row = tape.messageStart[message]!; row < end; row++) take(row, state, tracker);
    tracker.onMessageEnd(tape.exchange[end - 1]! as Nanos);
  }
  const width = tracker.names.length;
  const slots = state.books.length;
  const into = new Float32Array(slots * width + tracker.marketNames.length);
  for (let slot = 0; slot < slots; slot++) tracker.write(state, slot, into, slot * width);
  tracker.writeMarket(state, into, slots * width);
  return into;
}

describe.skipIf(files.length === 0)('features of a recording that is still coming in', () => {
  test.each(files.map((path) => [path.slice(recordings.path.length + 1), path] as const))(
    '%s',
    { timeout: 120_000 },
    async (_name, path) => {
      const bytes = await plainBytes(fileAt(path));
      const ends = lineEnds(bytes);
      const whole = await tapesOf(basename(path), bytes);
      expect(whole.size).toBeGreaterThan(0);
      let compared = 0;
      for (const cut of CUTS) {
        const prefix = await tapesOf(basename(path), bytes.subarray(0, ends[Math.floor(cut * (ends.length - 1))]! + 1));
        for (const [id, tape] of prefix) {
          const all = whole.get(id);
          // A reader that knows how a market was settled adds that at the end, here too soon.
          const messages = messageCount(tape) - 1;
          if (all === undefined || messages <= 0) continue;
          expect(live(tape, messages), `${id} after ${String(messages)} messages`).toEqual(stored(all, messages));
          compared++;
        }
      }
      // The last seconds of a market may stand in a file of their own, too short to be cut.
      if ([...whole.values()].some((tape) => messageCount(tape) > 10)) expect(compared).toBeGreaterThan(0);
    }
  );
});

function lineEnds(bytes: Uint8Array): readonly number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at);
  return ends.length === 0 ? [bytes.length - 1] : ends;
}

const raced = files.filter((path) => path.includes(join('betfair', 'stream')));

describe.skipIf(raced.length === 0)('gold at the decisions of the environment', () => {
  test('holds what the environment observes, bit for bit', { timeout: 120_000 }, async () => {
    const preset = 'au-preoff.sac-lstm.small';
    const { env } = readPreset(preset, readFileSync(`configs/${preset}.yaml`, 'utf8'));
    if (env.id !== 'AUPreOffV7TradeCost') throw new Error('not a market environment');
    let episodes = 0;
    for (const path of raced) {
      for (const tape of (await tapesOf(basename(path), await plainBytes(fileAt(path)))).values()) {
        const timeline = timelineOf(tape, { ...env, maxSteps: 100_000 });
        if (timeline === undefined) continue;
        episodes++;
        const { columns, decisions } = goldEpisode(tape, { times: timeline.times, before: timeline.lastMessage });
        expect(decisions).toBe(timeline.steps + 1);
        for (let step = 0; step < decisions; step++) {
          const seen = timeline.observations[step]!;
          timeline.runners.forEach((slot, i) => {
            // A runner that has left is all zeros to the agent.
            const active = (columns['runner_active'] as Float32Array)[slot * decisions + step];
            if (slot === NO_RUNNER || active === 0) return;
            const row = slot * decisions + step;
            expect(rowOf(columns, RUNNER_FEATURES, row)).toEqual(
              seen.slice(i * SLOT_WIDTH, i * SLOT_WIDTH + RUNNER_FEATURES.length)
            );
          });
          const at = env.slots * SLOT_WIDTH;
          expect(rowOf(columns, MARKET_FEATURES, step)).toEqual(seen.slice(at, at + MARKET_FEATURES.length));
        }
      }
    }
    expect(GOLD_FEATURES.slice(0, RUNNER_FEATURES.length)).toEqual(RUNNER_FEATURES);
    expect(episodes).toBeGreaterThan(0);
  });
});

/** Clipped as an observation is. */
function rowOf(columns: Readonly<Record<string, unknown>>, names: readonly string[], row: number): Float32Array {
  return Float32Array.from(names, (name) => {
    const value = (columns[name] as Float32Array)[row]!;
    return Math.max(-OBSERVATION_LIMIT, Math.min(OBSERVATION_LIMIT, value));
  });
}
