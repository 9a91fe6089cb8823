/**
 * The figures of a market's quality, as they are kept with it. Plain data: imports nothing, so that records may name it.
 */

/** Raised when a figure changes its meaning or is added: older ones are computed again. */
export const QUALITY_VERSION = 1;

export interface MarketQuality {
  readonly version: number;
  /** Places where messages are missing, by the venue's own numbering or because they could not be read. */
  readonly gaps: number;
  /** Messages whose time or number lies before that of the one before them. */
  readonly backwardTime: number;
  /** Messages after which a runner's highest bid was not below its lowest ask while the market was open. */
  readonly crossedBooks: number;
  readonly checksumFailures: number;
  /** Messages that came twice: by the venue's numbering, or the same text once more. */
  readonly repeatedMessages: number;
  /** 1 where the market, or a runner in it, was never defined; else 0. */
  readonly missingDefinition: number;
  /** Values that were cut, rounded or left out because they cannot be true: prices off the ladder, negative sizes. */
  readonly clippedAnomalies: number;
  /** Sum of the trades, in the venue's unit. */
  readonly traded: number;
  /** The largest size that each price's traded ladder ever showed, summed, in the same unit. */
  readonly volume: number;
  /** `traded` for each unit of `volume`; NaN where nothing was traded. Over 1 where it took volume back. */
  readonly tradedToVolume: number;
  /**
   * Longest time without a message in the last ten minutes before the off; before the end of a recording that
   * ends before it; at any time where there is none. Seconds.
   */
  readonly silenceSeconds: number;
  /** From the venue's time to reception, milliseconds; NaN where the recording has one clock. Nearest rank. */
  readonly lagP50Millis: number;
  readonly lagP90Millis: number;
  readonly lagP99Millis: number;
  readonly lagMaxMillis: number;
}
