/** What an import needs of a venue's reader: one file's bytes in, its markets out. */
import type { Tape } from '../market/tape.ts';
import type { Bar } from './bars/bar.ts';
import type { TableReading } from './bars/table-reading.ts';
import type { BookImage } from './binance/book-image.ts';
import type { Ask, RecordingKind } from './import-question.ts';
import type { KalshiTerms } from './kalshi/metadata.ts';
import type { LayerFile } from './layer-about.ts';
import type { BronzeColumns } from './parquet/bronze.ts';
import type { Container, MarketRecord, Oddity } from './records.ts';

/** All that a reader was told beside a market's messages: with it they are read again as they were. Plain data. */
export interface ReadAs {
  readonly kind: RecordingKind;
  /** What the messages came from, as it is called where something is odd. */
  readonly source: string;
  /** Of a venue whose messages need not name their instrument. */
  readonly symbol?: string;
  readonly terms?: KalshiTerms;
  /** Of a table of text. */
  readonly table?: TableReading;
}

export interface ReadMarket {
  readonly record: MarketRecord;
  readonly tape: Tape;
  readonly bronze: BronzeColumns;
  /** Candles, where the source holds those instead of a book. */
  readonly bars?: readonly Bar[];
  /** Rows of a layer above, where the source holds those instead of a book. */
  readonly layer?: LayerFile;
  /** Absent where its messages are not kept. */
  readonly readAs?: ReadAs;
}

export interface Recording {
  readonly sha256: string;
  /** The outermost. */
  readonly container: Container;
  readonly messages: number;
  readonly markets: number;
  /** Recordings within it, where it is an archive. */
  readonly members?: number;
  /** Of the file itself; each market's record tells its own. */
  readonly oddities: readonly Oddity[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly breathe: () => Promise<void>;
  /** Bytes of the file as it is stored; `path` names the member of an archive that is being read. */
  readonly onProgress: (progress: {
    readonly bytesRead: number;
    readonly messages: number;
    readonly path: string;
  }) => void;
  /**
   * Takes each market as soon as it is whole; the next one is read when it has been written.
   * @param member as `MemberPlace.number`; 0 where there is but one
   */
  readonly onMarket: (market: ReadMarket, member?: number) => Promise<void>;
  /** The markets since the last call stand, or must go: what they were read from turned out to be damaged. */
  readonly onMember?: (member: ReadMember) => Promise<void>;
  /**
   * Asked before a member is read; one that was finished before is passed over, and counted as it was then.
   * @throws data.drift when the file is not the one its members were read from
   */
  readonly finished?: (member: MemberPlace) => FinishedRecording | undefined;
  /** Asked where bytes fit several kinds, and how a table is to be read; without it the likeliest is taken and told. */
  readonly ask?: Ask;
  /** What Kalshi says of its markets, read beforehand. */
  readonly terms?: readonly KalshiTerms[];
  /** Order books of Binance from beside the recordings that go on from them, read beforehand. */
  readonly images?: readonly BookImage[];
  /** Of an archive: its members that carry one recording on. They are read as one. */
  readonly chains?: readonly Chain[];
}

/** Members of an archive in the order they are to be read. */
export type Chain = readonly ChainLink[];

export interface ChainLink {
  readonly path: string;
  /** Which of the members of that path, from 0: an archive may hold several. */
  readonly nth: number;
}

/** A member by its place among those of its file. */
export interface MemberPlace {
  readonly path: string;
  readonly number: number;
  /** Of the whole file. */
  readonly sha256: string;
}

/** What a member that has been read adds to its file's figures. */
export interface FinishedRecording {
  readonly messages: number;
  readonly markets: number;
  /** Of the file, not of its markets. */
  readonly oddities: readonly Oddity[];
}

export interface ReadMember extends MemberPlace, Pick<FinishedRecording, 'messages' | 'oddities'> {
  readonly sound: boolean;
}

/** @throws an AppError `data.*` when the file is no recording or is torn */
export type RecordingReader = (file: File, options: ReadOptions) => Promise<Recording>;
