/**
 * The built-in sample: simulated markets as two static files, a JSON of records and one Parquet of all tapes. Written
 * once in Node, read by URL in the worker. What it holds is synthetic, and says so.
 */
import { AppError, checkAborted } from '../core/errors.ts';
import { sha256Hex } from '../core/digest.ts';
import type { Tape } from '../market/tape.ts';
import type { TapeWire } from '../market/tape-wire.ts';
import { recordOfTape } from './market-record.ts';
import { datasetRecord } from './dataset-record.ts';
import type { DatasetRecord, MarketRecord } from './records.ts';
import type { ColumnSpec } from './parquet/columns.ts';
import { schemaHash, specsOf, toIpc, verifySchema } from './parquet/columns.ts';
import { ipcToParquet, parquetToArrow } from './parquet/codec.ts';
import type { TapeSidecar } from './parquet/silver.ts';
import { SILVER_COLUMNS, SILVER_ENCODINGS, silverColumns, tapeSidecar, wireFromTable } from './parquet/silver.ts';

export const SAMPLE_NAME = 'Sample markets';
export const SAMPLE_FILE = 'tapes.parquet';
const SUBJECT = 'the built-in sample';

/** Silver with the market each row belongs to; rows of a market stand together, in the order of `infos`. */
export const SAMPLE_COLUMNS: readonly ColumnSpec[] = [
  { name: 'market', type: 'text', about: "the market's id" },
  ...SILVER_COLUMNS
];

export interface SampleMetadata {
  readonly dataset: DatasetRecord;
  readonly markets: readonly MarketRecord[];
  readonly infos: readonly { readonly id: string; readonly info: TapeSidecar; readonly file: string }[];
}

export interface SampleOptions {
  readonly name?: string;
  /** Of the simulator that made the tapes; part of the record. */
  readonly codeVersion: string;
  /** Fixed, so that the same seed gives the same files. */
  readonly createdMillis?: number;
}

/** The Parquet codec must have been loaded. The same tapes give the same bytes. */
export async function writeSample(
  tapes: readonly Tape[],
  options: SampleOptions
): Promise<{ readonly metadata: SampleMetadata; readonly parquet: Uint8Array<ArrayBuffer> }> {
  const name = options.name ?? SAMPLE_NAME;
  const rows = tapes.reduce((sum, tape) => sum + tape.rows, 0);
  const parquet = ipcToParquet(toIpc(SAMPLE_COLUMNS, joined(tapes, rows), rows), { encodings: SILVER_ENCODINGS });
  const infos = await Promise.all(
    tapes.map(async (tape) => {
      const info = tapeSidecar(tape);
      const fingerprint = info.market.fingerprint === '' ? await fingerprintOfTape(tape) : info.market.fingerprint;
      const market = { ...info.market, fingerprint, synthetic: true };
      return { id: tape.market.id, info: { ...info, market }, file: SAMPLE_FILE };
    })
  );
  const markets = tapes.map((tape, i) => ({
    ...recordOfTape(tape, name),
    synthetic: true,
    fingerprint: infos[i]?.info.market.fingerprint ?? ''
  }));
  const dataset = await datasetRecord({
    name,
    origin: 'sample',
    createdMillis: options.createdMillis ?? 0,
    codeVersion: options.codeVersion,
    schemaHash: await schemaHash(SAMPLE_COLUMNS),
    files: [
      {
        name: SAMPLE_FILE,
        bytes: parquet.length,
        sha256: await sha256Hex(parquet),
        container: 'plain',
        messages: markets.reduce((sum, market) => sum + market.messages, 0),
        markets: markets.length
      }
    ],
    markets: markets.map((record, i) => ({
      record,
      tape: infos[i]!.info,
      silver: SAMPLE_FILE,
      silverBytes: i === 0 ? parquet.length : 0,
      bronzeBytes: 0
    })),
    oddities: []
  });
  return { metadata: { dataset, markets, infos }, parquet };
}

function joined(tapes: readonly Tape[], rows: number) {
  const all = {
    market: new Array<string>(rows),
    exchange: new BigInt64Array(rows),
    received: new BigInt64Array(rows),
    kind: new Uint8Array(rows),
    slot: new Uint8Array(rows),
    tick: new Int32Array(rows),
    lots: new Float64Array(rows),
    message: new Uint32Array(rows)
  };
  let at = 0;
  for (const tape of tapes) {
    const one = silverColumns(tape);
    all.market.fill(tape.market.id, at, at + tape.rows);
    all.exchange.set(one.exchange, at);
    all.received.set(one.received, at);
    all.kind.set(one.kind, at);
    all.slot.set(one.slot, at);
    all.tick.set(one.tick, at);
    all.lots.set(one.lots, at);
    all.message.set(one.message, at);
    at += tape.rows;
  }
  return all;
}

const fingerprintOfTape = async (tape: Tape): Promise<string> =>
  await sha256Hex(new Uint8Array(tape.exchange.buffer.slice(0) as ArrayBuffer));

/** Fetches one of the sample's files; the one place that knows where the app is served from. */
export type SampleFetch = (file: string, signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>;

export function sampleFrom(base: string | URL): SampleFetch {
  return async (file, signal) => {
    const url = new URL(file, base);
    let got: string;
    try {
      const response = await fetch(url, signal === undefined ? {} : { signal });
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      got = `the server answered ${String(response.status)}`;
    } catch (thrown) {
      checkAborted(signal, SUBJECT);
      got = thrown instanceof Error ? thrown.message : String(thrown);
    }
    throw new AppError('network.unavailable', {
      subject: `the built-in sample (${url.pathname})`,
      got,
      remedy: 'check that the app is still being served and reload the page'
    });
  };
}

/** Reads the sample on demand and keeps its bytes; a failed fetch is tried again at the next call. */
export class Sample {
  readonly #fetch: SampleFetch;
  #metadata: Promise<SampleMetadata> | undefined;
  #parquet: Promise<Uint8Array<ArrayBuffer>> | undefined;
  #verified: Promise<void> | undefined;

  constructor(fetch: SampleFetch) {
    this.#fetch = fetch;
  }

  async metadata(): Promise<SampleMetadata> {
    this.#metadata ??= this.#readMetadata();
    try {
      return await this.#metadata;
    } catch (thrown) {
      this.#metadata = undefined;
      throw thrown;
    }
  }

  /** Verified against the digest the metadata carries. */
  async parquet(): Promise<Uint8Array<ArrayBuffer>> {
    this.#parquet ??= this.#readParquet();
    try {
      return await this.#parquet;
    } catch (thrown) {
      this.#parquet = undefined;
      throw thrown;
    }
  }

  /**
   * Decodes the rows of one market alone. The Parquet codec must have been loaded.
   * @throws data.missing, data.drift, data.corrupt, network.unavailable
   */
  async tape(market: string, options: { readonly shared: boolean }): Promise<TapeWire> {
    const [{ infos }, bytes] = await Promise.all([this.metadata(), this.parquet()]);
    this.#verified ??= verifySchema(
      SUBJECT,
      specsOf(parquetToArrow(SUBJECT, bytes, { limit: 1 }).schema),
      SAMPLE_COLUMNS
    );
    await this.#verified;
    let offset = 0;
    for (const { id, info } of infos) {
      if (id === market) {
        const columns = SILVER_COLUMNS.map((column) => column.name);
        return wireFromTable(parquetToArrow(SUBJECT, bytes, { columns, offset, limit: info.rows }), info, options);
      }
      offset += info.rows;
    }
    throw new AppError('data.missing', {
      subject: `market ${market}`,
      got: 'the built-in sample has no such market',
      remedy: 'choose one that the Data page lists'
    });
  }

  async #readMetadata(): Promise<SampleMetadata> {
    const text = new TextDecoder().decode(await this.#fetch('metadata.json'));
    try {
      return JSON.parse(text) as SampleMetadata;
    } catch (thrown) {
      throw new AppError('data.corrupt', {
        subject: SUBJECT,
        got: 'its metadata.json is not JSON',
        remedy: 'reload the page; if it stays so, the app was not deployed whole',
        cause: thrown
      });
    }
  }

  async #readParquet(): Promise<Uint8Array<ArrayBuffer>> {
    const [metadata, bytes] = await Promise.all([this.metadata(), this.#fetch(SAMPLE_FILE)]);
    const expected = metadata.dataset.files[0]?.sha256 ?? '';
    const got = await sha256Hex(bytes);
    if (got === expected) return bytes;
    throw new AppError('data.corrupt', {
      subject: SUBJECT,
      expected: `SHA-256 ${expected.slice(0, 12)}`,
      got: `${SAMPLE_FILE} has ${got.slice(0, 12)}`,
      remedy: 'reload the page; if it stays so, the app was not deployed whole'
    });
  }
}
