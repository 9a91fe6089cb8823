/** The scaler of a feature set: mean and deviation of every feature over the markets that are trained on, and no others. */
import { AppError } from '../../core/errors.ts';
import type { Moments } from './moments.ts';
import { mergeMoments } from './moments.ts';

export interface Scaler {
  /** Of the features it was fitted on. */
  readonly featureHash: string;
  /** The markets that it was fitted on, in the order of their ids. */
  readonly markets: readonly string[];
  readonly features: readonly string[];
  readonly mean: readonly number[];
  /** 1 for a feature that never varied. */
  readonly deviation: readonly number[];
}

interface Described {
  readonly id: string;
  readonly moments: Readonly<Record<string, Moments>>;
}

/** @param train the markets of the training split alone: what is held out must not be handed in */
export function fitScaler(train: readonly Described[], features: readonly string[], featureHash: string): Scaler {
  const ordered = [...train].sort((a, b) => (a.id < b.id ? -1 : 1));
  const merged = features.map((name) =>
    mergeMoments(ordered.flatMap(({ moments }) => (moments[name] === undefined ? [] : [moments[name]])))
  );
  return {
    featureHash,
    markets: ordered.map((market) => market.id),
    features,
    mean: merged.map((one) => one.mean),
    deviation: merged.map(({ count, squares }) => (squares > 0 ? Math.sqrt(squares / count) : 1))
  };
}

/**
 * (x - mean) / deviation, in place.
 * @param rows [rows, features] in the order of the scaler's features
 * @throws data.drift when it was fitted on other features
 */
export function applyScaler(scaler: Scaler, rows: Float32Array, featureHash: string): void {
  if (scaler.featureHash !== featureHash) {
    throw new AppError('data.drift', {
      subject: 'the scaler',
      expected: `features ${featureHash}`,
      got: `it was fitted on features ${scaler.featureHash}`,
      remedy: 'build the gold layer again'
    });
  }
  const width = scaler.features.length;
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i]! - scaler.mean[i % width]!) / scaler.deviation[i % width]!;
}
