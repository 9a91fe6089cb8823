/**
 * Reads a message with `JSON.parse`: the reference for the byte scanner, and what takes over whenever a line is written
 * in a way the scanner does not expect.
 */
import { ChangeKind } from './market-change.ts';
import type { ChangeMessage, MarketChange } from './market-change.ts';

type Loose = Readonly<Record<string, unknown>>;

/** The keys of a runner change that hold lists: pairs, or triples that start with a position. */
const LISTS: ReadonlyMap<string, { readonly kind: ChangeKind; readonly width: 2 | 3 }> = new Map([
  ['atb', { kind: ChangeKind.availableToBack, width: 2 }],
  ['atl', { kind: ChangeKind.availableToLay, width: 2 }],
  ['trd', { kind: ChangeKind.traded, width: 2 }],
  ['bdatb', { kind: ChangeKind.bestDisplayBack, width: 3 }],
  ['bdatl', { kind: ChangeKind.bestDisplayLay, width: 3 }],
  ['batb', { kind: ChangeKind.bestBack, width: 3 }],
  ['batl', { kind: ChangeKind.bestLay, width: 3 }]
]);

/** What each object may hold by "Exchange Stream API"; anything else is told, since it may say something of the book. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'op',
  'id',
  'ct',
  'clk',
  'initialClk',
  'pt',
  'mc',
  'heartbeatMs',
  'conflateMs',
  'segmentType',
  'status',
  'con'
]);
const ENTRY_FIELDS: ReadonlySet<string> = new Set(['id', 'rc', 'img', 'tv', 'con', 'marketDefinition']);
const RUNNER_FIELDS: ReadonlySet<string> = new Set([
  ...LISTS.keys(),
  'id',
  'hc',
  'ltp',
  'tv',
  'spn',
  'spf',
  'spb',
  'spl'
]);
/** A position is kept in a byte; the venue shows ten. */
const LAST_POSITION = 255;

/**
 * Fills `into` from the text of one line.
 * @returns undefined when it went well, else what is wrong with the line as a clause
 */
export function readJsonLine(text: string, into: ChangeMessage): string | undefined {
  into.clear();
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isObject(message)) return 'it is JSON but not an object';
  if (typeof message['op'] !== 'string') return 'it has no op';
  into.op = message['op'];
  if (into.op !== 'mcm') return undefined;
  if (typeof message['ct'] === 'string') into.changeType = message['ct'];
  if (typeof message['segmentType'] === 'string') into.segment = message['segmentType'];
  if (typeof message['clk'] === 'string' && /^[0-9]+$/.test(message['clk'])) into.clock = Number(message['clk']);
  if (typeof message['pt'] === 'number') into.publishMillis = message['pt'];
  tellUnknown(message, MESSAGE_FIELDS, 'the message', into);
  const entries = message['mc'];
  if (isAbsent(entries)) return undefined;
  if (!Array.isArray(entries)) return 'its mc is not a list';
  for (const entry of entries as readonly unknown[]) {
    const wrong = readEntry(entry, into.open(), into);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function readEntry(entry: unknown, into: MarketChange, message: ChangeMessage): string | undefined {
  if (!isObject(entry) || typeof entry['id'] !== 'string' || entry['id'] === '')
    return 'an entry of its mc has no market id';
  into.marketId = entry['id'];
  tellUnknown(entry, ENTRY_FIELDS, 'an entry of mc', message);
  const image = entry['img'];
  if (!isAbsent(image) && typeof image !== 'boolean') return 'img is neither true nor false';
  into.image = image === true;
  const definition = entry['marketDefinition'];
  if (isObject(definition)) {
    const text = textOf(definition);
    if (text === undefined) return 'its marketDefinition nests too deep';
    into.definition = text;
  } else if (!isAbsent(definition)) return 'its marketDefinition is not an object';
  const runners = entry['rc'];
  if (isAbsent(runners)) return undefined;
  if (!Array.isArray(runners)) return 'an rc is not a list';
  for (const runner of runners as readonly unknown[]) {
    if (!isObject(runner) || typeof runner['id'] !== 'number') return 'an entry of an rc has no runner id';
    tellUnknown(runner, RUNNER_FIELDS, 'an entry of rc', message);
    const wrong = readRunner(runner, into);
    if (wrong !== undefined) return wrong;
    const handicap = runner['hc'];
    if (!isAbsent(handicap) && typeof handicap !== 'number') return 'hc is not a number';
    into.endRunner(runner['id'], handicap ?? 0);
  }
  return undefined;
}

/** In the order of the text, so that the scanner gives the same changes in the same order. */
function readRunner(runner: Loose, into: MarketChange): string | undefined {
  for (const key of Object.keys(runner)) {
    const value = runner[key];
    const list = LISTS.get(key);
    if (isAbsent(value)) continue;
    if (key === 'ltp') {
      if (typeof value !== 'number') return 'ltp is not a number';
      into.addChange(ChangeKind.lastTraded, value, 0);
    }
    if (list === undefined) continue;
    if (!Array.isArray(value)) return `${key} is not a list`;
    if (key === 'trd' && value.length === 0) into.addChange(ChangeKind.tradedEmpty, 0, 0);
    for (const level of value as readonly unknown[]) {
      if (!isNumbers(level, list.width)) return `a level of ${key} is not ${String(list.width)} numbers`;
      const position = list.width === 3 ? level[0]! : 0;
      if (!isPosition(position))
        return `position ${String(position)} of ${key} is none of 0 to ${String(LAST_POSITION)}`;
      into.addChange(list.kind, level[list.width - 2]!, level[list.width - 1]!, position);
    }
  }
  return undefined;
}

function tellUnknown(object: Loose, known: ReadonlySet<string>, where: string, message: ChangeMessage): void {
  if (message.unknownField !== '') return;
  for (const key of Object.keys(object)) {
    if (known.has(key)) continue;
    message.unknownField = unknownField(key, where);
    return;
  }
}

/** The clause for a field that nobody described. */
export const unknownField = (key: string, where: string): string =>
  `field ${JSON.stringify(key.slice(0, 40))} of ${where} is not known; it is left out`;

export const isPosition = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= LAST_POSITION;

/** Undefined where it nests deeper than can be written again. */
function textOf(value: Loose): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown, length: number): value is readonly number[] =>
  Array.isArray(value) && value.length === length && value.every((one) => typeof one === 'number');
