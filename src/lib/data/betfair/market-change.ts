/**
 * One market's part of a market change message (`mc` of `op: mcm`), as numbers in reused arrays. The two readers of
 * message text fill it, the recorder turns it into rows; it interprets nothing.
 */

/** What one number pair or triple of an `rc` says. The display kinds carry a position. */
export const ChangeKind = {
  availableToBack: 1,
  availableToLay: 2,
  traded: 3,
  lastTraded: 4,
  /** `trd: []`: the traded ladder starts again empty. */
  tradedEmpty: 5,
  /** `bdatb`, `bdatl`, `batb`, `batl`: best prices by position, virtual bets counted in the first two. */
  bestDisplayBack: 6,
  bestDisplayLay: 7,
  bestBack: 8,
  bestLay: 9
} as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

export class MarketChange {
  marketId = '';
  /** `img`: all that was known of the market is replaced. */
  image = false;
  /** Text of `marketDefinition`, as received. */
  definition: string | undefined;
  /** Where this entry stands in the text given to the reader, [from, to). */
  from = 0;
  to = 0;
  /** Runner changes (`rc`) so far; runner i owns the changes from the end of runner i - 1 to `changeEnd[i]`. */
  runners = 0;
  runnerId = new Float64Array(32);
  handicap = new Float64Array(32);
  changeEnd = new Uint32Array(32);
  changes = 0;
  kind = new Uint8Array(128);
  price = new Float64Array(128);
  size = new Float64Array(128);
  position = new Uint8Array(128);

  clear(): void {
    this.marketId = '';
    this.image = false;
    this.definition = undefined;
    this.runners = 0;
    this.changes = 0;
  }

  addChange(kind: ChangeKind, price: number, size: number, position = 0): void {
    const at = this.changes;
    if (at === this.kind.length) this.#growChanges();
    this.kind[at] = kind;
    this.price[at] = price;
    this.size[at] = size;
    this.position[at] = position;
    this.changes = at + 1;
  }

  /** Closes a runner: the changes added since the last one are its own. */
  endRunner(id: number, handicap: number): void {
    const at = this.runners;
    if (at === this.runnerId.length) this.#growRunners();
    this.runnerId[at] = id;
    this.handicap[at] = handicap;
    this.changeEnd[at] = this.changes;
    this.runners = at + 1;
  }

  #growChanges(): void {
    const room = this.kind.length * 2;
    const wider = <A extends Float64Array | Uint8Array>(fresh: A, held: A): A => {
      fresh.set(held);
      return fresh;
    };
    this.kind = wider(new Uint8Array(room), this.kind);
    this.price = wider(new Float64Array(room), this.price);
    this.size = wider(new Float64Array(room), this.size);
    this.position = wider(new Uint8Array(room), this.position);
  }

  #growRunners(): void {
    const room = this.runnerId.length * 2;
    const { runnerId, handicap, changeEnd } = this;
    this.runnerId = new Float64Array(room);
    this.runnerId.set(runnerId);
    this.handicap = new Float64Array(room);
    this.handicap.set(handicap);
    this.changeEnd = new Uint32Array(room);
    this.changeEnd.set(changeEnd);
  }
}

/** A whole message: what kind it is, when it was published, and its markets. Reused from line to line. */
export class ChangeMessage {
  /** `op`: `mcm`, `connection`, `status`, `ocm`, ... */
  op = '';
  /** `ct`: `HEARTBEAT`, `SUB_IMAGE`, ...; empty where absent. */
  changeType = '';
  /** `clk` where it is a number, as in the historical files; NaN where it is opaque or absent. */
  clock = Number.NaN;
  publishMillis = Number.NaN;
  /** `segmentType`: `SEG_START`, `SEG`, `SEG_END`; empty where the message is whole. */
  segment = '';
  /** A field that is in no part of the API's description, and where: a clause; empty where there is none. */
  unknownField = '';
  entries = 0;
  readonly #pool: MarketChange[] = [];

  clear(): void {
    this.op = '';
    this.changeType = '';
    this.clock = Number.NaN;
    this.publishMillis = Number.NaN;
    this.segment = '';
    this.unknownField = '';
    this.entries = 0;
  }

  /** The next entry, emptied. */
  open(): MarketChange {
    const entry = this.#pool[this.entries] ?? new MarketChange();
    this.#pool[this.entries++] = entry;
    entry.clear();
    return entry;
  }

  entry(index: number): MarketChange {
    return this.#pool[index]!;
  }
}
