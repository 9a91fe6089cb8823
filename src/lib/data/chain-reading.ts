/** Members of an archive that carry one recording on, while they are read one by one. Knows no format. */
import type { AppError } from '../core/errors.ts';
import type { RecordingKind } from './import-question.ts';
import type { Chain, ChainLink, MemberPlace } from './recording.ts';
import type { Oddity } from './records.ts';
import { Sha256 } from './sha256.ts';
import type { StreamKind, VenueReader } from './venue-reader.ts';

export interface OpenReader {
  readonly kind: StreamKind | undefined;
  /** `kind`, where the user chose another than the likeliest. */
  readonly ownKind?: RecordingKind;
  readonly reader: VenueReader;
}

export class ChainReading {
  readonly #members: Chain;
  readonly #hash = new Sha256();
  #next = 0;
  /** Where the whole of it is said to stand: where its first member does. */
  place: MemberPlace | undefined;
  open: OpenReader | undefined;
  /** Why the recording is partial: what a member of it could not give. */
  cut: AppError | undefined;
  /** Of the file, found in these members. */
  readonly oddities: Oddity[] = [];

  constructor(members: Chain) {
    this.#members = members;
  }

  get isBegun(): boolean {
    return this.#next > 0;
  }

  get isDone(): boolean {
    return this.#next >= this.#members.length;
  }

  /** Whether the member is the one to be read now; one that stands before its time in the archive is met once more. */
  isNext({ path, nth }: ChainLink): boolean {
    const next = this.#members[this.#next];
    return next?.path === path && next.nth === nth;
  }

  /** @param sha256 of the member's bytes, hex */
  took(sha256: string): void {
    this.#hash.update(new TextEncoder().encode(sha256));
    this.#next++;
  }

  /** It was read before. */
  pass(): void {
    this.#next = this.#members.length;
  }

  /** SHA-256, hex, over its members' own. */
  fingerprint(): string {
    return this.#hash.hex();
  }
}
