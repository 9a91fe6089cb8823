/** What is prepared of markets is counted to the byte, and refused before it is made where it would be too much. */
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { miniTape } from '../../../../tests/support/mini-tape.ts';
import { MarketEnvSchema } from '../../config/run-config.ts';
import type { MarketEnvConfig } from '../../config/run-config.ts';
import { AppError } from '../../core/errors.ts';
import { makeVectorEnv } from '../make-env.ts';
import { MOST_PREPARED_BYTES, prepareTimelines, timelineBytes, timelineOf } from './timeline.ts';
import type { Timeline } from './timeline.ts';

const market = (terms: Readonly<Record<string, unknown>>): MarketEnvConfig =>
  v.parse(MarketEnvSchema, { id: 'AUPreOffV7TradeCost', startMinutes: 1, ...terms });

const tapes = [1, 2, 3].map((one) => miniTape({ seed: one, id: `1.${String(one)}` }));

/** Every buffer of its views, its history and its clock, once. */
function bytesOf({ history, late = [], touches, observations, times }: Timeline): number {
  const buffers = new Set<ArrayBufferLike>([times.buffer]);
  for (const view of [{ touches, observations }, ...late]) {
    buffers.add(view.touches.buffer);
    for (const row of view.observations) buffers.add(row.buffer);
  }
  for (const column of Object.values(history ?? {}) as unknown[]) {
    if (ArrayBuffer.isView(column)) buffers.add(column.buffer);
  }
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

const WAYS: readonly Readonly<Record<string, unknown>>[] = [
  { slots: 1 },
  { slots: 24, decisionSeconds: 0.1, maxSteps: 100_000 },
  { slots: 3, feedLatencyMillis: 200, latencyModel: 'logNormal', curriculumSteps: 1000 }
];

it.each(WAYS)('tells what is prepared to the byte: %j', (terms) => {
  const told: number[] = [];
  const onPrepared = (_done: number, _of: number, bytes: number): void => void told.push(bytes);
  const timelines = prepareTimelines(tapes, market(terms), { onPrepared });
  expect(timelines.map(timelineBytes)).toEqual(timelines.map(bytesOf));
  let sum = 0;
  expect(told).toEqual(timelines.map((timeline) => (sum += bytesOf(timeline))));
});

it.each(WAYS)('refuses the market that would pass the limit, before it is made: %j', (terms) => {
  const config = market(terms);
  const [first, second] = tapes.map((tape) => timelineBytes(timelineOf(tape, config)!)) as [number, number];
  const done: number[] = [];
  const refused = (mostBytes: number): unknown => {
    done.length = 0;
    try {
      const preparation = { mostBytes, onPrepared: (of: number): void => void done.push(of) };
      makeVectorEnv({ config, tapes, preparation });
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  };
  const error = refused(first + second / 4);
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe('data.limit');
  expect((error as AppError).message).toContain('market 1.2');
  expect((error as AppError).remedy).toContain('decision step longer');
  expect(done).toEqual([1]);
  expect(refused(MOST_PREPARED_BYTES)).toBeUndefined();
  expect(done).toEqual([1, 2, 3]);
});
