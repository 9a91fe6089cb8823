/**
 * A file of a layer above silver that came by itself: a market without a book that carries its rows as they came. What
 * they were made of is not there, so that they can be asked and exported and not built again. Knows no storage.
 */
import type { Table } from 'apache-arrow';
import { tableToIPC } from 'apache-arrow';
import { AppError } from '../core/errors.ts';
import { TapeBuilder } from '../market/tape-builder.ts';
import type { Tape } from '../market/tape.ts';
import { rulesFrom } from '../market/venues/rules-from.ts';
import { GOLD_FEATURE_HASH } from './gold/episode.ts';
import type { LayerAbout, LayerKind, LayerMetadata } from './layer-about.ts';
import { LAYER_WORDS, layersAloneReason, readLayerMetadata } from './layer-about.ts';
import { recordOfTape } from './market-record.ts';
import { ipcToParquet } from './parquet/codec.ts';
import { drift } from './parquet/columns.ts';
import type { ReadMarket } from './recording.ts';
import { featureColumns } from './runner-series.ts';

export interface LayerSource {
  readonly kind: LayerKind;
  /** The file as it was given. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isParquet: boolean;
  readonly source: string;
  readonly fingerprint: string;
}

/**
 * @param table what its bytes hold, of the columns of `kind`
 * @throws data.missing when it does not say what it is of, data.corrupt when that does not fit, data.drift when its
 *   features mean something else now, data.empty when it holds no row
 */
export function layerMarket(table: Table, { kind, bytes, isParquet, source, fingerprint }: LayerSource): ReadMarket {
  const metadata = readLayerMetadata(table.schema.metadata, kind, source);
  const { about } = metadata;
  checkFeatures(about, source);
  if (table.numRows === 0) {
    throw new AppError('data.empty', {
      subject: source,
      expected: `rows of ${LAYER_WORDS[kind]}`,
      got: 'none',
      remedy: 'take another file out of the exported dataset'
    });
  }
  const tape = emptyTape(metadata, source);
  const [firstMillis, lastMillis] = spanOf(table, kind, tape) ?? [
    tape.market.scheduledMillis,
    tape.market.scheduledMillis
  ];
  const none = new Float64Array(0);
  const kept = isParquet
    ? bytes
    : ipcToParquet(tableToIPC(table, 'stream'), { metadata: table.schema.metadata, rowGroupRows: table.numRows });
  return {
    record: {
      ...recordOfTape(tape, ''),
      firstMillis,
      lastMillis,
      trainable: false,
      reason: layersAloneReason([about])
    },
    tape,
    bronze: { published: none, received: none, text: [] },
    layer: {
      about,
      rows: table.numRows,
      bytes: kept,
      sha256: fingerprint,
      ...(kind === 'rollout' ? { played: playedIn(table) } : {})
    }
  };
}

function playedIn(table: Table): { readonly return: number; readonly terminated: boolean } {
  const ended: unknown = table.getChild('terminated')?.get(table.numRows - 1);
  let sum = 0;
  for (const reward of table.getChild('reward') ?? []) sum += Number(reward);
  return { return: sum, terminated: ended === true };
}

/** The market they are of, without what happened in it. */
function emptyTape({ market: { market, rules, startEpochNanos } }: LayerMetadata, source: string): Tape {
  try {
    return new TapeBuilder(BigInt(startEpochNanos)).build({ ...market, rules: rulesFrom(rules) }, { shared: false });
  } catch (thrown) {
    throw new AppError('data.corrupt', {
      subject: source,
      expected: 'a layer with the market that it is of',
      got: `one that is none (${thrown instanceof Error ? thrown.message : String(thrown)})`,
      remedy: 'export the dataset again',
      cause: thrown
    });
  }
}

function checkFeatures(about: LayerAbout, source: string): void {
  if (about.kind === 'rollout') return;
  const expected = about.kind === 'gold' ? GOLD_FEATURE_HASH : featureColumns(about.settings.features).hash;
  if (about.featureHash === expected) return;
  throw drift(source, `features ${expected}`, `features ${about.featureHash}, by version ${about.codeVersion}`);
}

/** First and last moment of its rows, milliseconds since the epoch; undefined where rows have none. */
function spanOf(table: Table, kind: LayerKind, tape: Tape): readonly [number, number] | undefined {
  if (kind === 'rollout') return undefined;
  const column = table.getChild(kind === 'gold' ? 'time' : 'millis');
  const startMillis = Number(tape.startEpochNanos / 1_000_000n);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of column ?? []) {
    const millis = kind === 'gold' ? startMillis + Number(value) / 1e6 : Number(value);
    least = Math.min(least, millis);
    most = Math.max(most, millis);
  }
  return [least, most];
}
