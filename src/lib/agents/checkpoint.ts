/**
 * A checkpoint as bytes: safetensors for the arrays (any tool that reads the format opens them) and JSON for the rest.
 * Where the bytes are kept is not known here.
 */
import type { CounterNoise } from '../compute/counter-noise.ts';
import { decodeSafetensors, encodeSafetensors } from '../compute/safetensors.ts';
import { AppError } from '../core/errors.ts';
import type { Random, RandomState } from '../core/random.ts';
import type { Checkpoint } from './agent.ts';

/** Structurally the data room's `StoredCheckpoint`. */
export interface CheckpointBytes {
  readonly safetensors: Uint8Array;
  readonly json: string;
}

export function encodeCheckpoint({ tensors, meta }: Checkpoint): CheckpointBytes {
  const { algorithm, schemaHash, updates } = meta;
  const safetensors = encodeSafetensors(tensors, { algorithm, schemaHash, updates: String(updates) });
  return { safetensors, json: `${JSON.stringify(meta, undefined, 2)}\n` };
}

/** @throws AppError `data.corrupt`, `data.truncated` or `data.drift` */
export function decodeCheckpoint({ safetensors, json }: CheckpointBytes): Checkpoint {
  const { arrays, metadata } = decodeSafetensors(safetensors, 'checkpoint');
  let meta: Partial<Checkpoint['meta']> | undefined;
  try {
    meta = JSON.parse(json) as Partial<Checkpoint['meta']>;
  } catch (cause) {
    throw unreadable('its JSON does not parse', cause);
  }
  if (meta.format !== 1) throw unreadable(`its format is ${String(meta.format)}, and this version reads 1`);
  // The two files are written one after the other: a pair of different updates must not pass for one.
  if (metadata['updates'] !== String(meta.updates)) {
    throw unreadable(
      `its tensors are of update ${String(metadata['updates'])} and its JSON of ${String(meta.updates)}`
    );
  }
  return { tensors: arrays, meta: meta as Checkpoint['meta'] };
}

type Streams = Readonly<Record<string, Random>>;

/** What an agent's random streams need to go on, for the checkpoint's `state.streams`. */
export const saveStreams = (streams: Streams): Readonly<Record<string, RandomState>> =>
  Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, stream.save()]));

export function loadStreams(streams: Streams, { state }: Checkpoint['meta']): void {
  const saved = state['streams'] as Readonly<Record<string, RandomState>>;
  for (const [name, stream] of Object.entries(streams)) stream.load(saved[name] as RandomState);
}

/** How far a device's own noise has come, for the checkpoint's `state`; nothing where there is none. */
export async function savedDraws(noise: CounterNoise | undefined): Promise<{ readonly noiseDraws?: number }> {
  return noise === undefined ? {} : { noiseDraws: await noise.count() };
}

/** A run that was on a device without noise of its own begins with it where it would be now: a draw an update. */
export function loadDraws(noise: CounterNoise | undefined, { state, updates }: Checkpoint['meta']): void {
  noise?.goOn((state['noiseDraws'] as number | undefined) ?? updates);
}

/** @throws AppError `data.drift` that names both sides */
export function refuseForeign(
  meta: Checkpoint['meta'],
  own: { readonly algorithm: string; readonly schemaHash: string }
): void {
  for (const key of ['algorithm', 'schemaHash'] as const) {
    if (meta[key] === own[key]) continue;
    throw new AppError('data.drift', {
      subject: `checkpoint's ${key}`,
      expected: own[key],
      got: meta[key],
      remedy: 'use the environment, features and agent it was trained with, or train anew'
    });
  }
}

function unreadable(got: string, cause?: unknown): AppError {
  return new AppError('data.corrupt', {
    subject: 'checkpoint',
    got,
    remedy: 'go on from an earlier checkpoint, or train anew',
    ...(cause === undefined ? {} : { cause })
  });
}
