/**
 * What a file of a layer above silver says of itself in its Parquet metadata: which market it is of, and how it was made.
 * With it the file can be imported by itself. Knows no storage.
 */
import { AppError } from '../core/errors.ts';
import type { GoldSettings } from './gold/episode.ts';
import type { RolloutHead } from './gold/rollout-head.ts';
import type { TapeSidecar } from './parquet/silver.ts';
import type { SeriesSettings } from './runner-series.ts';

export type LayerAbout =
  | {
      readonly kind: 'gold';
      readonly codeVersion: string;
      readonly settings: GoldSettings;
      readonly featureHash: string;
      readonly decisions: number;
    }
  | {
      readonly kind: 'runner_ts';
      readonly codeVersion: string;
      readonly settings: SeriesSettings;
      /** Empty where it holds no features. */
      readonly featureHash: string;
    }
  | { readonly kind: 'rollout'; readonly rollout: RolloutHead };

export type LayerKind = LayerAbout['kind'];

/** Rows as they came, in Parquet. */
export interface LayerFile {
  readonly about: LayerAbout;
  readonly rows: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the file that was given, hex. */
  readonly sha256: string;
  /** Of a rollout: what it came to. */
  readonly played?: { readonly return: number; readonly terminated: boolean };
}

/** As it is told in messages. */
export const LAYER_WORDS: Readonly<Record<LayerKind, string>> = {
  gold: 'gold episodes',
  runner_ts: 'runner_ts',
  rollout: 'a recorded rollout'
};

/** Why no episode can be made of a market that has nothing else. */
export function layersAloneReason(layers: readonly LayerAbout[]): string {
  const words = [...new Set(layers.map(({ kind }) => LAYER_WORDS[kind]))].sort();
  return `it holds ${new Intl.ListFormat('en').format(words)} alone, no order book`;
}

const KEY = 'furlong.layer';

/** @param market that the rows are of */
export const layerMetadata = (about: LayerAbout, market: TapeSidecar): readonly [key: string, text: string] => [
  KEY,
  JSON.stringify({ market, about })
];

export interface LayerMetadata {
  readonly market: TapeSidecar;
  readonly about: LayerAbout;
}

/**
 * @param kind as its columns say
 * @throws data.missing when it says nothing, data.corrupt when what it says is no such thing
 */
export function readLayerMetadata(
  metadata: ReadonlyMap<string, string>,
  kind: LayerKind,
  source: string
): LayerMetadata {
  const text = metadata.get(KEY);
  if (text === undefined) {
    throw new AppError('data.missing', {
      subject: source,
      expected: `${LAYER_WORDS[kind]} with their market under ${KEY} in the file's metadata`,
      got: 'rows alone',
      remedy: 'take the file out of an exported dataset as it is, or import that dataset'
    });
  }
  let found: unknown;
  try {
    found = JSON.parse(text, nullIsNaN);
  } catch (thrown) {
    throw corrupt(source, 'metadata that are no JSON', thrown);
  }
  if (!isMetadata(found)) throw corrupt(source, 'metadata without a market or without what made it');
  if (found.about.kind !== kind)
    throw corrupt(source, `rows of ${LAYER_WORDS[kind]} and the metadata of another layer`);
  return found;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';

function isMetadata(found: unknown): found is LayerMetadata {
  if (!isRecord(found) || !isRecord(found['market']) || !isRecord(found['about'])) return false;
  const { market: tape, about } = found;
  const { market, rules, startEpochNanos } = tape;
  if (!isRecord(market) || !isText(market['id']) || market['id'] === '' || !isText(market['fingerprint'])) return false;
  if (!Array.isArray(market['runners']) || !isRecord(rules)) return false;
  if (!isText(startEpochNanos) || !/^-?\d{1,19}$/u.test(startEpochNanos)) return false;
  return isAbout(about);
}

function isAbout({ kind, rollout, settings, codeVersion, featureHash }: Readonly<Record<string, unknown>>): boolean {
  switch (kind) {
    case 'gold':
      return (
        isRecord(settings) && Number.isFinite(settings['startMinutes']) && isText(codeVersion) && isText(featureHash)
      );
    case 'runner_ts':
      return (
        isRecord(settings) &&
        Number.isInteger(settings['gridMillis']) &&
        ['none', 'preOff', 'all'].includes(String(settings['features'])) &&
        isText(codeVersion) &&
        isText(featureHash)
      );
    case 'rollout':
      return (
        isRecord(rollout) &&
        isText(rollout['name']) &&
        !/^\.{0,2}$/u.test(rollout['name']) &&
        ['behaviour', 'environment', 'configHash', 'dataFingerprint', 'codeVersion'].every((key) =>
          isText(rollout[key])
        ) &&
        Array.isArray(rollout['observationNames']) &&
        Array.isArray(rollout['rewardNames'])
      );
    default:
      return false;
  }
}

/** JSON has no NaN (a market without a scheduled start): it is written as null, and nothing else is. */
const nullIsNaN = (_key: string, value: unknown): unknown => (value === null ? Number.NaN : value);

const corrupt = (subject: string, got: string, cause?: unknown): AppError =>
  new AppError('data.corrupt', {
    subject,
    expected: 'a layer with what it is of and what made it',
    got,
    remedy: 'export the dataset again',
    ...(cause === undefined ? {} : { cause })
  });
