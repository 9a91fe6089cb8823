/**
 * Reads one recorded USD-M line straight from its bytes: no strings, no objects, only the numbers a book needs. It takes
 * well-formed lines of the shape the exchange writes, without blanks inside and in any order of keys; of anything else
 * it says so, and the caller reads the line with `JSON.parse` instead. Equal results are tested line by line.
 */
import { EXACT_DIGITS, USDM_EVENTS, UsdmKind, decimalOf } from './usdm-message.ts';
import type { DecimalLevels, UsdmMessage } from './usdm-message.ts';

const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const LOWER_F = 102;
const LOWER_T = 116;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** What every reading function returns for "not for me". */
const NOT_READ = -1;
/** Of a line: ten digits of seconds, nine of nanoseconds, a blank. */
const SECOND_DIGITS = 10;
const NANO_DIGITS = 9;

/** Keys as numbers: their bytes, packed from the first. Longer ones are not told apart. */
const LONGEST_CODED_KEY = 6;
const keyCode = (key: string): number => new TextEncoder().encode(key).reduce((code, byte) => code * 256 + byte, 0);
const [STREAM, DATA, EVENT, EVENT_TIME, TIME, SYMBOL] = ['stream', 'data', 'e', 'E', 'T', 's'].map(keyCode);
const [FIRST, LAST, PREVIOUS] = ['U', 'u', 'pu'].map(keyCode);
const [BIDS, ASKS, ALL_BIDS, ALL_ASKS] = ['b', 'a', 'bids', 'asks'].map(keyCode);
const [PRICE, QUANTITY, EXECUTION, MAKER, RATE] = ['p', 'q', 'X', 'm', 'r'].map(keyCode);
const LAST_UPDATE_ID = 'lastUpdateId';

export class UsdmScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #key = 0;
  #keyFrom = 0;
  #keyTo = 0;
  #number = 0;
  #decimals = 0;
  #wrapped = false;
  #known = 0;
  #sawTrade = 0;
  #sawLists = 0;
  /** The last of each, since they repeat: a text is decoded where its bytes differ. */
  readonly #symbol = new LastText();
  readonly #event = new LastText();
  readonly #execution = new LastText();

  /** @returns whether the bytes [from, to) were read into `into`; if not, `into` holds nothing of use */
  read(bytes: Uint8Array, from: number, to: number, into: UsdmMessage): boolean {
    this.#bytes = bytes;
    this.#end = to;
    this.#wrapped = false;
    this.#known = 0;
    this.#sawTrade = 0;
    this.#sawLists = 0;
    into.clear();
    if (to - from < SECOND_DIGITS + NANO_DIGITS + 3) return false;
    const blank = from + SECOND_DIGITS + NANO_DIGITS;
    into.receivedSeconds = this.#digits(from, from + SECOND_DIGITS);
    into.receivedNanos = this.#digits(from + SECOND_DIGITS, blank);
    if (!(into.receivedSeconds >= 0 && into.receivedNanos >= 0) || bytes[blank] !== BLANK) return false;
    return this.#object(blank + 1, into) === to && this.#whole(into);
  }

  /** Whether all is there that the kind needs; a line without it is for the slow way to complain of. */
  #whole(into: UsdmMessage): boolean {
    switch (into.kind) {
      case UsdmKind.depth:
      case UsdmKind.snapshot:
        return this.#sawLists === 3;
      case UsdmKind.trade:
        return this.#sawTrade === 7;
      case UsdmKind.mark:
        return (this.#sawTrade & 1) === 1;
      case UsdmKind.quote:
        return true;
      case UsdmKind.other:
        return false;
    }
  }

  #object(from: number, into: UsdmMessage): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_OBJECT) return NOT_READ;
    let at = from + 1;
    for (;;) {
      at = this.#readKey(at);
      if (at === NOT_READ) return NOT_READ;
      at = this.#field(at, into);
      if (at === NOT_READ) return NOT_READ;
      // What is known to be of no use is left at once; that it is one object and ends as it should is all that is looked at.
      if (into.kind === UsdmKind.quote) return this.#closes(at) ? this.#end : NOT_READ;
      const next = bytes[at++];
      if (next === CLOSE_OBJECT) return at;
      if (next !== COMMA) return NOT_READ;
    }
  }

  /** Whether no object begins from `at` on, and the line ends with as many braces as were opened. */
  #closes(at: number): boolean {
    const opens = this.#bytes.indexOf(OPEN_OBJECT, at);
    if (opens >= 0 && opens < this.#end) return false;
    const depth = this.#wrapped ? 2 : 1;
    for (let back = 1; back <= depth; back++) if (this.#bytes[this.#end - back] !== CLOSE_OBJECT) return false;
    return this.#bytes[this.#end - depth - 1] !== CLOSE_OBJECT;
  }

  #field(at: number, into: UsdmMessage): number {
    if (this.#key !== STREAM) this.#known++;
    switch (this.#key) {
      case DATA:
        // Of what stands beside `data` only the stream's name may, and nothing after it.
        if (this.#wrapped || this.#known > 1) return NOT_READ;
        this.#wrapped = true;
        at = this.#object(at, into);
        return at !== NOT_READ && at !== this.#end && this.#bytes[at] !== CLOSE_OBJECT ? NOT_READ : at;
      case EVENT: {
        if (into.kind !== UsdmKind.other) return NOT_READ;
        const end = this.#text(at, this.#event);
        into.event = this.#event.text;
        into.kind = USDM_EVENTS[into.event] ?? UsdmKind.other;
        return into.kind === UsdmKind.other ? NOT_READ : end;
      }
      case EVENT_TIME:
        at = this.#whole64(at);
        into.eventMillis = this.#number;
        return at;
      case TIME:
        at = this.#whole64(at);
        into.transactionMillis = this.#number;
        return at;
      case FIRST:
        at = this.#whole64(at);
        into.firstUpdate = this.#number;
        return at;
      case LAST:
        at = this.#whole64(at);
        into.lastUpdate = this.#number;
        return at;
      case PREVIOUS:
        at = this.#whole64(at);
        into.previousUpdate = this.#number;
        return at;
      case SYMBOL: {
        const end = this.#text(at, this.#symbol);
        into.symbol = this.#symbol.text;
        return end;
      }
      case BIDS:
        return into.kind === UsdmKind.depth ? this.#levels(at, into.bids, 1) : NOT_READ;
      case ASKS:
        return into.kind === UsdmKind.depth ? this.#levels(at, into.asks, 2) : NOT_READ;
      case ALL_BIDS:
        return into.kind === UsdmKind.snapshot ? this.#levels(at, into.bids, 1) : NOT_READ;
      case ALL_ASKS:
        return into.kind === UsdmKind.snapshot ? this.#levels(at, into.asks, 2) : NOT_READ;
      case PRICE:
        return this.#tradeField(at, into, 1);
      case QUANTITY:
        return this.#tradeField(at, into, 2);
      case EXECUTION: {
        const end = this.#text(at, this.#execution);
        into.execution = this.#execution.text;
        return end;
      }
      case MAKER:
        this.#sawTrade |= 4;
        into.buyerWasMaker = this.#bytes[at] === LOWER_T;
        return this.#literal(at);
      case RATE:
        return this.#rate(at, into);
      default:
        if (this.#isLastUpdateId()) {
          if (into.kind !== UsdmKind.other) return NOT_READ;
          into.kind = UsdmKind.snapshot;
          at = this.#whole64(at);
          into.lastUpdate = this.#number;
          return at;
        }
        return this.#skip(at);
    }
  }

  /** The one price (1) and size (2) of a trade, or the price of a mark, stand as a first level. */
  #tradeField(at: number, into: UsdmMessage, bit: 1 | 2): number {
    if (into.kind !== UsdmKind.trade && into.kind !== UsdmKind.mark) return NOT_READ;
    if ((this.#sawTrade & bit) !== 0) return NOT_READ;
    const { bids } = into;
    if ((this.#sawTrade & 3) === 0) {
      bids.size[0] = 0;
      bids.sizeDecimals[0] = 0;
      bids.count = 1;
    }
    this.#sawTrade |= bit;
    at = this.#decimal(at);
    if (bit === 1) {
      bids.price[0] = this.#number;
      bids.priceDecimals[0] = this.#decimals;
    } else {
      bids.size[0] = this.#number;
      bids.sizeDecimals[0] = this.#decimals;
    }
    return at;
  }

  /** `[["price","size"],...]` */
  #levels(from: number, into: DecimalLevels, bit: 1 | 2): number {
    const bytes = this.#bytes;
    if ((this.#sawLists & bit) !== 0 || bytes[from] !== OPEN_LIST) return NOT_READ;
    this.#sawLists |= bit;
    let at = from + 1;
    if (bytes[at] === CLOSE_LIST) return at + 1;
    for (;;) {
      if (bytes[at] !== OPEN_LIST) return NOT_READ;
      at = this.#decimal(at + 1);
      if (at === NOT_READ || bytes[at] !== COMMA) return NOT_READ;
      into.room();
      const level = into.count++;
      into.price[level] = this.#number;
      into.priceDecimals[level] = this.#decimals;
      at = this.#decimal(at + 1);
      if (at === NOT_READ || bytes[at] !== CLOSE_LIST) return NOT_READ;
      into.size[level] = this.#number;
      into.sizeDecimals[level] = this.#decimals;
      const next = bytes[at + 1];
      at += 2;
      if (next === CLOSE_LIST) return at;
      if (next !== COMMA) return NOT_READ;
    }
  }

  /** A quoted decimal without sign or exponent, into `#number` and `#decimals`. */
  #decimal(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return NOT_READ;
    let at = from + 1;
    let whole = 0;
    let point = 0;
    let byte = bytes[at]!;
    for (; byte !== QUOTE; byte = bytes[++at]!) {
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) whole = whole * 10 + digit;
      else if (byte === POINT && point === 0 && at > from + 1) point = at;
      else return NOT_READ;
    }
    if (at >= this.#end) return NOT_READ;
    const digits = at - from - (point === 0 ? 1 : 2);
    if (digits === 0 || digits > EXACT_DIGITS) return NOT_READ;
    this.#number = whole;
    this.#decimals = point === 0 ? 0 : at - point - 1;
    return at + 1;
  }

  /** An unsigned whole number into `#number`. */
  #whole64(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let whole = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
      whole = whole * 10 + digit;
    }
    if (at === from || at - from > EXACT_DIGITS || at >= this.#end) return NOT_READ;
    if (bytes[from] === ZERO && at - from > 1) return NOT_READ;
    this.#number = whole;
    return at;
  }

  #digits(from: number, to: number): number {
    let whole = 0;
    for (let at = from; at < to; at++) {
      const digit = this.#bytes[at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      whole = whole * 10 + digit;
    }
    return whole;
  }

  /** Rates are signed and rare. */
  #rate(at: number, into: UsdmMessage): number {
    const end = this.#skipText(at);
    if (end === NOT_READ) return NOT_READ;
    into.rate = decimalOf(String.fromCharCode(...this.#bytes.subarray(at + 1, end - 1)));
    return end;
  }

  /** A key and its colon; `#key` is its code, 0 for a long one. */
  #readKey(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return NOT_READ;
    let at = from + 1;
    let code = 0;
    for (let byte = bytes[at]!; byte !== QUOTE; byte = bytes[++at]!) {
      if (at >= this.#end || byte === BACKSLASH) return NOT_READ;
      code = code * 256 + byte;
    }
    this.#keyFrom = from + 1;
    this.#keyTo = at;
    this.#key = at - from - 1 > LONGEST_CODED_KEY ? 0 : code;
    return bytes[at + 1] === COLON ? at + 2 : NOT_READ;
  }

  #isLastUpdateId(): boolean {
    if (this.#keyTo - this.#keyFrom !== LAST_UPDATE_ID.length) return false;
    for (let i = 0; i < LAST_UPDATE_ID.length; i++) {
      if (this.#bytes[this.#keyFrom + i] !== LAST_UPDATE_ID.charCodeAt(i)) return false;
    }
    return true;
  }

  #text(from: number, into: LastText): number {
    const end = this.#skipText(from);
    if (end !== NOT_READ) into.take(this.#bytes, from + 1, end - 1);
    return end;
  }

  #skipText(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return NOT_READ;
    let at = from + 1;
    for (let byte = bytes[at]!; byte !== QUOTE; byte = bytes[++at]!) {
      if (at >= this.#end || byte === BACKSLASH || byte < BLANK || byte > 126) return NOT_READ;
    }
    return at + 1;
  }

  #literal(from: number): number {
    const bytes = this.#bytes;
    const word = bytes[from] === LOWER_T ? 'true' : bytes[from] === LOWER_F ? 'false' : '';
    for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word.charCodeAt(i)) return NOT_READ;
    return word === '' ? NOT_READ : from + word.length;
  }

  /** Text, whole number, true or false; anything deeper is for the slow way. */
  #skip(at: number): number {
    const byte = this.#bytes[at];
    if (byte === QUOTE) return this.#skipText(at);
    return byte === LOWER_T || byte === LOWER_F ? this.#literal(at) : this.#whole64(at);
  }
}

/** A text that is made anew only where its bytes changed. */
class LastText {
  text = '';

  take(bytes: Uint8Array, from: number, to: number): void {
    const { text } = this;
    let same = text.length === to - from;
    for (let i = 0; same && i < text.length; i++) same = text.charCodeAt(i) === bytes[from + i];
    if (!same) this.text = String.fromCharCode(...bytes.subarray(from, to));
  }
}
