/**
 * Reads a message with `JSON.parse`: the reference for the byte scanner, and what takes over whenever a line is written
 * in a way the scanner does not expect.
 */
import { ChangeKind } from './market-change.ts';
import type { ChangeMessage, MarketChange } from './market-change.ts';

type Loose = Readonly<Record<string, unknown>>;

/** The keys of a runner change that hold lists: pairs, or triples that start with a position. */
const LISTS: Readonly<Record<string, { readonly kind: ChangeKind; readonly width: 2 | 3 }>> = {
  atb: { kind: ChangeKind.availableToBack, width: 2 },
  atl: { kind: ChangeKind.availableToLay, width: 2 },
  trd: { kind: ChangeKind.traded, width: 2 },
  bdatb: { kind: ChangeKind.bestDisplayBack, width: 3 },
  bdatl: { kind: ChangeKind.bestDisplayLay, width: 3 },
  batb: { kind: ChangeKind.bestBack, width: 3 },
  batl: { kind: ChangeKind.bestLay, width: 3 }
};

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
  if (typeof message['ct'] === 'string') into.changeType = message['ct'];
  if (typeof message['clk'] === 'string' && /^[0-9]+$/.test(message['clk'])) into.clock = Number(message['clk']);
  if (typeof message['pt'] === 'number') into.publishMillis = message['pt'];
  const entries = message['mc'];
  if (entries === undefined || entries === null) return undefined;
  if (!Array.isArray(entries)) return 'its mc is not a list';
  for (const entry of entries as readonly unknown[]) {
    const wrong = readEntry(entry, into.open());
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function readEntry(entry: unknown, into: MarketChange): string | undefined {
  if (!isObject(entry) || typeof entry['id'] !== 'string') return 'an entry of its mc has no market id';
  into.marketId = entry['id'];
  into.image = entry['img'] === true;
  const definition = entry['marketDefinition'];
  if (isObject(definition)) into.definition = JSON.stringify(definition);
  const runners = entry['rc'];
  if (runners === undefined || runners === null) return undefined;
  if (!Array.isArray(runners)) return 'an rc is not a list';
  for (const runner of runners as readonly unknown[]) {
    if (!isObject(runner) || typeof runner['id'] !== 'number') return 'an entry of an rc has no runner id';
    const wrong = readRunner(runner, into);
    if (wrong !== undefined) return wrong;
    const handicap = runner['hc'];
    into.endRunner(runner['id'], typeof handicap === 'number' ? handicap : 0);
  }
  return undefined;
}

/** In the order of the text, so that the scanner gives the same changes in the same order. */
function readRunner(runner: Loose, into: MarketChange): string | undefined {
  for (const key of Object.keys(runner)) {
    const value = runner[key];
    const list = LISTS[key];
    if (key === 'ltp' && typeof value === 'number') into.addChange(ChangeKind.lastTraded, value, 0);
    if (list === undefined || value === null) continue;
    if (!Array.isArray(value)) return `${key} is not a list`;
    if (key === 'trd' && value.length === 0) into.addChange(ChangeKind.tradedEmpty, 0, 0);
    for (const level of value as readonly unknown[]) {
      if (!isNumbers(level, list.width)) return `a level of ${key} is not ${String(list.width)} numbers`;
      const position = list.width === 3 ? level[0] : 0;
      into.addChange(list.kind, level[list.width - 2]!, level[list.width - 1]!, position);
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown, length: number): value is readonly number[] =>
  Array.isArray(value) && value.length === length && value.every((one) => typeof one === 'number');
