/**
 * Reads a market change message straight from its bytes: no strings, no objects, only the numbers a book needs. It
 * takes well-formed lines of the shape the exchange writes, in any order of keys and with any white space; of anything
 * else it says so, and the caller reads the line with `JSON.parse` instead. Equal results are tested line by line.
 */
import { ChangeKind } from './market-change.ts';
import type { ChangeMessage, MarketChange } from './market-change.ts';
import { isPosition, unknownField } from './mcm-json.ts';

const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const UPPER_E = 69;
const UPPER_I = 73;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const LOWER_E = 101;
const LOWER_F = 102;
const LOWER_N = 110;
const LOWER_T = 116;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** What every reading function returns for "not for me". */
const NOT_READ = -1;

/** Powers of ten that a double holds exactly: a mantissa below 2^53 divided by one is the nearest double. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);
const EXACT_DIGITS = 15;
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Words that may stand for a value, by their first byte. */
const WORDS: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(256).fill(undefined);
for (const word of ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity']) {
  WORDS[word.charCodeAt(0)] = new TextEncoder().encode(word);
}

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
const TV = keyCode('tv');
const CON = keyCode('con');
const STATUS = keyCode('status');
const SPN = keyCode('spn');
const SPF = keyCode('spf');
const SPB = keyCode('spb');
const SPL = keyCode('spl');
/** Keys longer than six bytes have no code. */
const DEFINITION = 'marketDefinition';
const SEGMENT = 'segmentType';
const LONG_MESSAGE_KEYS: ReadonlySet<string> = new Set(['initialClk', 'heartbeatMs', 'conflateMs']);
const LONGEST_CODED_KEY = 6;
const LONG_KEY = 0;
/** Values that are skipped may nest this deep; the exchange writes three levels. */
const DEEPEST = 32;

export class McmScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Results of the last key, number or string read. */
  #key = 0;
  #keyFrom = 0;
  #keyTo = 0;
  #number = 0;
  #unknown = '';
  #marketId = '';
  /** The field that stands twice in one object, where that is why a line was not read: its last value is not its only. */
  repeatedField = '';
  readonly #decoder = new TextDecoder();

  /** @returns whether the bytes [from, to) were read into `into`; if not, `into` holds nothing of use */
  read(bytes: Uint8Array, from: number, to: number, into: ChangeMessage): boolean {
    this.#bytes = bytes;
    this.#end = to;
    this.#unknown = '';
    this.repeatedField = '';
    into.clear();
    const read = this.#message(from, into) === to && into.op !== '';
    into.unknownField = this.#unknown;
    return read;
  }

  #message(from: number, into: ChangeMessage): number {
    const bytes = this.#bytes;
    if (bytes[from] !== OPEN_OBJECT) return NOT_READ;
    let at = from + 1;
    let seen = 0;
    for (;;) {
      const keyAt = at;
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      let field = 0;
      switch (this.#key) {
        case PT:
          field = 1;
          at = this.#readNumber(at);
          into.publishMillis = this.#number;
          break;
        case MC:
          field = 2;
          at = this.#entries(at, into);
          break;
        case CLK:
          field = 4;
          at = this.#clock(at, into);
          break;
        case OP:
          field = 8;
          at = this.#readOp(at, into);
          break;
        case CT:
          field = 16;
          if (bytes[at] === QUOTE) {
            const start = at + 1;
            at = this.#skipString(at);
            if (at > 0) into.changeType = this.#text(start, at - 1);
          } else at = this.#skip(at);
          break;
        case ID:
        case CON:
        case STATUS:
          at = this.#skip(at);
          break;
        default:
          at = this.#otherField(at, into);
      }
      if (at < 0) return NOT_READ;
      if ((seen & field) !== 0) return this.#twice(keyAt);
      seen |= field;
      at = this.#blank(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) return at + 1;
      if (next !== COMMA) return NOT_READ;
      at++;
    }
  }

  /** The long names of a message's fields, of which one is read. */
  #otherField(from: number, into: ChangeMessage): number {
    const name = this.#keyText();
    if (name === SEGMENT && this.#bytes[from] === QUOTE) {
      const at = this.#skipString(from);
      if (at > 0) into.segment = this.#text(from + 1, at - 1);
      return at;
    }
    if (name !== SEGMENT && !LONG_MESSAGE_KEYS.has(name)) this.#tellUnknown('the message');
    return this.#skip(from);
  }

  #keyText(): string {
    return this.#text(this.#keyFrom, this.#keyTo);
  }

  #tellUnknown(where: string): void {
    if (this.#unknown === '') this.#unknown = unknownField(this.#keyText(), where);
  }

  /** The key at `keyAt` is its object's second of that name. */
  #twice(keyAt: number): number {
    this.#readKey(keyAt);
    this.repeatedField = this.#keyText();
    return NOT_READ;
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
    let seen = 0;
    for (;;) {
      const keyAt = at;
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      let field = 0;
      if (this.#key === RC) {
        field = 1;
        at = this.#runners(at, into);
      } else if (this.#key === ID) {
        field = 2;
        at = this.#readMarketId(at, into);
      } else if (this.#key === IMG) {
        field = 4;
        const first = bytes[at]!;
        if (first !== LOWER_T && first !== LOWER_F && first !== LOWER_N) return NOT_READ;
        into.image = first === LOWER_T;
        at = this.#skip(at);
      } else if (this.#key === LONG_KEY && this.#isDefinition() && bytes[at] === OPEN_OBJECT) {
        field = 8;
        const start = at;
        at = this.#skip(at);
        if (at > 0) into.definition = this.#text(start, at);
      } else if (this.#key === TV || this.#key === CON) at = this.#skip(at);
      else if (this.#key === LONG_KEY && this.#isDefinition()) {
        if (bytes[at] !== LOWER_N) return NOT_READ;
        at = this.#skip(at);
      } else {
        this.#tellUnknown('an entry of mc');
        at = this.#skip(at);
      }
      if (at < 0) return NOT_READ;
      if ((seen & field) !== 0) return this.#twice(keyAt);
      seen |= field;
      at = this.#blank(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) return (seen & 2) !== 0 && into.marketId !== '' ? at + 1 : NOT_READ;
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
    let seen = 0;
    for (;;) {
      const keyAt = at;
      let field = 0;
      at = this.#readKey(at);
      if (at < 0) return NOT_READ;
      switch (this.#key) {
        case ATB:
          field = 1;
          at = this.#pairs(at, ChangeKind.availableToBack, into);
          break;
        case ATL:
          field = 2;
          at = this.#pairs(at, ChangeKind.availableToLay, into);
          break;
        case TRD:
          field = 4;
          at = this.#pairs(at, ChangeKind.traded, into);
          break;
        case ID:
          field = 8;
          at = this.#readNumber(at);
          id = this.#number;
          break;
        case LTP:
          field = 16;
          if (isNumberStart(bytes[at]!)) {
            at = this.#readNumber(at);
            into.addChange(ChangeKind.lastTraded, this.#number, 0);
          } else if (bytes[at] === LOWER_N) at = this.#skip(at);
          else return NOT_READ;
          break;
        case HC:
          field = 32;
          if (isNumberStart(bytes[at]!)) {
            at = this.#readNumber(at);
            handicap = this.#number;
          } else if (bytes[at] === LOWER_N) at = this.#skip(at);
          else return NOT_READ;
          break;
        case BDATB:
          field = 64;
          at = this.#triples(at, ChangeKind.bestDisplayBack, into);
          break;
        case BDATL:
          field = 128;
          at = this.#triples(at, ChangeKind.bestDisplayLay, into);
          break;
        case BATB:
          field = 256;
          at = this.#triples(at, ChangeKind.bestBack, into);
          break;
        case BATL:
          field = 512;
          at = this.#triples(at, ChangeKind.bestLay, into);
          break;
        case TV:
        case SPN:
        case SPF:
        case SPB:
        case SPL:
          at = this.#skip(at);
          break;
        default:
          this.#tellUnknown('an entry of rc');
          at = this.#skip(at);
      }
      if (at < 0) return NOT_READ;
      if ((seen & field) !== 0) return this.#twice(keyAt);
      seen |= field;
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
      if (!isPosition(position)) return NOT_READ;
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
    while (here < this.#end && bytes[here]! <= SPACE && isBlank(bytes[here]!)) here++;
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
      if (byte === BACKSLASH || byte < SPACE) return NOT_READ;
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
    if (digits === 0 || (digits > 1 && bytes[start] === ZERO)) return NOT_READ;
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
    const text = this.#text(from, at);
    this.#number = Number(text);
    return JSON_NUMBER.test(text) ? at : NOT_READ;
  }

  /** Past the string at `at`; NOT_READ where there is none, or where it holds an escape or a control character. */
  #skipString(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) return NOT_READ;
    for (let here = at + 1; here < this.#end; here++) {
      const byte = bytes[here]!;
      if (byte === QUOTE) return here + 1;
      if (byte === BACKSLASH || byte < SPACE) return NOT_READ;
    }
    return NOT_READ;
  }

  /** Past any value: what is not read must still be JSON, or the line is torn and what was read of it is not sure. */
  #skip(at: number, depth = 0): number {
    const bytes = this.#bytes;
    switch (bytes[at]) {
      case QUOTE:
        return this.#skipText(at);
      case OPEN_LIST:
        return depth < DEEPEST ? this.#skipList(at, depth + 1) : NOT_READ;
      case OPEN_OBJECT:
        return depth < DEEPEST ? this.#skipObject(at, depth + 1) : NOT_READ;
      default:
        return isNumberStart(bytes[at]!) && bytes[at + 1] !== UPPER_I ? this.#readNumber(at) : this.#skipWord(at);
    }
  }

  #skipList(from: number, depth: number): number {
    const bytes = this.#bytes;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    for (;;) {
      at = this.#skip(at, depth);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      if (bytes[at] === CLOSE_LIST) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  #skipObject(from: number, depth: number): number {
    const bytes = this.#bytes;
    let at = this.#blank(from + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      at = this.#skipText(at);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      if (bytes[at] !== COLON) return NOT_READ;
      at = this.#skip(this.#blank(at + 1), depth);
      if (at < 0) return NOT_READ;
      at = this.#blank(at);
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) return NOT_READ;
      at = this.#blank(at + 1);
    }
  }

  /** Past a string that is not read: escapes are allowed, and left to whoever reads it. */
  #skipText(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return NOT_READ;
    for (let at = from + 1; at < this.#end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) return at + 1;
      if (byte < SPACE) return NOT_READ;
      if (byte === BACKSLASH) at++;
    }
    return NOT_READ;
  }

  /** Past true, false, null, and the bare NaN and Infinity that some recorders write. */
  #skipWord(from: number): number {
    const bytes = this.#bytes;
    const word = WORDS[bytes[from]!];
    if (word === undefined || from + word.length > this.#end) return NOT_READ;
    for (let i = 1; i < word.length; i++) if (bytes[from + i] !== word[i]) return NOT_READ;
    return from + word.length;
  }

  #text(from: number, to: number): string {
    return this.#decoder.decode(this.#bytes.subarray(from, to));
  }
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === 10 || byte === 13 || byte === 9;
const isNumberStart = (byte: number): boolean => byte === MINUS || (byte >= ZERO && byte <= NINE);
const isNumberByte = (byte: number): boolean =>
  isNumberStart(byte) || byte === POINT || byte === PLUS || byte === LOWER_E || byte === UPPER_E;
