/**
 * Reads a market change message straight from its bytes: no strings, no objects, only the numbers a book needs. It
 * takes well-formed lines of the shape the exchange writes, in any order of keys and with any white space; of anything
 * else it says so, and the caller reads the line with `JSON.parse` instead. Equal results are tested line by line.
 */
import { ChangeKind } from './market-change.ts';
import type { ChangeMessage, MarketChange } from './market-change.ts';

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const UPPER_E = 69;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const LOWER_E = 101;
const LOWER_N = 110;
const LOWER_T = 116;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** What every reading function returns for "not for me". */
const NOT_READ = -1;

/** Powers of ten that a double holds exactly: a mantissa below 2^53 divided by one is the nearest double. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
const EXACT_DIGITS = 15;

/** Keys as numbers: their bytes, packed from the first. */
const keyCode = (key: string): number => new TextEncoder().encode(key).reduce((code, byte) => code * 256 + byte, 0);
const OP = keyCode('op');
const CT = keyCode('ct');
const PT = keyCode('pt');
const MC = keyCode('mc');
const CLK = keyCode('clk');
const ID = keyCode('id');
const RC = keyCode('rc');
const HC = keyCode('hc');
const IMG = keyCode('img');
const LTP = keyCode('ltp');
const ATB = keyCode('atb');
const ATL = keyCode('atl');
const TRD = keyCode('trd');
const BATB = keyCode('batb');
const BATL = keyCode('batl');
const BDATB = keyCode('bdatb');
const BDATL = keyCode('bdatl');
/** The only long key of interest; longer keys than six bytes have no code. */
const DEFINITION = 'marketDefinition';
const LONGEST_CODED_KEY = 6;
const LONG_KEY = 0;

export class McmScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Results of the last key, number or string read. */
  #key = 0;
  #keyFrom = 0;
  #keyTo = 0;
  #number = 0;
  #marketId = '';
  readonly #decoder = new TextDecoder();

  /** @returns whether the bytes [from, to) were read into `into`; if not, `into` holds nothing of use */
  read(bytes: Uint8Array, from: number, to: number, into: ChangeMessage): boolean {
    this.#bytes = bytes;
    this.#end = to;
    into.clear();
    return this.#message(from, into) === to && into.op !== '';
  }

  #message(from: number, into: ChangeMessage): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_OBJECT) return NOT_READ;
    let at = from + 1;
    for (;;) {
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      if (this.#key === PT) {
        at = this.#readNumber(at);
        into.publishMillis = this.#number;
      } else if (this.#key === MC) at = this.#entries(at, into);
      else if (this.#key === CLK) at = this.#clock(at, into);
      else if (this.#key === OP) at = this.#readOp(at, into);
      else if (this.#key === CT) {
        const start = at;
        at = this.#skipString(at);
        if (at > 0) into.changeType = this.#text(start + 1, at - 1);
      } else at = this.#skip(at);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) return at + 1;
      if (next !== COMMA) return NOT_READ;
      at++;
    }
  }

  #readOp(at: number, into: ChangeMessage): number {
    const end = this.#skipString(at);
    if (end < 0) return NOT_READ;
    const bytes = this.#bytes;
    const isMcm = end === at + 5 && bytes[at + 1] === 109 && bytes[at + 2] === 99 && bytes[at + 3] === 109;
    into.op = isMcm ? 'mcm' : this.#text(at + 1, end - 1);
    return end;
  }

  #clock(at: number, into: ChangeMessage): number {
    if (this.#bytes[at] !== QUOTE) return this.#skip(at);
    const end = this.#skipString(at);
    if (end < 0) return NOT_READ;
    let value = 0;
    for (let i = at + 1; i < end - 1; i++) {
      const digit = this.#bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) return end;
      value = value * 10 + digit;
    }
    if (end - at > 2) into.clock = value;
    return end;
  }

  #entries(from: number, into: ChangeMessage): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_LIST) return NOT_READ;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    for (;;) {
      const change = into.open();
      change.from = at;
      at = this.#entry(at, change);
      if (at < 0) return NOT_READ;
      change.to = at;
      at = this.#blank(at);
      if (bytes[at] === CLOSE_LIST) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  #entry(from: number, into: MarketChange): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_OBJECT) return NOT_READ;
    let at = from + 1;
    let named = false;
    for (;;) {
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      if (this.#key === RC) at = this.#runners(at, into);
      else if (this.#key === ID) {
        at = this.#readMarketId(at, into);
        named = true;
      } else if (this.#key === IMG) {
        into.image = bytes[at] === LOWER_T;
        at = this.#skip(at);
      } else if (this.#key === LONG_KEY && this.#isDefinition() && bytes[at] === OPEN_OBJECT) {
        const start = at;
        at = this.#skip(at);
        if (at > 0) into.definition = this.#text(start, at);
      } else at = this.#skip(at);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) return named ? at + 1 : NOT_READ;
      if (next !== COMMA) return NOT_READ;
      at++;
    }
  }

  #readMarketId(at: number, into: MarketChange): number {
    const end = this.#skipString(at);
    if (end < 0) return NOT_READ;
    const held = this.#marketId;
    let same = held.length === end - at - 2;
    for (let i = 0; same && i < held.length; i++) same = held.charCodeAt(i) === this.#bytes[at + 1 + i];
    if (!same) this.#marketId = this.#text(at + 1, end - 1);
    into.marketId = this.#marketId;
    return end;
  }

  #runners(from: number, into: MarketChange): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_LIST) return bytes[from] === LOWER_N ? this.#skip(from) : NOT_READ;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    for (;;) {
      at = this.#runner(at, into);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      if (bytes[at] === CLOSE_LIST) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  #runner(from: number, into: MarketChange): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_OBJECT) return NOT_READ;
    let at = from + 1;
    let id = Number.NaN;
    let handicap = 0;
    for (;;) {
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      switch (this.#key) {
        case ATB:
          at = this.#pairs(at, ChangeKind.availableToBack, into);
          break;
        case ATL:
          at = this.#pairs(at, ChangeKind.availableToLay, into);
          break;
        case TRD:
          at = this.#pairs(at, ChangeKind.traded, into);
          break;
        case ID:
          at = this.#readNumber(at);
          id = this.#number;
          break;
        case LTP:
          if (isNumberStart(bytes[at]!)) {
            at = this.#readNumber(at);
            into.addChange(ChangeKind.lastTraded, this.#number, 0);
          } else at = this.#skip(at);
          break;
        case HC:
          if (isNumberStart(bytes[at]!)) {
            at = this.#readNumber(at);
            handicap = this.#number;
          } else at = this.#skip(at);
          break;
        case BDATB:
          at = this.#triples(at, ChangeKind.bestDisplayBack, into);
          break;
        case BDATL:
          at = this.#triples(at, ChangeKind.bestDisplayLay, into);
          break;
        case BATB:
          at = this.#triples(at, ChangeKind.bestBack, into);
          break;
        case BATL:
          at = this.#triples(at, ChangeKind.bestLay, into);
          break;
        default:
          at = this.#skip(at);
      }
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) {
        if (Number.isNaN(id)) return NOT_READ;
        into.endRunner(id, handicap);
        return at + 1;
      }
      if (next !== COMMA) return NOT_READ;
      at++;
    }
  }

  /** `[[price, size], ...]` */
  #pairs(from: number, kind: ChangeKind, into: MarketChange): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_LIST) return bytes[from] === LOWER_N ? this.#skip(from) : NOT_READ;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_LIST) {
      if (kind === ChangeKind.traded) into.addChange(ChangeKind.tradedEmpty, 0, 0);
      return at + 1;
    }
    for (;;) {
      if (bytes[at] !== OPEN_LIST) return NOT_READ;
      at = this.#readNumber(this.#blank(at + 1));
      if (at < 0) return NOT_READ;
      const price = this.#number;
      at = this.#blank(at);
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#readNumber(this.#blank(at + 1));
      if (at < 0) return NOT_READ;
      into.addChange(kind, price, this.#number);
      at = this.#blank(at);
      if (bytes[at] !== CLOSE_LIST) return NOT_READ;
      at = this.#blank(at + 1);
      if (bytes[at] === CLOSE_LIST) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  /** `[[position, price, size], ...]` */
  #triples(from: number, kind: ChangeKind, into: MarketChange): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_LIST) return bytes[from] === LOWER_N ? this.#skip(from) : NOT_READ;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    for (;;) {
      if (bytes[at] !== OPEN_LIST) return NOT_READ;
      at = this.#readNumber(this.#blank(at + 1));
      if (at < 0) return NOT_READ;
      const position = this.#number;
      at = this.#blank(at);
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#readNumber(this.#blank(at + 1));
      if (at < 0) return NOT_READ;
      const price = this.#number;
      at = this.#blank(at);
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#readNumber(this.#blank(at + 1));
      if (at < 0) return NOT_READ;
      into.addChange(kind, price, this.#number, position);
      at = this.#blank(at);
      if (bytes[at] !== CLOSE_LIST) return NOT_READ;
      at = this.#blank(at + 1);
      if (bytes[at] === CLOSE_LIST) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  // Tokens

  /** First position from `at` that is no white space. */
  #blank(at: number): number {
    const bytes = this.#bytes;
    let here = at;
    while (here < this.#end && bytes[here]! <= 32) here++;
    return here;
  }

  /** Reads `"key" :` and leaves `#key`; returns where the value starts. */
  #readKey(from: number): number {
    const bytes = this.#bytes;
    let at = bytes[from] === QUOTE ? from : this.#blank(from);
    if (bytes[at] !== QUOTE) return NOT_READ;
    const start = ++at;
    let code = 0;
    for (; at < this.#end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return NOT_READ;
      if (at - start < LONGEST_CODED_KEY) code = code * 256 + byte;
    }
    this.#key = at - start > LONGEST_CODED_KEY ? LONG_KEY : code;
    this.#keyFrom = start;
    this.#keyTo = at;
    at = bytes[at + 1] === COLON ? at + 1 : this.#blank(at + 1);
    if (bytes[at] !== COLON) return NOT_READ;
    return this.#blank(at + 1);
  }

  #isDefinition(): boolean {
    if (this.#keyTo - this.#keyFrom !== DEFINITION.length) return false;
    for (let i = 0; i < DEFINITION.length; i++) {
      if (this.#bytes[this.#keyFrom + i] !== DEFINITION.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Leaves `#number`, the same double `JSON.parse` gives. */
  #readNumber(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const start = at;
    let mantissa = 0;
    let byte = bytes[at]!;
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    let digits = at - start;
    if (digits === 0) return NOT_READ;
    if (byte === POINT) {
      const point = at;
      byte = bytes[++at]!;
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      }
      const decimals = at - point - 1;
      if (decimals === 0) return NOT_READ;
      digits += decimals;
      if (digits <= EXACT_DIGITS) mantissa /= POWERS[decimals]!;
    }
    if (digits > EXACT_DIGITS || byte === LOWER_E || byte === UPPER_E) return this.#readLongNumber(from);
    if (at > this.#end) return NOT_READ;
    this.#number = negative ? -mantissa : mantissa;
    return at;
  }

  #readLongNumber(from: number): number {
    let at = from;
    while (at < this.#end && isNumberByte(this.#bytes[at]!)) at++;
    this.#number = Number(this.#text(from, at));
    return Number.isNaN(this.#number) ? NOT_READ : at;
  }

  /** Past the string at `at`; NOT_READ where there is none, or where it holds an escape. */
  #skipString(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return NOT_READ;
    for (let here = at + 1; here < this.#end; here++) {
      const byte = bytes[here]!;
      if (byte === QUOTE) return here + 1;
      if (byte === BACKSLASH) return NOT_READ;
    }
    return NOT_READ;
  }

  /** Past any value. Escapes inside strings are allowed here: nothing of it is read. */
  #skip(from: number): number {
    const bytes = this.#bytes;
    const first = bytes[from]!;
    if (first !== QUOTE && first !== OPEN_OBJECT && first !== OPEN_LIST) {
      let at = from;
      while (at < this.#end && isScalarByte(bytes[at]!)) at++;
      return at === from ? NOT_READ : at;
    }
    let depth = 0;
    for (let at = from; at < this.#end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        at++;
        while (at < this.#end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
        if (at >= this.#end) return NOT_READ;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
      if (depth === 0) return at + 1;
    }
    return NOT_READ;
  }

  #text(from: number, to: number): string {
    return this.#decoder.decode(this.#bytes.subarray(from, to));
  }
}

const isNumberStart = (byte: number): boolean => byte === MINUS || (byte >= ZERO && byte <= NINE);
const isNumberByte = (byte: number): boolean =>
  isNumberStart(byte) || byte === POINT || byte === 43 || byte === LOWER_E || byte === UPPER_E;
/** Numbers, true, false, null, and the NaN and Infinity that some recorders write. */
const isScalarByte = (byte: number): boolean =>
  isNumberByte(byte) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
